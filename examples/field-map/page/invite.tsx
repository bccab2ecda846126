// An invite for another laptop: the project's key, sealed with a passphrase that travels by another
// way.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useAction } from './hooks'
import { post } from './server'
import { TroubleBox } from './trouble-box'
import { useWords } from './words'

export function Invite(): JSX.Element {
  const words = useWords()
  const { trouble, busy, run } = useAction()
  const [passphrase, setPassphrase] = useState('')
  const [invite, setInvite] = useState('')
  return (
    <section class='card' aria-labelledby='invite'>
      <h3 id='invite'>{words.inviteOther}</h3>
      <p class='quiet'>{words.inviteHint}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          run(async () => {
            const made = await post<{ invite: string }>('/api/invite', { passphrase })
            setInvite(made.invite)
          })
        }}
      >
        <label>
          {words.passphrase}
          <span class='row'>
            <input
              name='new-passphrase'
              required
              minLength={8}
              autoComplete='off'
              value={passphrase}
              onInput={(e) => setPassphrase(e.currentTarget.value)}
            />
            <button disabled={busy}>{words.makeInvite}</button>
          </span>
        </label>
      </form>
      {invite !== '' && (
        <label>
          {words.inviteText}
          <textarea readOnly rows={4} value={invite} onFocus={(e) => e.currentTarget.select()} />
        </label>
      )}
      <TroubleBox trouble={trouble} />
    </section>
  )
}
