// Errors as sentences with their remedy. By code, in both languages; a code that is not here shows
// the message that came with it, so nothing is ever swallowed.

import type { Language, Trouble } from '../wire/api'
import { FILE_TROUBLES } from './file-troubles'
import { LAPTOP_TROUBLES } from './laptop-troubles'
import type { Sentence } from './say'

const SENTENCES = { ...FILE_TROUBLES, ...LAPTOP_TROUBLES }

export function sentence(trouble: Trouble, language: Language): Sentence {
  const found = SENTENCES[trouble.code]
  return found === undefined ? { what: trouble.message, todo: '' } : found(trouble)[language]
}
