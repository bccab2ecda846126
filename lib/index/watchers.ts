// Everybody who watches a view: told of what happens to rows, and let go when it is closed.

import type { EntrySource } from '../log/entry.js'
import type { Upkeep } from './upkeep.js'
import { Watcher, type Watched, type WatchSource } from './watch.js'

export class Watchers {
  readonly #all = new Set<{ end(): void }>()

  constructor(
    private readonly upkeep: Upkeep,
    private readonly source: EntrySource
  ) {}

  get size(): number {
    return this.#all.size
  }

  /** Changes from now on. */
  start<T extends Watched, C>(
    signal: AbortSignal | undefined,
    source: Omit<WatchSource<T, C>, 'since'>
  ): Watcher<T, C> {
    const { upkeep } = this
    const lengths = new Map([...this.source.ends()].map(([feed, { length }]) => [feed, length]))
    const since = (feed: string): number => lengths.get(feed) ?? 0
    upkeep.current()
    const onAbort = (): void => watcher.end()
    const watcher = new Watcher<T, C>({ ...source, since }, () => {
      upkeep.observers.delete(watcher)
      this.#all.delete(watcher)
      signal?.removeEventListener('abort', onAbort)
    })
    upkeep.observers.add(watcher)
    this.#all.add(watcher)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) watcher.end()
    return watcher
  }

  end(): void {
    for (const watcher of this.#all) watcher.end()
  }
}
