// A trouble on the page: what happened, and what to do. Read out when it appears.

import type { ComponentChildren, JSX } from 'preact'
import type { Trouble } from '../wire/api'
import { sentence } from './troubles'
import { useLanguage, useWords } from './words'

export function TroubleBox({
  trouble,
  children
}: {
  readonly trouble: Trouble | null
  readonly children?: ComponentChildren
}): JSX.Element | null {
  const language = useLanguage()
  const words = useWords()
  if (trouble === null) return null
  const { what, todo } = sentence(trouble, language)
  return (
    <div class='trouble' role='alert' data-code={trouble.code}>
      <p class='trouble-what'>{what}</p>
      {todo !== '' && (
        <p>
          <strong>{words.whatToDo}</strong> {todo}
        </p>
      )}
      {children}
    </div>
  )
}
