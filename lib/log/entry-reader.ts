// Opens what lies in the store: blocks to entries, in batches or one by one.

import { throwIfAborted } from '../errors.js'
import { BlockCodec } from './block.js'
import { CHECKPOINT_INTERVAL, isCheckpoint } from './checkpoint.js'
import type { HelloEntry, LoggedEntry } from './entry.js'
import type { FeedEnd, FeedStore } from './feed-store.js'
import type { Project } from './project.js'
import { readAhead } from './read-ahead.js'

export class EntryReader {
  private readonly codecs = new Map<string, BlockCodec>()
  private readonly hellos = new Map<string, HelloEntry>()

  constructor(
    private readonly project: Project,
    private readonly store: FeedStore,
    private readonly ends: ReadonlyMap<string, FeedEnd>
  ) {}

  codecOf(feed: string): BlockCodec {
    let codec = this.codecs.get(feed)
    if (codec === undefined) {
      codec = new BlockCodec(this.project, feed)
      this.codecs.set(feed, codec)
    }
    return codec
  }

  async *entries(
    feed: string,
    from: number,
    to: number,
    signal: AbortSignal | undefined
  ): AsyncGenerator<LoggedEntry[]> {
    const codec = this.codecOf(feed)
    for await (const [start, blocks] of readAhead(this.batches(feed, from, to), 1)) {
      throwIfAborted(signal, 'The feeds are as they were.')
      const batch: LoggedEntry[] = []
      for (const [i, block] of blocks.entries()) {
        if (!isCheckpoint(start + i)) batch.push(codec.openAt(start + i, block))
      }
      yield batch
    }
  }

  async hello(feed: string): Promise<HelloEntry | null> {
    const known = this.hellos.get(feed)
    if (known !== undefined) return known
    const first = (await this.entry(feed, 0))?.entry
    if (first?.kind !== 'hello') return null
    this.hellos.set(feed, first)
    return first
  }

  async entry(feed: string, seq: number): Promise<LoggedEntry | null> {
    const length = this.ends.get(feed)?.length ?? 0
    if (seq >= length || isCheckpoint(seq)) return null
    const [block] = await this.store.read(feed, seq, seq + 1)
    return block === undefined ? null : this.codecOf(feed).openAt(seq, block)
  }

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
}
