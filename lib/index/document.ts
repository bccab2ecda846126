// What an app sees of a document of one of its own kinds: as of an observation, with the fields
// that the app put into it.

import type { DocumentEntry, LoggedVersion } from '../log/entry.js'
import { toShown, type ShownVersion } from './shown-version.js'

/** One version of a document. */
export interface DocumentVersion<F = Readonly<Record<string, unknown>>> extends ShownVersion {
  /** Name of its kind. */
  readonly kind: string
  /** What the app keeps in it. */
  readonly fields: F
}

/** A document as it stands: its winning version, and the other heads where people forked it. */
export interface Document<F = Readonly<Record<string, unknown>>> extends DocumentVersion<F> {
  /** The other heads, best first; empty where there is one head. */
  readonly forks: readonly DocumentVersion<F>[]
  /** There, and true, where the winner does not pass the kind's `validate`. */
  readonly invalid?: true
}

/** An entry with its place, as the view hands it out. */
export type LoggedDocument = LoggedVersion<DocumentEntry>

/** Heads are given winner first; `now` is what this device believes. */
export function toDocument<F>(
  heads: readonly LoggedDocument[],
  invalid = false,
  now?: number
): Document<F> {
  const [winner, ...others] = heads
  if (winner === undefined) throw new Error('A document has at least one head')
  return {
    ...toDocumentVersion<F>(winner, now),
    forks: others.map((head) => toDocumentVersion<F>(head, now)),
    ...(invalid && { invalid })
  }
}

export function toDocumentVersion<F>(logged: LoggedDocument, now?: number): DocumentVersion<F> {
  const { type, fields, deleted } = logged.entry
  // That they are what the app thinks is its `validate`'s to say.
  return { kind: type, ...toShown(logged, now), fields: fields as F, deleted }
}
