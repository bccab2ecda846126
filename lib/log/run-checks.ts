// What holds for a run whatever its signature says: a stranger's numbers are bounded before
// anything is done with them.

import { CairnError } from '../errors.js'
import { MAX_BLOCK_BYTES } from './block.js'
import { CHECKPOINT_INTERVAL } from './checkpoint.js'
import { shortFeedId } from './feed-id.js'
import type { Run } from './replica.js'

/**
 * The longest run: a feed whose writer put nonsense where checkpoints belong can be cut less
 * often, but not so seldom that a run would fill the memory.
 */
const MAX_RUN_BLOCKS = 16 * CHECKPOINT_INTERVAL

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
    Number.isSafeInteger(run.from) &&
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
