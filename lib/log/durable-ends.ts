// How far each feed is known to survive a power cut: what this device may give its word for. A flush
// makes durable what had been appended before it began.

import type { FeedEnds } from './feed-ends.js'

export class DurableEnds {
  private readonly lengths = new Map<string, number>()
  private grown = new Set<string>()
  private readonly listeners = new Set<(feeds: readonly string[]) => void>()

  /** Everything in `ends` is durable now. */
  constructor(private readonly ends: FeedEnds) {
    for (const [feed, { length }] of ends) this.lengths.set(feed, length)
    ends.listen((feed) => this.grown.add(feed))
  }

  /** Blocks of each feed. */
  entries(): Iterable<[feed: string, length: number]> {
    return this.lengths
  }

  lengthOf(feed: string): number {
    return this.lengths.get(feed) ?? 0
  }

  /** Whether anything has been appended since the last flush began. */
  get isBehind(): boolean {
    return this.grown.size > 0
  }

  /** Runs a flush and notes what it made durable. */
  async flush(flush: () => Promise<void>): Promise<void> {
    const { grown } = this
    const taken = [...grown].map((feed) => ({ feed, length: this.ends.get(feed)?.length ?? 0 }))
    this.grown = new Set()
    try {
      await flush()
    } catch (error) {
      for (const feed of grown) this.grown.add(feed)
      throw error
    }
    for (const { feed, length } of taken) {
      this.lengths.set(feed, Math.max(length, this.lengthOf(feed)))
    }
    if (taken.length === 0) return
    for (const listener of this.listeners) listener(taken.map(({ feed }) => feed))
  }

  /** Calls `listener` with feeds that have become durable, until the returned function is called. */
  listen(listener: (feeds: readonly string[]) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }
}
