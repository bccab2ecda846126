// Where the two branches of a forked feed part: the first block in which they differ. Sought by root
// hashes at whole checkpoints, which every replica knows or can prove cheaply, and then block by block.

import b4a from 'b4a'
import { CHECKPOINT_INTERVAL } from '../log/checkpoint.js'
import type { Replica } from '../log/replica.js'

/** Sequence number of the first block that differs; null where that cannot be told. */
export async function findParting(
  a: Replica,
  b: Replica,
  feed: string,
  length: number
): Promise<number | null> {
  const from = await inCommon(a, b, feed, length)
  const ours = blocks(a, feed, from, length)
  const theirs = blocks(b, feed, from, length)
  try {
    for (let seq = from; seq < length; seq++) {
      const [x, y] = await Promise.all([ours.next(), theirs.next()])
      if (x.done === true || y.done === true || x.value.seq !== seq || y.value.seq !== seq) break
      if (!b4a.equals(x.value.block, y.value.block)) return seq
    }
    return null
  } finally {
    await Promise.all([ours.return(undefined), theirs.return(undefined)])
  }
}

/** A length, in whole checkpoints, up to which both branches are known to be the same. */
async function inCommon(a: Replica, b: Replica, feed: string, length: number): Promise<number> {
  let low = 0
  let high = Math.ceil(length / CHECKPOINT_INTERVAL)
  while (high - low > 1) {
    const middle = (low + high) >> 1
    const at = middle * CHECKPOINT_INTERVAL
    const [x, y] = await Promise.all([a.rootHash(feed, at), b.rootHash(feed, at)])
    if (x !== null && y !== null && b4a.equals(x, y)) low = middle
    else high = middle
  }
  return low * CHECKPOINT_INTERVAL
}

async function* blocks(
  replica: Replica,
  feed: string,
  from: number,
  length: number
): AsyncGenerator<{ seq: number; block: Uint8Array }, undefined> {
  let at = from
  for await (const run of replica.read(feed, from, length)) {
    for (const [i, block] of run.blocks.entries()) {
      const seq = run.from + i
      if (seq < at || seq >= length) continue
      yield { seq, block }
      at = seq + 1
    }
  }
  return undefined
}
