// Folding: the tree written anew in order of key, into a fresh generation. A tree that is only
// appended to keeps what was replaced, and its rows come to lie far apart; a folded one is as small
// and as fast as after a rebuild, at a tenth of the time, for rows are copied as they are.

import { setImmediate } from 'node:timers/promises'
import { throwIfAborted } from '../errors.js'
import type { Generation } from './generation.js'
import { FEED_KEYS, ROW_KEYS, SUMMARY_KEY } from './keys.js'
import { decodeSummary, encodeSummary } from './summary.js'
import { ViewDamage } from './damage.js'

/** Bytes that a tree may always have: folding it would gain little. */
export const FOLD_ABOVE: number = 16 * 1024 * 1024
/** How much of a tree may be there for nothing. Freshly written, it is 1.2 times its rows. */
const FOLD_FACTOR = 2
const BATCH_ROWS = 4096
/** Rows between two pauses in which the program can do something else. */
const PAUSE_ROWS = 512

export function isOvergrown({ tree, summary }: Generation, above: number): boolean {
  return tree.byteLength() > Math.max(above, FOLD_FACTOR * summary.counts.rowBytes)
}

/**
 * Copies what `from` shows now into an empty generation, which then stands where `from` stood: what
 * has come in meanwhile is to be added to it.
 */
export async function fold(from: Generation, to: Generation, signal: AbortSignal): Promise<void> {
  const { shown, tagCodes } = from
  const record = await shown.tree.get(SUMMARY_KEY)
  if (record === null) throw new ViewDamage('The view has no summary')
  // Until the last batch it must not be taken for a whole one.
  const unfinished = { ...decodeSummary(record), complete: false }
  let batch = to.tree.batch()
  batch.put(SUMMARY_KEY, encodeSummary(unfinished))
  let rows = 0
  for await (const { key, value } of shown.tree.range(ROW_KEYS)) {
    batch.put(key, value)
    rows++
    if (rows % PAUSE_ROWS === 0) await setImmediate()
    if (rows % BATCH_ROWS > 0) continue
    throwIfAborted(signal, 'The view stays as it was.')
    await batch.flush()
    to.tree.forget()
    batch = to.tree.batch()
  }
  if (rows !== shown.columns.count) throw new ViewDamage('Rows are missing')
  for await (const { key, value } of shown.tree.range(FEED_KEYS)) batch.put(key, value)
  batch.put(SUMMARY_KEY, record)
  await batch.flush()
  to.tree.forget()
  await to.adopt(shown.columns, tagCodes)
}
