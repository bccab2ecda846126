// What holds for a run whatever its signature says: a stranger's numbers are bounded before
// anything is done with them.

import { CairnError } from '../errors.js'
import { MAX_BLOCK_BYTES } from './block-cipher.js'
import { CHECKPOINT_INTERVAL } from './checkpoint.js'
import { shortFeedId } from './feed-id.js'
import type { Run } from './replica.js'

/**
 * The longest run: a feed whose writer put nonsense where checkpoints belong can be cut less
 * often, but not so seldom that a run would fill the memory.
 */
export const MAX_RUN_BLOCKS: number = 16 * CHECKPOINT_INTERVAL

/** No feed is longer, whoever says so: what a number on the wire may be, and a word worth keeping. */
export const MAX_FEED_LENGTH: number = 2 ** 40

/** Blocks of one feed at most, unless the app sets another limit: 5 million. */
export const DEFAULT_FEED_LIMIT: number = 5_000_000

/** Throws FEED_TOO_LONG where a run would make a feed longer than the project allows. */
export function assertWithinLimit(run: Run, limit: number): void {
  if (run.to <= limit) return
  throw new CairnError(
    'FEED_TOO_LONG',
    `Feed ${shortFeedId(run.feed)} goes on beyond ${limit} blocks, which is this project's limit; the rest was not taken. If it is sound, raise the limit.`,
    { feed: run.feed, seq: run.from, expected: limit, found: run.to }
  )
}

/** Throws where a run cannot continue a feed of `length` blocks. */
export function assertRun(run: Run, length: number): void {
  if (run.from > length) {
    throw new CairnError(
      'BASE_MISSING',
      `Feed ${shortFeedId(run.feed)} continues at ${run.from}, but only ${length} of its blocks are here. Get the part from ${length} first.`,
      { feed: run.feed, seq: length, expected: length, found: run.from }
    )
  }
  const sound =
    Number.isSafeInteger(run.to) &&
    run.from >= 0 &&
    run.blocks.length === run.to - run.from &&
    run.blocks.length <= MAX_RUN_BLOCKS &&
    run.blocks.every((block) => block.byteLength <= MAX_BLOCK_BYTES)
  if (!sound) throw forged(run)
}

export function forged(run: Run): CairnError {
  return new CairnError(
    'FEED_FORGED',
    `Blocks ${run.from} to ${run.to} of feed ${shortFeedId(run.feed)} are not what its writer signed. Nothing of them was taken.`,
    { feed: run.feed, seq: run.from }
  )
}
