// The observation view: which observations exist now, each with its whole content, in a tree on
// disk. It is derived from the feeds, is never sent anywhere, and may be deleted at any time: what
// is missing, damaged, of another layout or ahead of its feeds is made anew.

import { Mutex } from 'async-mutex'
import { CairnError, throwIfAborted } from '../errors.js'
import type { EntrySource } from '../log/entry.js'
import { ViewDamage } from './damage.js'
import { Generation } from './generation.js'
import { walkHistory } from './history.js'
import { bringUpToDate, type IndexOptions } from './indexer.js'
import { ROW_KEYS, rowId, rowKey } from './keys.js'
import {
  toIsoTime,
  toObservation,
  toObservationVersion,
  type Observation,
  type ObservationVersion
} from './observation.js'
import { aheadOf, assertNotAhead, blocksBehind, blocksTaken, findUsable } from './position.js'
import { checkQuery, type QueryOptions } from './query.js'
import { decodeRow, type DecodedHead } from './row.js'
import { fromUuid } from './uuid.js'
import type { ViewDevice, ViewEvent, ViewOptions, ViewStatus, ViewUpdate } from './view-types.js'

/** Below this many new entries an update never makes the view anew. */
const BULK_MIN_BLOCKS = 4096

export class View {
  #generation: Generation
  #closing: Promise<void> | null = null
  readonly #mutex = new Mutex()
  readonly #retired = new Map<Generation, Promise<void>>()

  private constructor(
    private readonly dir: string,
    private readonly source: EntrySource,
    private readonly onEvent: (event: ViewEvent) => void,
    generation: Generation
  ) {
    this.#generation = generation
  }

  /**
   * Opens the view in a folder of its own. A view that cannot be used is made anew from the source
   * and an event says so; should that fail, the view opens empty and the next update goes on.
   * Throws DEVICE_LOCKED where another program has it open, NO_SPACE, and ABORTED.
   */
  static async open(dir: string, source: EntrySource, options: ViewOptions = {}): Promise<View> {
    const { onEvent = () => undefined, signal, onProgress } = options
    const found = await findUsable(dir, source)
    const generation = found.usable ?? (await Generation.create(dir, found.next))
    const view = new View(dir, source, onEvent, generation)
    // A feed of one block is a hello: a device that has only begun misses no view.
    const begun = [...source.ends().values()].some(({ length }) => length > 1)
    if (found.usable === null && begun) {
      try {
        await view.#repair(generation, found.damage, { signal, onProgress })
      } catch (error) {
        if (error instanceof CairnError && error.code === 'ABORTED') {
          await view.close()
          throw error
        }
        const message = 'The view could not be made anew; the next update tries again.'
        onEvent({ type: 'view-rebuild-failed', message, cause: error })
      }
    }
    return view
  }

  /** Takes in what the feeds have gained. Calls made meanwhile wait for their turn. */
  update(options: IndexOptions = {}): Promise<ViewUpdate> {
    return this.#alone(() => this.#update(options))
  }

  /** Makes the view anew from the first entry on. Until it is done the last one is shown. */
  rebuild(options: IndexOptions = {}): Promise<ViewUpdate> {
    return this.#alone(() => this.#rebuild(options))
  }

  /** Null where there is no such observation. Throws a TypeError where the id is no UUID. */
  async get(id: string): Promise<Observation | null> {
    const heads = await this.heads(id)
    return heads.length === 0 ? null : toObservation(heads)
  }

  /**
   * The heads of an observation with their entries as recorded, winner first; none where there is
   * no such observation. A version that replaces some of them takes a clock above theirs.
   */
  async heads(id: string): Promise<readonly DecodedHead[]> {
    const key = rowKey(fromUuid(id))
    return this.#read(async ({ tree, feeds }) => {
      const row = await tree.get(key)
      return row === null ? [] : decodeRow(row, rowId(key), feeds)
    })
  }

  /**
   * Observations in order of creation, from a snapshot taken when the iteration begins.
   */
  async *query(options: QueryOptions = {}): AsyncGenerator<Observation> {
    const { limit, reverse, deleted, after } = checkQuery(options)
    let last = after
    let left = limit
    for (let repaired = false; left > 0; repaired = true) {
      const generation = this.#current()
      generation.retain()
      try {
        const { feeds, tree } = generation
        for await (const { key, value } of tree.snapshot().range(rowsBehind(last, reverse))) {
          this.#current()
          const heads = decodeRow(value, rowId(key), feeds)
          if (heads[0]!.entry.deleted && !deleted) continue
          yield toObservation(heads)
          if (--left === 0) return
          last = rowId(key)
        }
        return
      } catch (error) {
        await this.#repairAfter(error, generation, repaired)
      } finally {
        generation.release()
      }
    }
  }

  /** How many `query()` gives; read from a counter. */
  count({ deleted = false }: { deleted?: boolean } = {}): Promise<number> {
    const { counts } = this.#current().summary
    return Promise.resolve(counts.observations + (deleted ? counts.deleted : 0))
  }

  /** All versions of an observation that are held, newest first. */
  async *history(id: string): AsyncGenerator<ObservationVersion> {
    for await (const version of walkHistory(this.source, await this.heads(id))) {
      yield toObservationVersion(version)
    }
  }

  status(): ViewStatus {
    const { feeds, summary } = this.#current()
    let unreadableEntries = 0
    let unknownEntries = 0
    for (const feed of feeds) {
      unreadableEntries += feed.unreadable
      unknownEntries += feed.unknown
    }
    return { ...summary.counts, unreadableEntries, unknownEntries }
  }

  /** The devices whose feeds have been read. */
  devices(): ViewDevice[] {
    const devices: ViewDevice[] = []
    for (const { feed, name, createdAt } of this.#current().feeds) {
      if (name === undefined) continue
      devices.push({ id: feed, name, createdAt: toIsoTime(createdAt ?? 0) })
    }
    return devices
  }

  /** Waits for a running update; whatever else is under way ends with CLOSED. */
  close(): Promise<void> {
    this.#closing ??= this.#mutex.runExclusive(async () => {
      await this.#generation.close()
      for (const generation of this.#retired.keys()) generation.dismiss()
      await Promise.all(this.#retired.values())
    })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #update(options: IndexOptions): Promise<ViewUpdate> {
    throwIfAborted(options.signal, 'The view is as it was.')
    const generation = this.#generation
    const ends = this.source.ends()
    const behind = blocksBehind(generation, ends)
    if (aheadOf(generation, ends) === null) {
      if (behind === 0) return { entries: 0, observations: 0, rebuilt: false }
      if (behind > Math.max(BULK_MIN_BLOCKS, blocksTaken(generation))) return this.#rebuild(options)
    }
    try {
      assertNotAhead(generation, ends)
      const done = await bringUpToDate(generation, this.source, ends, { ...options, bulk: false })
      return { ...done, rebuilt: false }
    } catch (error) {
      if (error instanceof ViewDamage) return this.#repairNow(error, options)
      await this.#reload()
      throw error
    }
  }

  async #rebuild(options: IndexOptions): Promise<ViewUpdate> {
    throwIfAborted(options.signal, 'The view is as it was.')
    const old = this.#generation
    const fresh = await Generation.create(this.dir, old.number + 1)
    try {
      const ends = this.source.ends()
      const done = await bringUpToDate(fresh, this.source, ends, { ...options, bulk: true })
      this.#generation = fresh
      this.#retire(old)
      return { ...done, rebuilt: true }
    } catch (error) {
      await fresh.destroy()
      throw error
    }
  }

  #retire(generation: Generation): void {
    const gone = generation.retire().catch(() => undefined) // The next open removes what is left.
    this.#retired.set(
      generation,
      gone.then(() => void this.#retired.delete(generation))
    )
  }

  /** After an update that failed: memory must not know more than the tree. */
  async #reload(): Promise<void> {
    try {
      await this.#generation.reload()
    } catch {
      // Found damaged at the next use, and made anew then.
    }
  }

  async #repairNow(damage: ViewDamage, options: IndexOptions): Promise<ViewUpdate> {
    const { reason, message, cause } = damage
    this.onEvent({
      type: 'view-rebuild',
      reason,
      message: `${message}. The view is made anew from the feeds.`,
      cause
    })
    return this.#rebuild(options)
  }

  async #repair(broken: Generation, damage: ViewDamage, options: IndexOptions): Promise<void> {
    await this.#alone(async () => {
      if (this.#generation === broken) await this.#repairNow(damage, options)
    })
  }

  async #repairAfter(error: unknown, generation: Generation, repaired: boolean): Promise<void> {
    this.#current()
    if (!(error instanceof ViewDamage)) throw error
    if (repaired) {
      const message = 'The view was made anew and still cannot be read.'
      throw new CairnError('IO_FAILED', message, { path: this.dir, cause: error })
    }
    await this.#repair(generation, error, {})
  }

  async #read<T>(work: (generation: Generation) => Promise<T>): Promise<T> {
    for (let repaired = false; ; repaired = true) {
      const generation = this.#current()
      generation.retain()
      try {
        return await work(generation)
      } catch (error) {
        await this.#repairAfter(error, generation, repaired)
      } finally {
        generation.release()
      }
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.runExclusive(() => {
      this.#current()
      return work()
    })
  }

  #current(): Generation {
    if (this.#closing !== null) throw new CairnError('CLOSED', 'The observation view is closed.')
    return this.#generation
  }
}

function rowsBehind(id: Uint8Array | null, reverse: boolean) {
  if (id === null) return { ...ROW_KEYS, reverse }
  return reverse
    ? { gte: ROW_KEYS.gte, lt: rowKey(id), reverse }
    : { gt: rowKey(id), lt: ROW_KEYS.lt }
}
