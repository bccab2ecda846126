// A third kind of replica, in memory, written against `cairnlog/log` alone and without the project
// key: if it can take part in every exchange, the interface is the whole contract. It believes
// nothing that it has not verified itself.

import b4a from 'b4a'
import { CairnError } from '../../lib/errors.js'
import {
  Frontier,
  isSigned,
  type Blobs,
  type Configuration,
  type Head,
  type Intake,
  type Replica,
  type ReplicaDescription,
  type Run
} from '../../lib/log/public.js'

interface Proof {
  readonly rootHash: Uint8Array
  readonly signature: Uint8Array
}

interface Feed {
  blocks: Uint8Array[]
  tree: Frontier
  /** By length: where a run may end. */
  proofs: Map<number, Proof>
}

export interface MemoryReplicaOptions {
  projectId: string
  configuration?: Configuration
  label?: string
  readOnly?: boolean
  oneWay?: boolean
  blobs?: Blobs
}

export class MemoryReplica implements Replica {
  readonly feeds: Map<string, Feed> = new Map()
  /** Calls of what writes, in order. */
  readonly calls: string[] = []

  constructor(private readonly options: MemoryReplicaOptions) {}

  get blobs(): Blobs | undefined {
    return this.options.blobs
  }

  async describe(): Promise<ReplicaDescription> {
    const { projectId, configuration, label, readOnly, oneWay } = this.options
    return {
      label: label ?? 'memory',
      projectId,
      configuration: configuration ?? { name: 'rivers', version: '1.0.0' },
      readOnly: readOnly ?? false,
      oneWay: oneWay ?? false,
      contiguous: true
    }
  }

  async heads(): Promise<Map<string, Head>> {
    const heads = new Map<string, Head>()
    for (const [feed, { blocks, proofs }] of this.feeds) {
      const { length } = blocks
      heads.set(feed, { feed, length, ...proofs.get(length)!, held: [{ from: 0, to: length }] })
    }
    return heads
  }

  async *read(feed: string, from: number, to: number): AsyncGenerator<Run> {
    const { blocks, proofs } = this.feeds.get(feed)!
    for (let start = from; start < to;) {
      const end = Math.min(...[...proofs.keys()].filter((length) => length > start))
      const run = { feed, from: start, to: end, blocks: blocks.slice(start, end) }
      yield { ...run, ...proofs.get(end)! }
      start = end
    }
  }

  async byteLength(feed: string, from: number, to: number): Promise<number> {
    const blocks = this.feeds.get(feed)?.blocks.slice(from, to) ?? []
    return blocks.reduce((sum, block) => sum + block.byteLength, 0)
  }

  async rootHash(feed: string, length: number): Promise<Uint8Array | null> {
    const blocks = this.feeds.get(feed)?.blocks ?? []
    if (length > blocks.length) return null
    return new Frontier().appendAll(blocks.slice(0, length)).rootHash()
  }

  async prepare(intake: Intake): Promise<void> {
    this.calls.push(`prepare ${intake.blocks}`)
  }

  async append(run: Run): Promise<void> {
    const { feed, from, to, rootHash, signature } = run
    const held = this.feeds.get(feed) ?? { blocks: [], tree: new Frontier(), proofs: new Map() }
    const { length } = held.blocks
    if (to <= length) return
    if (from > length) throw new CairnError('BASE_MISSING', 'a gap', { feed, seq: length })
    const fresh = run.blocks.slice(length - from)
    const tree = held.tree.clone().appendAll(fresh)
    const sound =
      tree.length === to &&
      b4a.equals(tree.rootHash(), rootHash) &&
      isSigned({ feed, length: to, rootHash, signature })
    if (!sound) throw new CairnError('FEED_FORGED', 'not signed', { feed, seq: from })
    const proofs = new Map(held.proofs).set(to, { rootHash, signature })
    this.feeds.set(feed, { blocks: [...held.blocks, ...fresh], tree, proofs })
    this.calls.push(`append ${from}-${to}`)
  }

  async commit(): Promise<void> {
    this.calls.push('commit')
  }

  async rollback(): Promise<void> {
    this.calls.push('rollback')
  }
}
