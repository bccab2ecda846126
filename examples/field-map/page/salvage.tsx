// For a file that cannot be repaired: what is sound of it goes into a new one.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Job, Saved } from '../wire/api'
import { useAction } from './hooks'
import { post } from './server'
import { TroubleBox } from './trouble-box'
import { useWords } from './words'

export function Salvage({ job }: { readonly job: Job }): JSX.Element {
  const words = useWords()
  const { trouble, busy, run } = useAction()
  const dropped = job.kind === 'upload'
  const [into, setInto] = useState(() => savedName(job.target))
  const submit = (event: Event): void => {
    event.preventDefault()
    run(async () => {
      if (dropped) await post('/api/upload/salvage')
      else await post('/api/files/salvage', { path: job.target, into })
    })
  }
  return (
    <form class='salvage' onSubmit={submit}>
      <p>{words.salvageHint}</p>
      {!dropped && (
        <label>
          {words.salvageInto}
          <input
            name='into'
            required
            spellcheck={false}
            autoComplete='off'
            value={into}
            onInput={(e) => setInto(e.currentTarget.value)}
          />
        </label>
      )}
      <button disabled={busy}>{words.salvage}</button>
      <TroubleBox trouble={trouble} />
    </form>
  )
}

export function SavedLines({ saved }: { readonly saved: Saved }): JSX.Element {
  const words = useWords()
  const { entries, images } = saved
  const lost = entries.lost + images.lost
  return (
    <p class='notice'>
      {words.saved(entries.held, images.held)}{' '}
      {lost === 0 ? words.savedAll : words.savedLost(entries.lost, images.lost)}
    </p>
  )
}

/** In the home folder: a stick that damaged one file may damage the next. */
function savedName(path: string): string {
  const name = path.split(/[/\\]/).at(-1) ?? ''
  return `~/${name.replace(/\.cairn$/, '')}-saved.cairn`
}
