// What two replicas lack of each other, decided from their heads alone: pure functions over
// heads, no I/O. The work list is complete before anything moves, so there is no waiting for data
// that nobody has.

import b4a from 'b4a'
import type { Head, Range } from '../log/replica.js'

/** One direction's work for one feed: ranges that one side gives and the other lacks. */
export interface Transfer {
  readonly feed: string
  readonly ranges: readonly Range[]
  /** Where the feed ends at the side that gives. */
  readonly end: Head
}

/** How the heads of one feed stand to each other. */
type Comparison = 'equal' | 'here-longer' | 'there-longer' | 'forked'

/** Forked heads of unequal length show only with a root hash of the longer side: see sync.ts. */
export function compareHeads(here: Head | undefined, there: Head | undefined): Comparison {
  const a = here?.length ?? 0
  const b = there?.length ?? 0
  if (a !== b) return a > b ? 'here-longer' : 'there-longer'
  const same =
    here !== undefined && there !== undefined && b4a.equals(here.rootHash, there.rootHash)
  return same ? 'equal' : 'forked'
}

/** What `taker` lacks and `giver` holds. A contiguous taker can only grow at its end. */
export function lacking(
  taker: Head | undefined,
  giver: Head | undefined,
  contiguous: boolean
): Range[] {
  if (giver === undefined) return []
  const missing = subtract(giver.held, taker?.held ?? [])
  if (!contiguous) return missing
  const length = taker?.length ?? 0
  return missing
    .filter((range) => range.to > length)
    .map((range) => ({ from: Math.max(range.from, length), to: range.to }))
}

/** The end of a feed that `giver` knows of and no longer holds, as far as `taker` lacks it. */
export function endGone(taker: Head | undefined, giver: Head | undefined): Range | null {
  const [length, held] = [giver?.length ?? 0, giver?.held ?? []]
  const from = Math.max(held.at(-1)?.to ?? 0, taker?.held.at(-1)?.to ?? 0)
  return from < length ? { from, to: length } : null
}

/** The parts of `ranges` that are in none of `without`; both ascending and disjoint. */
export function subtract(ranges: readonly Range[], without: readonly Range[]): Range[] {
  const rest: Range[] = []
  for (const { from, to } of ranges) {
    let at = from
    for (const hole of without) {
      if (hole.to <= at || hole.from >= to) continue
      if (hole.from > at) rest.push({ from: at, to: hole.from })
      at = Math.max(at, hole.to)
    }
    if (at < to) rest.push({ from: at, to })
  }
  return rest
}
