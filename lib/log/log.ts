// A device's log: its own feed and every feed it has received, in one corestore, as a Replica and
// as the source of the view. Feeds only grow, at their end, by verified runs; `truncate` is never
// called. Own appends and incoming runs of one feed share one mutex.

import { join } from 'node:path'
import { Acknowledgments } from './acknowledgments.js'
import { admitFeed } from './admission.js'
import type { EntrySource, HelloEntry, LoggedEntry, VersionEntry, VersionRef } from './entry.js'
import { EntryReader } from './entry-reader.js'
import type { FeedEnds } from './feed-ends.js'
import { makeFolder } from './folder.js'
import type { FeedEnd, FeedStore } from './feed-store.js'
import { Holdings } from './holdings.js'
import { openIdentity } from './identity.js'
import type { LogOptions } from './log-options.js'
import { BlobStore } from './media/blob-store.js'
import { Frontier } from './merkle.js'
import { readRuns } from './run-source.js'
import type {
  Acknowledgment,
  Configuration,
  Head,
  Intake,
  Replica,
  ReplicaDescription,
  Run
} from './replica.js'
import { assertSigned } from './signature.js'
import { DEFAULT_FEED_LIMIT, assertRun, assertWithinLimit, forged } from './run-checks.js'
import { Writer } from './writer.js'

export class Log implements Replica, EntrySource {
  private readonly reader: EntryReader
  /** Who is known to hold what, and which sticks were written. */
  readonly held: Holdings
  configuration: Configuration

  private constructor(
    private readonly store: FeedStore,
    private readonly feedEnds: FeedEnds,
    /** Who writes what this device records. */
    readonly writer: Writer,
    known: Acknowledgments,
    /** Photos and files. */
    readonly blobs: BlobStore,
    private readonly options: LogOptions
  ) {
    this.held = new Holdings(() => this.id, feedEnds, known, store.readOnly)
    this.reader = new EntryReader(options.project, store, feedEnds)
    this.configuration = options.configuration
  }

  /**
   * Opens or makes the log in `dir`: `feeds/`, `media/` and `HEAD`. Throws PROJECT_MISMATCH, DEVICE_LOCKED,
   * DEVICE_COPIED, DEVICE_ROLLED_BACK, DEVICE_DAMAGED.
   */
  static async open(dir: string, options: LogOptions): Promise<Log> {
    await makeFolder(dir)
    const { project, name, onCopied = 'refuse', succeeds = null } = options
    const identity = await openIdentity(dir, { project, onCopied, succeeds })
    const { store, ends } = identity
    try {
      const own = { ...identity, project, wallClock: options.wallClock ?? Date.now }
      const writer = await Writer.open(own, name)
      const known = await Acknowledgments.open(join(dir, 'held'), (feed) => ends.has(feed))
      const blobs = await BlobStore.open(join(dir, 'media'), project, writer, store.readOnly)
      return new Log(store, ends, writer, known, blobs, options)
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** This device's feed id; another one once that feed has forked. */
  get id(): string {
    return this.writer.feed.id
  }

  /** This device's name, as its feed's hello says. */
  get name(): string {
    return this.writer.feed.name
  }

  /** True where the folder cannot be written: what it holds can be read and given away. */
  get readOnly(): boolean {
    return this.store.readOnly
  }

  /** Blocks of one feed at most. */
  get feedLimit(): number {
    return this.options.feedLimit ?? DEFAULT_FEED_LIMIT
  }

  get openFeeds(): number {
    return this.store.openCount
  }

  // --- writing own entries

  /** Wall clock of this device, milliseconds. */
  now(): number {
    return this.writer.feed.now()
  }

  /** Clock of the next version that replaces versions with these clocks. */
  nextClock(wall: number, linked: readonly number[]): number {
    return this.writer.feed.nextClock(wall, linked)
  }

  /** Appends own entries; they survive a process kill when this resolves. Throws BLOCK_TOO_LARGE. */
  async write(entries: readonly VersionEntry[], maxBytes?: number): Promise<VersionRef[]> {
    return this.writer.alone((own) => own.append(entries, maxBytes))
  }

  /** Ends the own feed for good: whoever writes it goes on as the device `successor`. */
  async handOver(successor: string): Promise<void> {
    await this.writer.alone((own) => own.handOver(successor))
    await this.flush()
  }

  /** Makes everything, own and received, survive a power cut. */
  async flush(): Promise<void> {
    // What is being written was written before.
    await this.writer.alone(async () => {})
    await this.sync(() => this.store.flush())
  }

  /**
   * The same for a few entries, where there are any, and writes down what was heard of who holds
   * what. Nobody waits for it, so what comes meanwhile should not have to.
   */
  async settle(): Promise<void> {
    if (this.held.durable.isBehind) await this.sync(() => this.store.flushLog())
    await this.held.save()
  }

  private async sync(sync: () => Promise<void>): Promise<void> {
    await this.held.durable.flush(() => this.writer.feed.flush(sync))
    await this.blobs.flush()
  }

  // --- Replica

  async describe(): Promise<ReplicaDescription> {
    return {
      label: this.name,
      projectId: this.options.project.id,
      configuration: this.configuration,
      readOnly: this.readOnly,
      oneWay: false,
      contiguous: true
    }
  }

  /** Heads of all feeds. Own entries are made durable first: what is shown may leave the device. */
  async heads(): Promise<Map<string, Head>> {
    if (!this.writer.feed.isFlushed) await this.flush()
    const [id, own] = [this.id, await this.disclose(this.id)]
    if (id !== this.id) return this.heads() // Given up for another one meanwhile.
    const heads = new Map<string, Head>()
    for (const [feed, end] of this.feedEnds) {
      const shown = feed === this.id && own !== undefined ? own : end
      heads.set(feed, { feed, ...shown, held: [{ from: 0, to: shown.length }] })
    }
    return heads
  }

  async *read(feed: string, from: number, to: number): AsyncGenerator<Run> {
    if (feed === this.id && !this.writer.feed.isFlushed) await this.flush()
    yield* this.disclosedRuns(feed, from, to)
  }

  /** The same for a live peer: own entries are durable, and HEAD says so a little later. */
  async *disclosedRuns(feed: string, from: number, to: number): AsyncGenerator<Run> {
    const end = await this.disclose(feed)
    if (end === undefined || end.length < to) throw new Error(`no block ${to - 1} in ${feed}`)
    yield* readRuns(this.store, feed, from, to, end)
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
    this.store.assertWritable()
    await this.writer.mutexes.alone(run.feed, async () => {
      await this.store.goOn()
      const length = this.feedEnds.get(run.feed)?.length ?? 0
      if (run.to <= length) return
      assertRun(run, length)
      assertWithinLimit(run, this.feedLimit)
      const blocks = run.blocks.slice(length - run.from)
      // hypercore leaves an empty record of a feed whose first append it refuses.
      if (length === 0) this.assertAdmitted(run)
      const end = await this.store.append(run.feed, blocks, run.to, run.signature)
      if (end === null) throw forged(run)
      this.feedEnds.set(run.feed, end)
      if (run.feed === this.id) this.writer.feed.replay(length, blocks)
    })
  }

  async commit(): Promise<void> {
    await this.flush()
  }

  async acknowledgments(): Promise<Acknowledgment[]> {
    return this.held.rows()
  }

  async acknowledge(rows: readonly Acknowledgment[]): Promise<void> {
    this.held.hear(rows)
    await this.held.save()
  }

  /** What was appended was verified, so it stays. */
  async rollback(): Promise<void> {
    await this.flush()
  }

  // --- live

  /** Calls `listener` with each feed that has grown, until the returned function is called. */
  onGrowth(listener: (feed: string) => void): () => void {
    return this.feedEnds.listen(listener)
  }

  /** Where a feed ends as far as others may see it: own entries are made durable first. */
  async disclose(feed: string): Promise<FeedEnd | undefined> {
    const end = this.feedEnds.get(feed)
    const own = this.writer.feed
    if (feed !== own.id || end === undefined || end.length <= own.disclosed) return end
    await this.store.flushLog()
    own.disclosed = Math.max(own.disclosed, end.length)
    return end
  }

  /** The last own blocks behind `from` without a read, where they are few; `end` was disclosed. */
  recentRun(from: number, end: FeedEnd): Run | null {
    return this.writer.feed.recentRun(from, end)
  }

  /** Lets stock replication read a feed. What it hands out of the own feed may not be durable. */
  serveStock(feed: string, mux: unknown, over: Promise<unknown>): Promise<void> {
    return this.store.serveStock(feed, mux, over)
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
    yield* this.reader.entries(feed, from, to, options.signal)
  }

  async entry(feed: string, seq: number): Promise<LoggedEntry | null> {
    return this.reader.entry(feed, seq)
  }

  /** A feed's hello; null where the feed is not here. */
  async hello(feed: string): Promise<HelloEntry | null> {
    return this.reader.hello(feed)
  }

  async close(): Promise<void> {
    await this.writer.alone(async () => {
      try {
        await this.sync(() => this.store.flush())
        await this.held.save()
      } finally {
        // Also where the disk is full: the folder must not stay locked.
        await this.blobs.close()
        await this.store.close()
      }
    })
  }

  private assertAdmitted(run: Run): void {
    admitFeed(this.options.project, run.feed, this.reader.codecOf(run.feed), run.blocks[0])
    const tree = new Frontier().appendAll(run.blocks)
    const { feed, to: length, signature } = run
    assertSigned({ feed, length, rootHash: tree.rootHash(), signature }, 'what was received')
  }
}
