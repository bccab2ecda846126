// Feeds made in memory, so that a project of ten thousand devices needs no ten thousand stores.

import hypercoreCrypto from 'hypercore-crypto'
import caps from 'hypercore/lib/caps.js'
import { BlockCodec } from '../lib/log/block.js'
import { encodeCheckpoint, isCheckpoint, nextCheckpoint } from '../lib/log/checkpoint.js'
import type { ObservationEntry } from '../lib/log/entry.js'
import { toFeedId } from '../lib/log/feed-id.js'
import { Frontier } from '../lib/log/merkle.js'
import type { Project } from '../lib/log/project.js'
import type { Configuration, Head, Replica, ReplicaDescription, Run } from '../lib/log/replica.js'
import { coreKeyOf } from '../lib/log/signature.js'
import type { Place } from './cities.js'
import { observations } from './generator.js'

export const START: number = Date.UTC(2026, 0, 1)

/** Where and how often a made device records. */
export interface Habits {
  readonly places?: readonly Place[] | null
  /** Milliseconds from one observation to the next; 1 unless given. */
  readonly step?: number
}

interface MadeFeed {
  readonly head: Head
  readonly runs: readonly Run[]
}

/** Feeds of so many observations each, as a replica that is only read. */
export class MadeReplica implements Replica {
  private readonly feeds = new Map<string, MadeFeed>()

  constructor(
    private readonly project: Project,
    private readonly configuration: Configuration
  ) {}

  add(seed: number, count: number, habits: Habits = {}): this {
    const feed = makeFeed(this.project, seed, count, habits)
    this.feeds.set(feed.head.feed, feed)
    return this
  }

  async describe(): Promise<ReplicaDescription> {
    const { project, configuration } = this
    const label = 'made in memory'
    const flags = { readOnly: true, oneWay: false, contiguous: true }
    return { label, projectId: project.id, configuration, ...flags }
  }

  async heads(): Promise<Map<string, Head>> {
    return new Map([...this.feeds].map(([feed, { head }]) => [feed, head]))
  }

  async *read(feed: string, from: number, to: number): AsyncGenerator<Run> {
    for (const run of this.feeds.get(feed)?.runs ?? []) {
      if (run.to > from && run.from < to) yield run
    }
  }

  async byteLength(feed: string): Promise<number> {
    const runs = this.feeds.get(feed)?.runs ?? []
    return runs.flatMap((run) => run.blocks).reduce((sum, block) => sum + block.byteLength, 0)
  }

  async rootHash(): Promise<null> {
    return null
  }

  async prepare(): Promise<void> {}

  append(): Promise<void> {
    throw new Error('this replica is only read')
  }

  async commit(): Promise<void> {}

  async rollback(): Promise<void> {}
}

function makeFeed(
  project: Project,
  seed: number,
  count: number,
  { places = null, step = 1 }: Habits
): MadeFeed {
  const keySeed = new Uint8Array(32)
  new DataView(keySeed.buffer).setUint32(0, seed)
  const keys = hypercoreCrypto.keyPair(Buffer.from(keySeed))
  const feed = toFeedId(keys.publicKey)
  const codec = new BlockCodec(project, feed)
  const coreKey = coreKeyOf(keys.publicKey)
  const tree = new Frontier()
  const sign = (): Uint8Array =>
    hypercoreCrypto.sign(
      caps.treeSignable(coreKey, tree.rootHash(), tree.length, 0),
      keys.secretKey
    )
  const runs: Run[] = []
  let blocks: Uint8Array[] = []
  const put = (block: Uint8Array): void => {
    blocks.push(block)
    tree.append(block)
    if (tree.length === nextCheckpoint(tree.length - 1)) endRun()
  }
  const endRun = (): void => {
    const to = tree.length
    const proof = { rootHash: tree.rootHash(), signature: sign() }
    runs.push({ feed, from: to - blocks.length, to, blocks, ...proof })
    blocks = []
  }
  const admission = project.admit(keys.publicKey)
  const hello = { name: `Device ${seed}`, createdAt: START, library: 'bench', admission }
  put(codec.seal(0, { kind: 'hello', ...hello }))
  let clock = START
  for (const input of observations(count, seed, places)) {
    if (isCheckpoint(tree.length)) put(encodeCheckpoint(sign()))
    put(codec.seal(tree.length, entryOf(input, (clock += step), seed)))
  }
  if (blocks.length > 0) endRun()
  const last = runs.at(-1)
  if (last === undefined) throw new Error('a feed has at least its hello')
  const { rootHash, signature, to: length } = last
  return { head: { feed, length, rootHash, signature, held: [{ from: 0, to: length }] }, runs }
}

function entryOf(input: object, clock: number, seed: number): ObservationEntry {
  const id = Buffer.alloc(16)
  id.writeUIntBE(clock, 0, 6)
  id.writeUInt32BE(seed, 8)
  const times = { clock, createdAt: clock, updatedAt: clock }
  const fixed = { kind: 'observation', links: [], attachments: [], deleted: false } as const
  return { ...fixed, ...times, id, tags: {}, ...input }
}
