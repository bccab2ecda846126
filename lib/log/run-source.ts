// Reads a feed out of the store as runs. The parts between checkpoints are read two at a time, and
// each together with the proof of its end, so that the store is never idle while a run is written.

import { nextCheckpoint } from './checkpoint.js'
import type { FeedEnd } from './feed-store.js'
import type { Part } from './part.js'
import type { PartReader } from './part-reader.js'
import type { Run } from './replica.js'
import { markVerified } from './verified.js'

/** More is no faster, and each may hold a run of the largest blocks. */
const PARTS_IN_FLIGHT = 2

/** Runs from `from` on that cover `to`; `end` is an end of the feed, at or behind `to`. */
export async function* readRuns(
  parts: PartReader,
  feed: string,
  from: number,
  to: number,
  end: FeedEnd | undefined
): AsyncGenerator<Run> {
  if (end === undefined || end.length < to) throw new Error(`no block ${to - 1} in ${feed}`)
  const pending: Promise<Part>[] = []
  let next = from
  let start = from
  let blocks: readonly Uint8Array[] = []
  const ask = (): void => {
    const part = readPart(parts, feed, next, end)
    // A failure is thrown where the part would have been; until then it is not unhandled.
    part.catch(() => {})
    pending.push(part)
    next = nextCheckpoint(next)
  }
  try {
    while (start < to) {
      // Behind `to` only what is needed to find the next proof.
      while (pending.length < PARTS_IN_FLIGHT && (next < to || pending.length === 0)) {
        if (next >= end.length) break
        ask()
      }
      const part = await pending.shift()
      if (part === undefined) throw new Error(`no block ${start} in ${feed}`)
      blocks = blocks.length === 0 ? part.blocks : blocks.concat(part.blocks)
      if (part.cut === null) continue
      const { length, rootHash, signature } = part.cut
      yield markVerified({ feed, from: start, to: length, blocks, rootHash, signature })
      start = length
      blocks = []
    }
  } finally {
    await Promise.allSettled(pending)
  }
}

async function readPart(
  parts: PartReader,
  feed: string,
  from: number,
  end: FeedEnd
): Promise<Part> {
  const to = Math.min(nextCheckpoint(from), end.length)
  const isLast = to === end.length
  const { blocks, cut } = await parts.read({ feed, from, to, prove: !isLast })
  return { blocks, cut: isLast ? end : cut }
}
