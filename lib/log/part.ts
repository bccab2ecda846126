// A part of a feed: what lies between two checkpoints, with the proof of its end. Read by whoever has
// the store open, and by the thread that part-worker.ts is.

import { decodeCheckpoint } from './checkpoint.js'
import type { FeedEnd, FeedStore } from './feed-store.js'
import { isSigned } from './signature.js'

/** Blocks `[from, to)`. */
export interface PartOrder {
  readonly feed: string
  readonly from: number
  readonly to: number
  /** `to` is a checkpoint: the proof of that length is read along with the blocks. */
  readonly prove: boolean
}

export interface Part {
  readonly blocks: readonly Uint8Array[]
  /** Null where none was asked for, or a broken writer put something else in the checkpoint's place. */
  readonly cut: FeedEnd | null
}

export async function readPart(store: FeedStore, order: PartOrder): Promise<Part> {
  const { feed, from, to, prove } = order
  const [blocks, cut] = await Promise.all([
    store.read(feed, from, to),
    prove ? cutAt(store, feed, to) : null
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
