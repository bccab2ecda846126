// Where the two branches of a forked feed part: the first block in which they differ. Sought by root
// hashes at whole checkpoints, which every replica knows or can prove cheaply, and then block by block.

import b4a from 'b4a'
import { CHECKPOINT_INTERVAL } from '../log/checkpoint.js'
import { Frontier } from '../log/merkle.js'
import type { Replica, ReplicaDescription, Run } from '../log/replica.js'
import { isSigned } from '../log/signature.js'

/** One of the two, as it describes itself. */
export interface Party {
  readonly replica: Replica
  readonly description: ReplicaDescription
}

interface Parting {
  readonly seq: number
  /** The run of each of the two in which it lies. */
  readonly runs: readonly [Run, Run]
}

/** Sequence number of the first block that differs; null where that cannot be told. */
export async function findParting(
  a: Replica,
  b: Replica,
  feed: string,
  length: number
): Promise<number | null> {
  return (await seek(a, b, feed, length))?.seq ?? null
}

/**
 * The same; null also where a file or a peer, whose word is no proof, does not show by a signature of
 * the feed's writer that the block is part of the feed.
 */
export async function findProvenParting(
  a: Party,
  b: Party,
  feed: string,
  length: number
): Promise<number | null> {
  const parting = await seek(a.replica, b.replica, feed, length)
  if (parting === null) return null
  const { replica } = b.description.contiguous ? b : a
  for (const [i, { description }] of [a, b].entries()) {
    const run = parting.runs[i]!
    if (!description.contiguous && !(await isProven(run, replica))) return null
  }
  return parting.seq
}

/** Whether a run is what its feed's writer signed, after what a replica holds of the feed. */
async function isProven(
  { feed, from, to, blocks, signature }: Run,
  replica: Replica
): Promise<boolean> {
  const tree = new Frontier()
  if (from > 0) {
    for await (const { seq, block } of blocksOf(replica, feed, 0, from)) {
      if (seq !== tree.length) return false
      tree.append(block)
    }
  }
  if (tree.length !== from || tree.appendAll(blocks).length !== to) return false
  return isSigned({ feed, length: to, rootHash: tree.rootHash(), signature })
}

async function seek(a: Replica, b: Replica, feed: string, length: number): Promise<Parting | null> {
  const from = await inCommon(a, b, feed, length)
  const ours = blocksOf(a, feed, from, length)
  const theirs = blocksOf(b, feed, from, length)
  try {
    for (let seq = from; seq < length; seq++) {
      const [x, y] = await Promise.all([ours.next(), theirs.next()])
      if (x.done === true || y.done === true || x.value.seq !== seq || y.value.seq !== seq) break
      if (!b4a.equals(x.value.block, y.value.block)) {
        return { seq, runs: [x.value.run, y.value.run] }
      }
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

async function* blocksOf(
  replica: Replica,
  feed: string,
  from: number,
  length: number
): AsyncGenerator<{ seq: number; block: Uint8Array; run: Run }, undefined> {
  let at = from
  for await (const run of replica.read(feed, from, length)) {
    for (const [i, block] of run.blocks.entries()) {
      const seq = run.from + i
      if (seq < at || seq >= length) continue
      yield { seq, block, run }
      at = seq + 1
    }
  }
  return undefined
}
