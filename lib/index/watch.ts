// Watching observations: an iterable of changes for as long as somebody wants them. What is kept
// for a slow consumer is one small record per observation that has changed, its state when the
// consumer last looked; the change is made out when it is asked for, from that and from what the
// view says then. So ten edits are one change, and one that was undone is none.

import { matches, type CheckedFilter, type Facts } from './filter.js'
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
  readonly matched: boolean
}

export interface WatchSource {
  get(id: string): Promise<Observation | null>
  /** The facts of a row's winner. */
  facts(id: Buffer, row: Row): Facts
  /** Entries of a feed below this were there before anybody watched. */
  since(feed: string): number
}

export class Watcher implements RowObserver, AsyncIterableIterator<Change> {
  #waiting = new Map<string, Before>()
  #staged = new Map<string, Before>()
  #overflown = false
  #ended = false
  #wake: (() => void)[] = []

  constructor(
    private readonly filter: CheckedFilter,
    private readonly source: WatchSource,
    private readonly onEnd: (watcher: Watcher) => void
  ) {}

  see({ id, before, after, arrived }: RowChange): void {
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
      matched: before.heads.length > 0 && matches(this.filter, this.source.facts(id, before))
    })
  }

  settle(shown: boolean): void {
    if (shown) for (const [id, before] of this.#staged) this.#waiting.set(id, before)
    this.#staged.clear()
    if (this.#waiting.size > 0 || this.#overflown) this.#wakeAll()
  }

  async next(): Promise<IteratorResult<Change, undefined>> {
    for (;;) {
      if (this.#ended) return { done: true, value: undefined }
      if (this.#overflown) {
        this.#overflown = false
        this.#waiting.clear()
        return { done: false, value: { type: 'many', observation: null } }
      }
      const [first] = this.#waiting
      if (first === undefined) {
        await new Promise<void>((resolve) => this.#wake.push(resolve))
        continue
      }
      const [id, before] = first
      this.#waiting.delete(id)
      const change = this.#changeOf(before, await this.source.get(id))
      if (change !== null) return { done: false, value: change }
    }
  }

  return(): Promise<IteratorResult<Change, undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting.clear()
    this.onEnd(this)
    this.#wakeAll()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  #changeOf(before: Before, observation: Observation | null): Change | null {
    if (observation === null) return null
    const heads = [observation.versionId, ...observation.forks.map((fork) => fork.versionId)]
    if (heads.join() === before.heads.join()) return null
    if (!before.matched && !matches(this.filter, factsOf(observation))) return null
    return { type: typeOf(before, observation, heads.length), observation }
  }
}

/** Where several fit, what matters most to somebody who looks at a map. */
function typeOf(before: Before, now: Observation, heads: number): ChangeType {
  if (before.heads.length === 0) return now.deleted ? 'deleted' : 'created'
  if (before.deleted !== now.deleted) return now.deleted ? 'deleted' : 'restored'
  if (heads > before.heads.length) return 'forked'
  return heads === 1 && before.heads.length > 1 ? 'merged' : 'updated'
}

function namesOf(row: Row): string[] {
  return row.heads.map(({ version }) => formatVersion(version.ref))
}

function factsOf(observation: Observation): Facts {
  const { createdAt, updatedAt, createdBy, forks } = observation
  return {
    ...observation,
    createdAt: Date.parse(createdAt),
    updatedAt: Date.parse(updatedAt),
    device: createdBy,
    forked: forks.length > 0
  }
}
