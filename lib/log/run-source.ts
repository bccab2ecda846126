// Reads a feed out of the store as runs. The parts between checkpoints are read two at a time, and
// each together with the proof of its end, so that the store is never idle while a run is written.

import { decodeCheckpoint, nextCheckpoint } from './checkpoint.js'
import type { FeedEnd, FeedStore } from './feed-store.js'
import type { Run } from './replica.js'
import { isSigned } from './signature.js'
import { markVerified } from './verified.js'

/** More is no faster, and each may hold a run of the largest blocks. */
const PARTS_IN_FLIGHT = 2

interface Part {
  readonly blocks: Uint8Array[]
  /** Null where a broken writer put something else in the checkpoint's place. */
  readonly cut: FeedEnd | null
}

/** Runs from `from` on that cover `to`; `end` is an end of the feed, at or behind `to`. */
export async function* readRuns(
  store: FeedStore,
  feed: string,
  from: number,
  to: number,
  end: FeedEnd
): AsyncGenerator<Run> {
  const pending: Promise<Part>[] = []
  let next = from
  let start = from
  let blocks: Uint8Array[] = []
  const ask = (): void => {
    const part = readPart(store, feed, next, end)
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

async function readPart(store: FeedStore, feed: string, from: number, end: FeedEnd): Promise<Part> {
  const length = Math.min(nextCheckpoint(from), end.length)
  const [blocks, cut] = await Promise.all([
    store.read(feed, from, length),
    length === end.length ? end : cutAt(store, feed, length)
  ])
  return { blocks, cut }
}

async function cutAt(store: FeedStore, feed: string, length: number): Promise<FeedEnd | null> {
  const [[block], rootHash] = await Promise.all([
    store.read(feed, length, length + 1),
    store.rootHash(feed, length)
  ])
  const signature = block && decodeCheckpoint(block)
  if (!signature) return null
  return isSigned({ feed, length, rootHash, signature }) ? { length, rootHash, signature } : null
}
