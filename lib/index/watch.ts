// Watching observations, or documents of a kind: an iterable of changes for as long as somebody wants
// them. What is kept for a slow consumer is one small record for each that has changed, its state when
// the consumer last looked; the change is made out when it is asked for, from that and from what the
// view says then. So ten edits are one change, and one that was undone is none.

import type { Observation } from './observation.js'
import type { RowChange, RowObserver } from './row-change.js'
import type { Row } from './row.js'
import { formatVersion } from '../log/version.js'
import { toUuid } from './uuid.js'

export type ChangeType = 'created' | 'updated' | 'deleted' | 'restored' | 'forked' | 'merged'

/**
 * A change, with the observation as it stands now. One that no longer matches the filter is given
 * once more. `many`: more observations have changed than are kept in mind; query again.
 */
export type Change =
  | { readonly type: ChangeType; readonly observation: Observation }
  | { readonly type: 'many'; readonly observation: null }

/** Observations that may wait for a consumer. */
const MAX_WAITING = 16_384

interface Before {
  /** Names of the heads, winner first; empty where there was no observation. */
  readonly heads: readonly string[]
  readonly deleted: boolean
  /** Who had created it, where it matched. */
  readonly creator: string | null
}

/** What changes of an observation or a document are told by. */
export interface Watched {
  readonly versionId: string
  readonly createdBy: string
  readonly deleted: boolean
  readonly forks: readonly { readonly versionId: string }[]
}

/** What is watched, and how a change of it is told. */
export interface WatchSource<T extends Watched, C> {
  /** Name of the kind of documents; empty for observations. */
  readonly type: string
  get(id: string): Promise<T | null>
  matches(item: T): boolean
  /** The same of a row's winner: who created it, null where it does not match. */
  creatorIn(id: Buffer, row: Row): string | null
  /** Whether changes of what this device created are wanted; asked where all else matches. */
  isWanted?: ((creator: string) => Promise<boolean>) | undefined
  /** Entries of a feed below this were there before anybody watched. */
  since(feed: string): number
  toChange(type: ChangeType, item: T): C
  /** More have changed than are kept in mind. */
  readonly many: C
}

export class Watcher<T extends Watched, C> implements RowObserver, AsyncIterableIterator<C> {
  #waiting = new Map<string, Before>()
  #staged = new Map<string, Before>()
  #overflown = false
  #ended = false
  #wake: (() => void)[] = []

  constructor(
    private readonly source: WatchSource<T, C>,
    private readonly onEnd: () => void
  ) {}

  see({ type, id, before, after, arrived }: RowChange): void {
    if (type !== this.source.type) return
    if (!arrived.some(({ ref }) => ref.seq >= this.source.since(ref.feed))) return
    if (namesOf(before).join() === namesOf(after).join()) return
    const name = toUuid(id)
    if (this.#overflown || this.#staged.has(name) || this.#waiting.has(name)) return
    if (this.#staged.size + this.#waiting.size >= MAX_WAITING) {
      this.#overflown = true
      return
    }
    this.#staged.set(name, {
      heads: namesOf(before),
      deleted: before.heads[0]?.version.deleted ?? false,
      creator: before.heads.length > 0 ? this.source.creatorIn(id, before) : null
    })
  }

  settle(shown: boolean): void {
    if (shown) for (const [id, before] of this.#staged) this.#waiting.set(id, before)
    this.#staged.clear()
    if (this.#waiting.size > 0 || this.#overflown) this.#wakeAll()
  }

  async next(): Promise<IteratorResult<C, undefined>> {
    for (;;) {
      if (this.#ended) return { done: true, value: undefined }
      if (this.#overflown) {
        this.#overflown = false
        this.#waiting.clear()
        return { done: false, value: this.source.many }
      }
      const [first] = this.#waiting
      if (first === undefined) {
        await new Promise<void>((resolve) => this.#wake.push(resolve))
        continue
      }
      const [id, before] = first
      this.#waiting.delete(id)
      const change = await this.#changeOf(id, before)
      if (change !== null && !this.#ended) return { done: false, value: change }
    }
  }

  return(): Promise<IteratorResult<C, undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting.clear()
    this.onEnd()
    this.#wakeAll()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  /** Null where there is nothing to tell, or nobody to tell it to any more. */
  async #changeOf(id: string, before: Before): Promise<C | null> {
    try {
      return await this.#compare(before, await this.source.get(id))
    } catch (error) {
      // The view was closed meanwhile.
      if (this.#ended) return null
      throw error
    }
  }

  async #compare(before: Before, item: T | null): Promise<C | null> {
    if (item === null) return null
    const heads = [item.versionId, ...item.forks.map((fork) => fork.versionId)]
    if (heads.join() === before.heads.join()) return null
    const now = this.source.matches(item) ? item.createdBy : null
    if (!(await this.#isWanted(before.creator)) && !(await this.#isWanted(now))) return null
    return this.source.toChange(typeOf(before, item, heads.length), item)
  }

  async #isWanted(creator: string | null): Promise<boolean> {
    if (creator === null) return false
    return (await this.source.isWanted?.(creator)) ?? true
  }
}

/** Where several fit, what matters most to somebody who looks at a map. */
function typeOf(before: Before, now: Watched, heads: number): ChangeType {
  if (before.heads.length === 0) return now.deleted ? 'deleted' : 'created'
  if (before.deleted !== now.deleted) return now.deleted ? 'deleted' : 'restored'
  if (heads > before.heads.length) return 'forked'
  return heads === 1 && before.heads.length > 1 ? 'merged' : 'updated'
}

function namesOf(row: Row): string[] {
  return row.heads.map(({ version }) => formatVersion(version.ref))
}
