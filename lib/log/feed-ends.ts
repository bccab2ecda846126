// Where every feed of a log ends, and who wants to know when one has grown.

import type { FeedEnd } from './feed-store.js'

export class FeedEnds extends Map<string, FeedEnd> {
  private readonly listeners = new Set<(feed: string) => void>()

  override set(feed: string, end: FeedEnd): this {
    super.set(feed, end)
    for (const listener of this.listeners) listener(feed)
    return this
  }

  /** Calls `listener` with each feed that has grown, until the returned function is called. */
  listen(listener: (feed: string) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }
}
