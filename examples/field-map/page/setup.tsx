// The first run: a name for the laptop, and a project of its own or one that it was invited to. And
// the screen for a device that cannot be opened.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Setup as SetupRequest, Trouble } from '../wire/api'
import { useAction } from './hooks'
import { post } from './server'
import { TroubleBox } from './trouble-box'
import { useWords } from './words'

export function Setup({
  folder,
  done
}: {
  readonly folder: string
  readonly done: () => void
}): JSX.Element {
  const words = useWords()
  const { trouble, busy, run } = useAction()
  const [name, setName] = useState('')
  const [join, setJoin] = useState(false)
  const [invite, setInvite] = useState('')
  const [passphrase, setPassphrase] = useState('')
  const submit = (event: Event): void => {
    event.preventDefault()
    const request: SetupRequest = join ? { name, invite, passphrase } : { name }
    run(async () => {
      await post('/api/setup', request)
      done()
    })
  }
  const choice = (value: boolean, label: string, hint: string): JSX.Element => (
    <label class='choice'>
      <input type='radio' name='join' checked={join === value} onChange={() => setJoin(value)} />
      <span>
        <strong>{label}</strong>
        <small>{hint}</small>
      </span>
    </label>
  )
  return (
    <form class='card narrow' onSubmit={submit}>
      <h2>{words.welcome}</h2>
      <p>{words.welcomeText}</p>
      <label>
        {words.laptopName}
        <input
          name='name'
          value={name}
          required
          maxLength={80}
          autoComplete='off'
          aria-describedby='name-hint'
          onInput={(e) => setName(e.currentTarget.value)}
        />
        <small id='name-hint'>{words.laptopNameHint}</small>
      </label>
      <div class='choices' role='radiogroup' aria-label={words.project}>
        {choice(false, words.newProject, words.newProjectHint)}
        {choice(true, words.joinProject, words.joinProjectHint)}
      </div>
      {join && (
        <>
          <label>
            {words.inviteText}
            <textarea
              name='invite'
              rows={4}
              required
              value={invite}
              onInput={(e) => setInvite(e.currentTarget.value)}
            />
          </label>
          <label>
            {words.passphrase}
            <input
              name='passphrase'
              type='password'
              required
              value={passphrase}
              onInput={(e) => setPassphrase(e.currentTarget.value)}
            />
          </label>
        </>
      )}
      <TroubleBox trouble={trouble} />
      <button class='main' disabled={busy}>
        {words.start}
      </button>
      <p class='quiet'>
        {words.folder}: {folder}
      </p>
    </form>
  )
}

export function Failed({
  trouble,
  done
}: {
  readonly trouble: Trouble
  readonly done: () => void
}): JSX.Element {
  const words = useWords()
  const { busy, run } = useAction()
  const open = (asNewDevice: boolean) => () =>
    run(async () => {
      await post('/api/open', { asNewDevice })
      done()
    })
  const moved = ['DEVICE_COPIED', 'DEVICE_ROLLED_BACK'].includes(trouble.code)
  return (
    <div class='card narrow'>
      <TroubleBox trouble={trouble} />
      <p class='row'>
        <button type='button' class='main' disabled={busy} onClick={open(false)}>
          {words.tryAgain}
        </button>
        {moved && (
          <button type='button' disabled={busy} onClick={open(true)}>
            {words.goOnAsNew}
          </button>
        )}
      </p>
    </div>
  )
}
