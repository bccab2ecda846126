// Where the other side works with another configuration that this app has: a way to change to it.

import type { JSX } from 'preact'
import type { Trouble } from '../wire/api'
import { useAction, useAnswer } from './hooks'
import { post } from './server'
import { TroubleBox } from './trouble-box'
import { useWords } from './words'

export function OtherConfiguration({
  trouble,
  then
}: {
  readonly trouble: Trouble | undefined
  /** What was refused, once more. */
  readonly then?: () => Promise<void>
}): JSX.Element | null {
  const words = useWords()
  const action = useAction()
  const other = trouble?.code === 'CONFIGURATION_MISMATCH' ? (trouble.found ?? '') : ''
  const { answer } = useAnswer<{ names: readonly string[] }>(
    other === '' ? null : '/api/configurations'
  )
  if (answer?.names.includes(other) !== true) return null
  const change = (): void =>
    action.run(async () => {
      await post('/api/configuration', { name: other })
      await then?.()
    })
  return (
    <div class='other-configuration'>
      <p>{words.changeHint}</p>
      <button type='button' disabled={action.busy} onClick={change}>
        {words.changeTo(other)}
      </button>
      <TroubleBox trouble={action.trouble} />
    </div>
  )
}
