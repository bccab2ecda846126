// The one feed that this device writes: hello, entries, and a checkpoint at every 1,024th block.
// Owns the rule "durable before disclosed": `flush` syncs the store, then records in HEAD how far.

import { Mutex } from 'async-mutex'
import { CairnError } from '../errors.js'
import { BlockCodec } from './block.js'
import { MAX_ENTRY_BYTES } from './block-cipher.js'
import { CHECKPOINT_INTERVAL, encodeCheckpoint, isCheckpoint } from './checkpoint.js'
import { Clock } from './clock.js'
import {
  isVersion,
  type Entry,
  type HelloEntry,
  type VersionEntry,
  type VersionRef,
  type WrittenEntry
} from './entry.js'
import { blockHash } from './block-hash.js'
import { shortFeedId, toSignerKey } from './feed-id.js'
import type { FeedEnd } from './feed-store.js'
import { type ForkedFeed, writeHeadFile } from './head-file.js'
import type { Identity } from './identity.js'
import { LIBRARY_VERSION } from './library-version.js'
import type { Project } from './project.js'
import type { Run } from './replica.js'
import { endorse } from './succession.js'
import { Tail } from './tail.js'

/** Blocks read at once to find where the clock was. */
const REPLAY_BATCH = 1024

export interface OwnFeedOptions extends Identity {
  readonly project: Project
  readonly wallClock: () => number
}

export class OwnFeed {
  readonly id: string
  /** Id of the feed that this folder began with. */
  readonly first: string
  private readonly codec: BlockCodec
  private readonly clock: Clock
  private readonly tail = new Tail()
  private flushed = -1
  private readonly flushing = new Mutex()
  /** The device that this one has handed over to: then nothing more is written. */
  private successor: string | null = null
  private isGivenUp = false
  /** As its hello says; what others see. */
  name = ''
  /** Blocks known to be durable, at least. */
  disclosed = 0
  /** Feeds that this device wrote before, until they forked. */
  forked: readonly ForkedFeed[]

  private constructor(private readonly options: OwnFeedOptions) {
    this.id = options.feed
    this.first = options.first
    this.forked = options.forked
    this.codec = new BlockCodec(options.project, options.feed)
    this.clock = new Clock(options.headClock ?? 0, options.wallClock)
  }

  /** Goes on with what was written, or begins with a hello that says `name`. */
  static async open(options: OwnFeedOptions, name: string): Promise<OwnFeed> {
    const own = new OwnFeed(options)
    if (own.length === 0 && !options.store.readOnly) await own.writeHello(name)
    await own.resume(options.flushed)
    await own.flush(() => options.store.flush())
    return own
  }

  get length(): number {
    return this.options.ends.get(this.id)?.length ?? 0
  }

  get isFlushed(): boolean {
    return this.flushed === this.length
  }

  /** Whether it has been handed over: then nothing more is written. */
  get hasEnded(): boolean {
    return this.successor !== null
  }

  /** How this one is named among those that forked; what is only in its branch begins at `from`. */
  asForked(from: number): ForkedFeed {
    return { feed: this.id, label: this.options.label, from, issued: false }
  }

  /** Notes it in HEAD. The caller holds the mutex. */
  async noteForked(forked: readonly ForkedFeed[]): Promise<void> {
    await this.flushing.runExclusive(async () => {
      this.forked = forked
      this.flushed = -1
      await this.flushNow(() => this.options.store.flush())
    })
  }

  /** Once `begin` has begun another one, HEAD is that one's. The caller holds the mutex. */
  async giveUp<T>(begin: () => Promise<T>): Promise<T> {
    return this.flushing.runExclusive(async () => {
      await this.flushNow(() => this.options.store.flush())
      const begun = await begin()
      this.isGivenUp = true
      return begun
    })
  }

  /** Sets the clock by what was written; `flushed` is the length that HEAD stands for. */
  private async resume(flushed: number): Promise<void> {
    const { store, headClock } = this.options
    // Only a folder that cannot be written may hold a device that has not begun.
    if (this.length === 0) return
    this.flushed = headClock === null ? -1 : flushed
    const [first] = await store.read(this.id, 0, 1)
    const hello = first && this.codec.open(0, first)
    if (hello?.kind === 'hello') this.name = hello.name
    // What HEAD's clock stands for is not replayed, but for whether the feed has ended.
    const last = this.length - 1
    const [end] = await store.read(this.id, last, last + 1)
    if (end !== undefined && !isCheckpoint(last)) this.ending(this.codec.open(last, end))
    const from = headClock === null ? 1 : Math.max(1, flushed)
    for (let start = from; start < this.length; start += REPLAY_BATCH) {
      const blocks = await store.read(this.id, start, Math.min(start + REPLAY_BATCH, this.length))
      this.replay(start, blocks)
    }
  }

  /** Goes on from own blocks that were written earlier, or were lost and came back from others. */
  replay(from: number, blocks: readonly Uint8Array[]): void {
    for (const [i, block] of blocks.entries()) {
      if (isCheckpoint(from + i)) continue
      const entry = this.codec.open(from + i, block)
      this.ending(entry)
      // An edit's clock may have been lifted by somebody else's wrong one; a creation's was not.
      if (isVersion(entry))
        this.clock.replay(entry.links.length > 0 ? entry.updatedAt : entry.clock)
    }
  }

  private ending(last: Entry): void {
    this.successor = last.kind === 'farewell' ? last.successor : null
  }

  private async writeHello(name: string): Promise<void> {
    const { predecessor } = this.options
    const endorsement = await this.endorsement()
    const hello: HelloEntry = {
      kind: 'hello',
      name,
      createdAt: this.clock.now(),
      library: LIBRARY_VERSION,
      ...(predecessor !== null && { predecessor }),
      ...(endorsement !== null && { endorsement }),
      admission: this.options.project.admit(toSignerKey(this.id))
    }
    await this.appendBlocks([this.codec.seal(0, hello)])
  }

  now(): number {
    return this.clock.now()
  }

  nextClock(wall: number, linked: readonly number[]): number {
    return this.clock.next(wall, linked)
  }

  /**
   * Appends the entries, of blocks of `maxBytes` at most; resolves to their names, in order. The caller
   * holds the feed's mutex.
   */
  append(
    entries: readonly VersionEntry[],
    maxBytes: number = MAX_ENTRY_BYTES
  ): Promise<VersionRef[]> {
    return this.write(entries, maxBytes)
  }

  /** Ends this feed: its writer goes on as another device. The caller holds the mutex. */
  async handOver(successor: string): Promise<void> {
    if (this.successor === successor) return
    await this.write(
      [{ kind: 'farewell', successor, createdAt: this.clock.now() }],
      MAX_ENTRY_BYTES
    )
    this.successor = successor
  }

  private async write(entries: readonly WrittenEntry[], maxBytes: number): Promise<VersionRef[]> {
    const { store } = this.options
    store.assertWritable()
    if (this.successor !== null) throw handedOver(this.name, this.successor)
    const sealed: VersionRef[] = []
    let done = 0
    while (done < entries.length) {
      const blocks: Uint8Array[] = []
      await store.goOn()
      const start = this.length
      // The checkpoint that is due goes first, also when the last append was cut off before it.
      if (isCheckpoint(start)) blocks.push(this.checkpoint())
      const room = CHECKPOINT_INTERVAL - (start % CHECKPOINT_INTERVAL) - blocks.length
      for (const entry of entries.slice(done, done + room)) {
        const seq = start + blocks.length
        const block = this.codec.seal(seq, entry)
        assertFits(block, maxBytes)
        blocks.push(block)
        sealed.push({ feed: this.id, seq, hash: blockHash(block) })
      }
      await this.appendBlocks(blocks)
      done = sealed.length
    }
    return sealed
  }

  /** Runs `sync`, by which the store survives a power cut, and notes in HEAD how long the feed was. */
  async flush(sync: () => Promise<void>): Promise<void> {
    if (!this.options.store.readOnly) await this.flushing.runExclusive(() => this.flushNow(sync))
  }

  /** Entries that are written meanwhile do not wait, and HEAD does not count them. */
  private async flushNow(sync: () => Promise<void>): Promise<void> {
    const { ends, label, predecessor, headPath, project } = this.options
    const end = ends.get(this.id)
    const clock = this.clock.own
    await sync()
    if (end === undefined || this.flushed === end.length || this.isGivenUp) return
    await writeHeadFile(headPath, {
      projectId: project.id,
      feed: this.id,
      label,
      predecessor,
      length: end.length,
      rootHash: end.rootHash,
      clock,
      ...(this.forked.length > 0 && { forked: this.forked })
    })
    this.flushed = end.length
  }

  /** The run from `from` to one of this feed's ends, where it is small and was just written. */
  recentRun(from: number, { length: to, rootHash, signature }: FeedEnd): Run | null {
    const blocks = this.tail.read(from, to)
    return blocks && { feed: this.id, from, to, blocks, rootHash, signature }
  }

  /** By the feed that this one continues, where that was this device's own and forked. */
  private async endorsement(): Promise<Uint8Array | null> {
    const { predecessor, store } = this.options
    const old = this.forked.find(({ feed }) => feed === predecessor)
    if (old === undefined) return null
    return endorse(this.id, (await store.ownKeyPair(old.label)).secretKey)
  }

  private checkpoint(): Uint8Array {
    const end = this.options.ends.get(this.id)
    if (end === undefined) throw new Error('a feed without blocks has no checkpoint')
    return encodeCheckpoint(end.signature)
  }

  private async appendBlocks(blocks: readonly Uint8Array[]): Promise<void> {
    const { store, ends } = this.options
    const end = await store.append(this.id, blocks, this.length + blocks.length)
    if (end === null) throw new Error('hypercore refused an own append')
    // A feed that begins is seen at once by whoever listens, and may not be begun a second time.
    if (end.length === blocks.length) await store.flushLog()
    this.tail.append(blocks, end.length)
    ends.set(this.id, end)
  }
}

function handedOver(name: string, successor: string): CairnError {
  return new CairnError(
    'DEVICE_HANDED_OVER',
    `"${name}" has handed over to device ${shortFeedId(successor)} and records nothing more. It can still be read, synced and handed on. Record on the other one, or make a new device in another folder.`,
    { expected: successor }
  )
}

function assertFits(block: Uint8Array, maxBytes: number): void {
  if (block.byteLength <= maxBytes) return
  throw new CairnError(
    'BLOCK_TOO_LARGE',
    `This entry takes ${block.byteLength} bytes and the limit is ${maxBytes}. Put long content into an attachment.`,
    { expected: maxBytes, found: block.byteLength }
  )
}
