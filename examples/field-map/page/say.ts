// A sentence about a trouble, with its remedy, in each language.

import type { Language, Trouble } from '../wire/api'

export interface Sentence {
  readonly what: string
  readonly todo: string
}

export type Say = (trouble: Trouble) => Readonly<Record<Language, Sentence>>

/** What happened, and what to do. */
export function say(
  en: readonly [string, string],
  es: readonly [string, string]
): Readonly<Record<Language, Sentence>> {
  return { en: { what: en[0], todo: en[1] }, es: { what: es[0], todo: es[1] } }
}
