// Where the two branches of a forked feed part: the first block in which they differ.

import b4a from 'b4a'
import type { Replica } from '../log/replica.js'

/** Sequence number of the first block that differs; null where that cannot be told. */
export async function findParting(
  a: Replica,
  b: Replica,
  feed: string,
  length: number
): Promise<number | null> {
  const ours = blocks(a, feed, length)
  const theirs = blocks(b, feed, length)
  try {
    for (let seq = 0; seq < length; seq++) {
      const [x, y] = await Promise.all([ours.next(), theirs.next()])
      if (x.done === true || y.done === true || x.value.seq !== seq || y.value.seq !== seq) break
      if (!b4a.equals(x.value.block, y.value.block)) return seq
    }
    return null
  } finally {
    await Promise.all([ours.return(undefined), theirs.return(undefined)])
  }
}

async function* blocks(
  replica: Replica,
  feed: string,
  length: number
): AsyncGenerator<{ seq: number; block: Uint8Array }, undefined> {
  let at = 0
  for await (const run of replica.read(feed, 0, length)) {
    for (const [i, block] of run.blocks.entries()) {
      const seq = run.from + i
      if (seq < at || seq >= length) continue
      yield { seq, block }
      at = seq + 1
    }
  }
  return undefined
}
