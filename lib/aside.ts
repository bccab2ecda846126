// Branches kept aside. A feed that forked has two continuations; the log holds one, and the other
// is kept as a file of its own, so that it can be read, handed on, and issued again by its author.

import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Mutex } from 'async-mutex'
import { CairnError, type CairnErrorCode } from './errors.js'
import type { SyncReport } from './exchange/report.js'
import { sync } from './exchange/sync.js'
import { isVersion, type LoggedVersion } from './log/entry.js'
import { BlockCodec } from './log/block.js'
import { isCheckpoint } from './log/checkpoint.js'
import { isThere } from './log/durable-file.js'
import { toHex } from './log/feed-id.js'
import type { Head, Replica } from './log/replica.js'
import { ReplicaView } from './log/replica-view.js'
import { EXTENSION } from './syncfile/format.js'
import { type NewSyncFile, createFile } from './syncfile/files.js'
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
  /** Whether what is only in it has been written again by this device. */
  readonly issued: boolean
}

/** A file of a branch that cannot be read. */
export interface Unreadable {
  readonly path: string
  readonly error: CairnError
}

/** A file with one of these holds nothing that could be read later. */
const BROKEN: ReadonlySet<CairnErrorCode> = new Set<CairnErrorCode>([
  'NOT_A_SYNCFILE',
  'SYNCFILE_DAMAGED'
])

/** Branches of one feed at most: whoever forks a feed can do so without end. */
const MAX_BRANCHES = 16

/** Marks the file of a branch whose entries have been issued again. */
const ISSUED = '-issued'

export class Aside {
  private readonly mutex = new Mutex()

  constructor(
    private readonly dir: string,
    private readonly projectKey: Uint8Array,
    private readonly newFile: () => NewSyncFile,
    /** Blocks of a branch at most: what the log would not take is not kept beside it. */
    private readonly feedLimit: number
  ) {}

  /** Keeps what `other` holds of every feed that the report says has forked. */
  async keep(
    other: Replica,
    report: Pick<SyncReport, 'refused'>,
    signal?: AbortSignal
  ): Promise<void> {
    const forked = report.refused.filter(({ code }) => code === 'FEED_FORKED')
    if (forked.length === 0) return
    // Several peers may hold the same branch.
    await this.mutex.runExclusive(async () => {
      const heads = await other.heads()
      for (const { feed } of forked) {
        const head = heads.get(feed)
        if (signal?.aborted === true) return
        const takes = head !== undefined && head.length <= this.feedLimit
        if (takes) await this.keepOne(other, head, signal)
      }
    })
  }

  /** The branches that are kept, by feed; of one feed where it is given. */
  async list(feed?: string): Promise<Branch[]> {
    return (await this.look(feed)).branches
  }

  /** The same, and the files that cannot be read. */
  async look(feed?: string): Promise<{ branches: Branch[]; unreadable: Unreadable[] }> {
    const branches: Branch[] = []
    const unreadable: Unreadable[] = []
    for (const name of await this.names(feed)) {
      const path = join(this.dir, name)
      const found = await this.branchIn(path)
      if (found instanceof CairnError) unreadable.push({ path, error: found })
      else branches.push(found)
    }
    return { branches, unreadable }
  }

  /** The file that holds a branch. */
  open(path: string): Promise<SyncFile> {
    return SyncFile.open(path, { projectKey: this.projectKey })
  }

  /** Observation entries of a branch from `from` on, in order. */
  async *entries({ path, feed, length }: Branch, from: number): AsyncGenerator<LoggedVersion> {
    await using file = await this.open(path)
    const codec = new BlockCodec(this.newFile().project, feed)
    let at = from
    for await (const run of file.read(feed, from, length)) {
      for (const [i, block] of run.blocks.entries()) {
        const seq = run.from + i
        if (seq < at || isCheckpoint(seq)) continue
        at = seq + 1
        const { ref, entry } = codec.openAt(seq, block)
        if (isVersion(entry)) yield { ref, entry }
      }
    }
  }

  async markIssued({ path }: Branch): Promise<void> {
    await rename(path, issuedName(path))
  }

  /** What a file holds, or why that cannot be told. */
  private async branchIn(path: string): Promise<Branch | CairnError> {
    try {
      await using file = await this.open(path)
      for (const { feed, length, rootHash } of (await file.heads()).values()) {
        return { feed, length, rootHash: toHex(rootHash), path, issued: isIssued(path) }
      }
      return new CairnError('SYNCFILE_DAMAGED', `Nothing is left in ${path}.`, { path })
    } catch (error) {
      if (error instanceof CairnError) return error
      throw error
    }
  }

  /** Whether a file is there, if need be to be read later; one that is broken makes room. */
  private async isKept(path: string): Promise<boolean> {
    if (!(await isThere(path))) return false
    const found = await this.branchIn(path)
    if (!(found instanceof CairnError) || !BROKEN.has(found.code)) return true
    await rm(path)
    return false
  }

  private async keepOne(other: Replica, head: Head, signal?: AbortSignal): Promise<void> {
    const { feed, length, rootHash } = head
    const name = `${prefixOf(feed)}${toHex(rootHash).slice(0, 16)}${EXTENSION}`
    const fresh = join(this.dir, name)
    const issued = issuedName(fresh)
    const path = (await isThere(issued)) ? issued : fresh
    if (await this.isKept(path)) return
    const end = { feed, length, rootHash: toHex(rootHash) }
    const kept = await this.list(feed)
    const outgrown: Branch[] = []
    for (const branch of kept) {
      if (await this.holds(branch, end)) return
      if (!branch.issued && (await goesOn(other, head, branch))) outgrown.push(branch)
    }
    if (kept.length - outgrown.length >= MAX_BRANCHES) return
    await mkdir(this.dir, { recursive: true })
    const file = await createFile(path, this.newFile())
    let whole = false
    try {
      await sync(new OneFeed(other, head), file, { signal })
      whole = true
    } catch (error) {
      // What cannot be read or verified is not worth keeping; the refusal has been reported.
      if (!(error instanceof CairnError)) throw error
      return
    } finally {
      await file.close()
      // A part under the name of the whole would keep the whole from being taken.
      if (!whole) await rm(path, { force: true })
    }
    for (const shorter of outgrown) await rm(shorter.path)
  }

  /** Whether a branch that is kept goes on from that end. */
  private async holds(branch: Branch, end: End): Promise<boolean> {
    try {
      await using file = await this.open(branch.path)
      return await goesOn(file, branch, end)
    } catch (error) {
      if (error instanceof CairnError) return false
      throw error
    }
  }

  private async names(feed?: string): Promise<string[]> {
    const names = await readdir(this.dir).catch(() => [])
    const wanted = feed === undefined ? '' : prefixOf(feed)
    return names.filter((name) => name.startsWith(wanted) && name.endsWith(EXTENSION)).sort()
  }
}

function isIssued(path: string): boolean {
  return path.endsWith(`${ISSUED}${EXTENSION}`)
}

function issuedName(path: string): string {
  return `${path.slice(0, -EXTENSION.length)}${ISSUED}${EXTENSION}`
}

function prefixOf(feed: string): string {
  return `${feed.slice(0, 16)}-`
}

/** A place in a feed and its root hash, hex: an end of a branch. */
type End = Pick<Branch, 'feed' | 'length' | 'rootHash'>

/** Whether what ends at `head` in `replica` begins with all that ends at `shorter`. */
async function goesOn(
  replica: Replica,
  head: { readonly length: number },
  { feed, length, rootHash }: End
): Promise<boolean> {
  if (length >= head.length) return false
  const there = await replica.rootHash(feed, length)
  return there !== null && toHex(there) === rootHash
}

/** A replica that shows one feed of another, and takes nothing. */
class OneFeed extends ReplicaView {
  constructor(
    replica: Replica,
    private readonly head: Head
  ) {
    super(replica)
  }

  override async describe(): ReturnType<Replica['describe']> {
    return { ...(await this.replica.describe()), readOnly: true }
  }

  override async heads(): Promise<ReadonlyMap<string, Head>> {
    return new Map([[this.head.feed, this.head]])
  }

  override async commit(): Promise<void> {}

  override async rollback(): Promise<void> {}
}
