// The view's counters, in one record beside the feed table: counting never reads a row.

import { Encoder } from 'cbor-x'
import { ENTRY_VERSION, KNOWN_KINDS } from '../log/entry-codec.js'
import { ViewDamage } from './damage.js'
import type { Row } from './row.js'

/**
 * Of keys, rows and records together, and of what is made of entries. A view with another one is
 * made anew.
 */
export const LAYOUT_VERSION = 8

const cbor = new Encoder({ useRecords: false })

/** Sums over all rows. */
export interface Counts {
  /** Observations, deleted ones not counted. */
  observations: number
  deleted: number
  /** Observations with more than one head. */
  forked: number
  /** Links to versions that are not held, of documents, too. */
  pendingLinks: number
  /** Bytes of the rows, and of what documents are found by: were they written anew. */
  rowBytes: number
}

/** What the library understands of entries: their version, and how many kinds. */
export const UNDERSTOOD: string = `${ENTRY_VERSION}.${KNOWN_KINDS}`

export interface Summary {
  /** What the library that made the view understood. */
  readonly understood: string
  /** False while a view is being made anew: it ends at some id, so it must not be used. */
  complete: boolean
  /** Bytes of the row file that the tree knows of. */
  fileBytes: number
  counts: Counts
}

export function emptySummary(): Summary {
  return {
    understood: UNDERSTOOD,
    complete: true,
    fileBytes: 0,
    counts: { observations: 0, deleted: 0, forked: 0, pendingLinks: 0, rowBytes: 0 }
  }
}

/** Moves the counters of observations by what a row was and what it is. */
export function recount(counts: Counts, before: Row, after: Row): void {
  count(counts, before, -1)
  count(counts, after, 1)
}

function count(counts: Counts, row: Row, by: number): void {
  const winner = row.heads[0]
  if (winner?.version.deleted) counts.deleted += by
  else if (winner !== undefined) counts.observations += by
  if (row.heads.length > 1) counts.forked += by
}

export function encodeSummary({ understood, complete, fileBytes, counts }: Summary): Uint8Array {
  const { observations, deleted, forked, pendingLinks, rowBytes } = counts
  return cbor.encode([
    LAYOUT_VERSION,
    complete,
    observations,
    deleted,
    forked,
    pendingLinks,
    rowBytes,
    fileBytes,
    understood
  ])
}

export function decodeSummary(record: Uint8Array): Summary {
  let fields: unknown
  try {
    fields = cbor.decode(record)
  } catch (error) {
    throw new ViewDamage("The view's summary is broken", error)
  }
  if (!Array.isArray(fields)) throw new ViewDamage("The view's summary is no list")
  const [layout, complete, observations, deleted, forked, pendingLinks, ...more] =
    fields as unknown[]
  const [rowBytes, fileBytes, understood] = more
  if (layout !== LAYOUT_VERSION) {
    throw new ViewDamage(
      `The view was made by another version of this library (layout ${String(layout)}, here ${LAYOUT_VERSION})`,
      undefined,
      'layout'
    )
  }
  const counts = { observations, deleted, forked, pendingLinks, rowBytes }
  const valid =
    typeof complete === 'boolean' &&
    typeof understood === 'string' &&
    [...Object.values(counts), fileBytes].every(
      (n) => Number.isSafeInteger(n) && (n as number) >= 0
    )
  if (!valid) throw new ViewDamage("The view's summary has the wrong fields")
  return { understood, complete, fileBytes: fileBytes as number, counts: counts as Counts }
}
