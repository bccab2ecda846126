// Branches kept aside. A feed that forked has two continuations; the log holds one, and the other
// is kept as a file of its own, so that it can be read, handed on, and issued again by its author.

import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CairnError } from './errors.js'
import type { SyncReport } from './exchange/report.js'
import { sync } from './exchange/sync.js'
import type { LoggedObservation } from './index/public.js'
import { BlockCodec } from './log/block.js'
import { isCheckpoint } from './log/checkpoint.js'
import { toHex } from './log/feed-id.js'
import type { Project } from './log/project.js'
import type { Head, ReadOptions, Replica, Run } from './log/replica.js'
import { EXTENSION } from './syncfile/format.js'
import { type NewSyncFile, createFile } from './syncfile/files.js'
import { exists } from './syncfile/medium.js'
import { SyncFile } from './syncfile/syncfile.js'

/** The other continuation of a feed that forked. */
export interface Branch {
  /** Feed id. */
  readonly feed: string
  /** Blocks of this branch. */
  readonly length: number
  /** Merkle root hash at that length, hex: tells branches of one feed apart. */
  readonly rootHash: string
  /** A sync file that holds this branch and nothing else. Copy it to hand the branch on. */
  readonly path: string
}

/** Branches of one feed at most: whoever forks a feed can do so without end. */
const MAX_BRANCHES = 16

export class Aside {
  constructor(
    private readonly dir: string,
    private readonly newFile: () => NewSyncFile,
    private readonly project: Project
  ) {}

  /** Keeps what `other` holds of every feed that the report says has forked. */
  async keep(other: Replica, report: SyncReport): Promise<void> {
    const forked = report.refused.filter(({ code }) => code === 'FEED_FORKED')
    if (forked.length === 0) return
    const heads = await other.heads()
    for (const { feed } of forked) {
      const head = heads.get(feed)
      if (head !== undefined) await this.keepOne(other, head)
    }
  }

  /** The branches that are kept, by feed. */
  async list(projectKey: Uint8Array): Promise<Branch[]> {
    const branches: Branch[] = []
    for (const name of await this.names()) {
      const path = join(this.dir, name)
      await using file = await SyncFile.open(path, { projectKey })
      for (const { feed, length, rootHash } of (await file.heads()).values()) {
        branches.push({ feed, length, rootHash: toHex(rootHash), path })
      }
    }
    return branches
  }

  /** Observation entries of a branch from `from` on, in order. */
  async *entries(
    projectKey: Uint8Array,
    { path, feed, length }: Branch,
    from: number
  ): AsyncGenerator<LoggedObservation> {
    await using file = await SyncFile.open(path, { projectKey })
    const codec = new BlockCodec(this.project, feed)
    let at = from
    for await (const run of file.read(feed, from, length)) {
      for (const [i, block] of run.blocks.entries()) {
        const seq = run.from + i
        if (seq < at || isCheckpoint(seq)) continue
        at = seq + 1
        const { ref, entry } = codec.openAt(seq, block)
        if (entry.kind === 'observation') yield { ref, entry }
      }
    }
  }

  private async keepOne(other: Replica, head: Head): Promise<void> {
    const ofFeed = `${head.feed.slice(0, 16)}-`
    const name = `${ofFeed}${toHex(head.rootHash).slice(0, 16)}${EXTENSION}`
    const path = join(this.dir, name)
    const kept = (await this.names()).filter((other) => other.startsWith(ofFeed))
    if (kept.length >= MAX_BRANCHES || (await exists(path))) return
    await mkdir(this.dir, { recursive: true })
    const file = await createFile(path, this.newFile())
    try {
      await sync(new OneFeed(other, head), file)
    } catch (error) {
      // What cannot be read or verified is not worth keeping; the refusal has been reported.
      if (!(error instanceof CairnError)) throw error
    } finally {
      await file.close()
    }
  }

  private async names(): Promise<string[]> {
    const names = await readdir(this.dir).catch(() => [])
    return names.filter((name) => name.endsWith(EXTENSION)).sort()
  }
}

/** A replica that shows one feed of another, and takes nothing. */
class OneFeed implements Replica {
  constructor(
    private readonly replica: Replica,
    private readonly head: Head
  ) {}

  async describe(): ReturnType<Replica['describe']> {
    return { ...(await this.replica.describe()), readOnly: true }
  }

  async heads(): Promise<ReadonlyMap<string, Head>> {
    return new Map([[this.head.feed, this.head]])
  }

  read(feed: string, from: number, to: number, options?: ReadOptions): AsyncIterable<Run> {
    return this.replica.read(feed, from, to, options)
  }

  byteLength(feed: string, from: number, to: number): Promise<number> {
    return this.replica.byteLength(feed, from, to)
  }

  rootHash(feed: string, length: number): Promise<Uint8Array | null> {
    return this.replica.rootHash(feed, length)
  }

  async prepare(): Promise<void> {}

  append(): Promise<void> {
    throw new Error('one feed of another replica is only read')
  }

  async commit(): Promise<void> {}

  async rollback(): Promise<void> {}
}
