// A device's log: its own feed and every feed it has received, in one corestore, as a Replica and
// as the source of the view. Feeds only grow, at their end, by verified runs; `truncate` is never
// called. Own appends and incoming runs of one feed share one mutex.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Mutex } from 'async-mutex'
import { throwIfAborted } from '../errors.js'
import { admitFeed } from './admission.js'
import { BlockCodec } from './block.js'
import {
  CHECKPOINT_INTERVAL,
  decodeCheckpoint,
  isCheckpoint,
  nextCheckpoint
} from './checkpoint.js'
import type { EntrySource, LoggedEntry, ObservationEntry, VersionRef } from './entry.js'
import { toFeedId } from './feed-id.js'
import { FeedStore, type FeedEnd } from './feed-store.js'
import { assertNotRolledBack, assertSameProject } from './device-checks.js'
import { readHeadFile } from './head-file.js'
import { Frontier } from './merkle.js'
import { OwnFeed } from './own-feed.js'
import type { Project } from './project.js'
import { readAhead } from './read-ahead.js'
import type { Configuration, Head, Intake, Replica, ReplicaDescription, Run } from './replica.js'
import { assertSigned, isSigned } from './signature.js'
import { assertRun, forged } from './run-checks.js'
import { markVerified } from './verified.js'

export interface LogOptions {
  project: Project
  /** The device's name, written into the hello of a new feed. */
  name: string
  configuration: Configuration
  /** Milliseconds since 1970; Date.now unless a test sets another. */
  wallClock?: () => number
}

export class Log implements Replica, EntrySource {
  private readonly mutexes = new Map<string, Mutex>()
  private readonly codecs = new Map<string, BlockCodec>()
  private readonly own: OwnFeed
  configuration: Configuration

  private constructor(
    private readonly store: FeedStore,
    private readonly feedEnds: Map<string, FeedEnd>,
    own: OwnFeed,
    private readonly options: LogOptions
  ) {
    this.own = own
    this.configuration = options.configuration
  }

  /**
   * Opens or makes the log in `dir`: `feeds/` and `HEAD`. Throws PROJECT_MISMATCH, DEVICE_LOCKED,
   * DEVICE_COPIED, DEVICE_ROLLED_BACK, DEVICE_DAMAGED.
   */
  static async open(dir: string, options: LogOptions): Promise<Log> {
    await mkdir(dir, { recursive: true })
    const headPath = join(dir, 'HEAD')
    const head = await readHeadFile(headPath)
    if (head !== null) assertSameProject(head, options.project, dir)
    const store = await FeedStore.open(join(dir, 'feeds'))
    try {
      const ends = await store.ends()
      const feedNumber = head?.feedNumber ?? 0
      const keyPair = await store.ownKeyPair(feedNumber)
      const feed = toFeedId(keyPair.publicKey)
      await assertNotRolledBack(dir, head, feed, store, ends)
      const own = new OwnFeed({
        project: options.project,
        store,
        feed,
        feedNumber,
        headPath,
        wallClock: options.wallClock ?? Date.now,
        ends
      })
      if (own.length === 0) await own.writeHello(options.name)
      await own.resume(head?.length ?? 0)
      await own.flush()
      return new Log(store, ends, own, options)
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** This device's feed id. */
  get id(): string {
    return this.own.id
  }

  get openFeeds(): number {
    return this.store.openCount
  }

  // --- writing own entries

  /** Wall clock of this device, milliseconds. */
  now(): number {
    return this.own.now()
  }

  /** Clock of the next version that replaces versions with these clocks. */
  nextClock(wall: number, linked: readonly number[]): number {
    return this.own.nextClock(wall, linked)
  }

  /** Appends own entries; they survive a process kill when this resolves. */
  async write(entries: readonly ObservationEntry[]): Promise<VersionRef[]> {
    return this.locked(this.id, () => this.own.append(entries))
  }

  /** Makes everything, own and received, survive a power cut. */
  async flush(): Promise<void> {
    await this.locked(this.id, () => this.own.flush())
  }

  // --- Replica

  async describe(): Promise<ReplicaDescription> {
    return {
      label: this.options.name,
      projectId: this.options.project.id,
      configuration: this.configuration,
      readOnly: false,
      oneWay: false,
      contiguous: true
    }
  }

  /** Heads of all feeds. Own entries are made durable first: what is shown may leave the device. */
  async heads(): Promise<Map<string, Head>> {
    if (!this.own.isFlushed) await this.flush()
    const heads = new Map<string, Head>()
    for (const [feed, end] of this.feedEnds) {
      heads.set(feed, { feed, ...end, held: [{ from: 0, to: end.length }] })
    }
    return heads
  }

  async *read(feed: string, from: number, to: number): AsyncGenerator<Run> {
    for (let start = from; start < to;) {
      const cut = await this.nextCut(feed, start)
      const blocks = await this.store.read(feed, start, cut.length)
      yield markVerified({ feed, from: start, to: cut.length, blocks, ...proofOf(cut) })
      start = cut.length
    }
  }

  async byteLength(feed: string, from: number, to: number): Promise<number> {
    const sizeOf = async (length: number): Promise<number> =>
      (await this.store.roots(feed, length)).reduce((sum, root) => sum + root.size, 0)
    return (await sizeOf(to)) - (await sizeOf(from))
  }

  async rootHash(feed: string, length: number): Promise<Uint8Array | null> {
    const end = this.feedEnds.get(feed)
    if (end === undefined || length > end.length) return null
    return length === end.length ? end.rootHash : this.store.rootHash(feed, length)
  }

  async prepare(_intake: Intake): Promise<void> {}

  async append(run: Run): Promise<void> {
    await this.locked(run.feed, async () => {
      const length = this.feedEnds.get(run.feed)?.length ?? 0
      if (run.to <= length) return
      assertRun(run, length)
      const blocks = run.blocks.slice(length - run.from)
      // hypercore leaves an empty record of a feed whose first append it refuses.
      if (length === 0) this.assertAdmitted(run)
      const end = await this.store.append(run.feed, blocks, run.to, run.signature)
      if (end === null) throw forged(run)
      this.feedEnds.set(run.feed, end)
    })
  }

  async commit(): Promise<void> {
    await this.flush()
  }

  /** What was appended was verified, so it stays. */
  async rollback(): Promise<void> {
    await this.flush()
  }

  // --- EntrySource

  ends(): ReadonlyMap<string, FeedEnd> {
    return this.feedEnds
  }

  async *entries(
    feed: string,
    from: number,
    to: number,
    options: { signal?: AbortSignal | undefined } = {}
  ): AsyncGenerator<LoggedEntry[]> {
    const codec = this.codecOf(feed)
    for await (const [start, blocks] of readAhead(this.batches(feed, from, to), 1)) {
      throwIfAborted(options.signal, 'The feeds are as they were.')
      const batch: LoggedEntry[] = []
      for (const [i, block] of blocks.entries()) {
        if (!isCheckpoint(start + i)) batch.push(codec.openAt(start + i, block))
      }
      yield batch
    }
  }

  async entry(feed: string, seq: number): Promise<LoggedEntry | null> {
    const length = this.feedEnds.get(feed)?.length ?? 0
    if (seq >= length || isCheckpoint(seq)) return null
    const [block] = await this.store.read(feed, seq, seq + 1)
    return block === undefined ? null : this.codecOf(feed).openAt(seq, block)
  }

  async close(): Promise<void> {
    await this.locked(this.id, async () => {
      await this.own.flush()
      await this.store.close()
    })
  }

  // --- helpers

  private async *batches(
    feed: string,
    from: number,
    to: number
  ): AsyncGenerator<[start: number, blocks: Uint8Array[]]> {
    for (let start = from; start < to; start += CHECKPOINT_INTERVAL) {
      const end = Math.min(to, start + CHECKPOINT_INTERVAL)
      yield [start, await this.store.read(feed, start, end)]
    }
  }

  /** The first length after `start` that has a signature: a sound checkpoint, or the end. */
  private async nextCut(feed: string, start: number): Promise<FeedEnd> {
    const known = this.feedEnds.get(feed)?.length ?? 0
    for (let length = nextCheckpoint(start); length < known; length += CHECKPOINT_INTERVAL) {
      const [block] = await this.store.read(feed, length, length + 1)
      const signature = block && decodeCheckpoint(block)
      if (!signature) continue
      const rootHash = await this.store.rootHash(feed, length)
      if (isSigned({ feed, length, rootHash, signature })) return { length, rootHash, signature }
    }
    // Own entries written since the heads were shown are made durable before they leave.
    if (feed === this.id && !this.own.isFlushed) await this.flush()
    const end = this.feedEnds.get(feed)
    if (end === undefined || end.length <= start) throw new Error(`no block ${start} in ${feed}`)
    return end
  }

  private assertAdmitted(run: Run): void {
    admitFeed(this.options.project, run.feed, this.codecOf(run.feed), run.blocks[0])
    const tree = new Frontier().appendAll(run.blocks)
    const { feed, to: length, signature } = run
    assertSigned({ feed, length, rootHash: tree.rootHash(), signature }, 'what was received')
  }

  private codecOf(feed: string): BlockCodec {
    let codec = this.codecs.get(feed)
    if (codec === undefined) {
      codec = new BlockCodec(this.options.project, feed)
      this.codecs.set(feed, codec)
    }
    return codec
  }

  private async locked<T>(feed: string, work: () => Promise<T>): Promise<T> {
    let mutex = this.mutexes.get(feed)
    if (mutex === undefined) {
      mutex = new Mutex()
      this.mutexes.set(feed, mutex)
    }
    return mutex.runExclusive(work)
  }
}

function proofOf({ rootHash, signature }: FeedEnd): {
  rootHash: Uint8Array
  signature: Uint8Array
} {
  return { rootHash, signature }
}
