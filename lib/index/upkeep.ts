// Keeps one generation of the view usable and up to date: takes in what the feeds have gained,
// makes the view anew where it is damaged, folds it where it has grown too large. One of these at
// a time; who reads is never kept waiting, and sees one state or the next.

import { Mutex } from 'async-mutex'
import { CairnError, throwIfAborted } from '../errors.js'
import type { EntrySource } from '../log/entry.js'
import { type AuditOptions, type Discrepancy, sideOf } from './audit.js'
import { Audits } from './audits.js'
import { ViewDamage } from './damage.js'
import { FOLD_ABOVE, fold, isOvergrown } from './fold.js'
import { Generation } from './generation.js'
import { bringUpToDate, type IndexOptions } from './indexer.js'
import { OBSERVATION } from './keys.js'
import type { AnyKind } from './kind.js'
import {
  aheadOf,
  assertNotAhead,
  blocksBehind,
  blocksTaken,
  endsOf,
  findUsable,
  lengthsOf
} from './position.js'
import { Retirees } from './retirees.js'
import { observersOf, type RowObserver } from './row-change.js'
import type { ViewEvent, ViewOptions, ViewUpdate } from './view-types.js'

/** Below this many new entries an update never makes the view anew. */
const BULK_MIN_BLOCKS = 4096

export class Upkeep {
  readonly observers: Set<RowObserver> = new Set()
  #generation: Generation
  /** Highest number given to a generation. */
  #newest: number
  #closing: Promise<void> | null = null
  #folding: Promise<void> | null = null
  readonly #closed = new AbortController()
  readonly #mutex = new Mutex()
  readonly #retirees = new Retirees()
  readonly #audits: Audits

  private constructor(
    private readonly dir: string,
    private readonly source: EntrySource,
    private readonly onEvent: (event: ViewEvent) => void,
    private readonly foldAbove: number,
    private readonly kinds: readonly AnyKind[],
    /** What the device believes, in milliseconds. */
    readonly now: () => number,
    generation: Generation
  ) {
    this.#generation = generation
    this.#newest = generation.number
    const create = (): Promise<Generation> => Generation.create(dir, ++this.#newest, kinds)
    this.#audits = new Audits(create, source)
  }

  static async open(dir: string, source: EntrySource, options: ViewOptions): Promise<Upkeep> {
    const { onEvent = () => undefined, foldAbove = FOLD_ABOVE, signal, onProgress } = options
    const { kinds = [], now = Date.now } = options
    const found = await findUsable(dir, source, kinds)
    const generation = found.usable ?? (await Generation.create(dir, found.next, kinds))
    const upkeep = new Upkeep(dir, source, onEvent, foldAbove, kinds, now, generation)
    await upkeep.#indexKinds(generation)
    // A feed of one block is a hello: a device that has only begun misses no view.
    const begun = [...source.ends().values()].some(({ length }) => length > 1)
    if (found.usable === null && begun) {
      try {
        await upkeep.#repair(generation, found.damage, { signal, onProgress })
      } catch (error) {
        if (error instanceof CairnError && error.code === 'ABORTED') {
          await upkeep.close()
          throw error
        }
        const message = 'The view could not be made anew; the next update tries again.'
        onEvent({ type: 'view-rebuild-failed', message, cause: error })
      }
    }
    return upkeep
  }

  /** Throws CLOSED. */
  current(): Generation {
    if (this.#closing !== null) throw new CairnError('CLOSED', 'The observation view is closed.')
    return this.#generation
  }

  /** Reads from what is shown; found damaged, that is made anew and read once more. */
  async read<T>(work: (generation: Generation) => Promise<T>): Promise<T> {
    for (let repaired = false; ; repaired = true) {
      const generation = this.current()
      generation.retain()
      try {
        return await work(generation)
      } catch (error) {
        await this.repairAfter(error, generation, repaired)
      } finally {
        generation.release()
      }
    }
  }

  /** Makes the view anew where the error says that it is damaged; throws any other. */
  async repairAfter(error: unknown, generation: Generation, repaired: boolean): Promise<void> {
    this.current()
    if (!(error instanceof ViewDamage)) throw error
    if (repaired) {
      const message = 'The view was made anew and still cannot be read.'
      throw new CairnError('IO_FAILED', message, { path: this.dir, cause: error })
    }
    await this.#repair(generation, error, {})
  }

  update(options: IndexOptions): Promise<ViewUpdate> {
    return this.#alone(() => this.#update(options))
  }

  rebuild(options: IndexOptions): Promise<ViewUpdate> {
    return this.#alone(() => this.#rebuild(options))
  }

  /** Done by itself where it is due; nobody waits for it. Resolves when it is done, or given up. */
  fold(): Promise<void> {
    this.#folding ??= this.#fold(this.current()).finally(() => (this.#folding = null))
    return this.#folding
  }

  /** Rows that are not what the feeds say. What cannot be read is made anew by who reads it next. */
  async *audit(options: AuditOptions): AsyncGenerator<Discrepancy> {
    const shown = await this.#alone(async () => {
      await this.#update({ signal: options.signal })
      const generation = this.#generation
      generation.retain()
      return { ...sideOf(generation), ends: endsOf(generation) }
    })
    try {
      this.current()
      yield* this.#audits.run(shown, options)
    } catch (error) {
      this.current()
      if (!(error instanceof ViewDamage)) throw error
      yield { type: OBSERVATION, what: 'unreadable' }
    } finally {
      shown.generation.release()
    }
  }

  close(): Promise<void> {
    this.#closed.abort()
    this.#closing ??= this.#mutex.runExclusive(async () => {
      await this.#generation.close()
      await this.#retirees.close()
    })
    const rest = [this.#folding, this.#audits.close()]
    return Promise.all([this.#closing, ...rest]).then(() => undefined)
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
    const observer = observersOf(this.observers)
    let told = lengthsOf(generation)
    const onShown = (): void => {
      observer?.settle(true)
      told = lengthsOf(generation)
    }
    try {
      assertNotAhead(generation, ends)
      const how = { ...options, observer, onShown, bulk: false }
      const done = await bringUpToDate(generation, this.source, ends, how)
      await generation.saveColumns()
      if (isOvergrown(generation, this.foldAbove)) void this.fold()
      return { ...done, rebuilt: false }
    } catch (error) {
      observer?.settle(false)
      if (error instanceof ViewDamage) return this.#repairNow(error, options, told)
      await this.#reload()
      throw error
    }
  }

  /** `told` is how much of each feed those who observe have heard of. */
  async #rebuild(
    options: IndexOptions,
    told: ReadonlyMap<string, number> = lengthsOf(this.#generation)
  ): Promise<ViewUpdate> {
    throwIfAborted(options.signal, 'The view is as it was.')
    const old = this.#generation
    const fresh = await Generation.create(this.dir, ++this.#newest, this.kinds)
    const observer = observersOf(this.observers)
    try {
      const ends = this.source.ends()
      const since = (feed: string): number => told.get(feed) ?? 0
      const how = { ...options, observer, since, bulk: true }
      const done = await bringUpToDate(fresh, this.source, ends, how)
      await fresh.settle()
      this.#replace(old, fresh)
      observer?.settle(true)
      return { ...done, rebuilt: true }
    } catch (error) {
      observer?.settle(false)
      await fresh.destroy()
      throw error
    }
  }

  /** Where the app registers a kind anew. Should it fail, the first query of that kind tries. */
  async #indexKinds({ kinds }: Generation): Promise<void> {
    const behind = kinds.behind().map(({ name }) => name)
    if (behind.length === 0) return
    const message = `What documents are found by is made anew for: ${behind.join(', ')}.`
    this.onEvent({ type: 'view-rebuild', reason: 'kinds', message })
    await this.fold()
  }

  async #fold(old: Generation): Promise<void> {
    const { signal } = this.#closed
    let made: Generation | null = null
    old.retain()
    try {
      const fresh = await Generation.create(this.dir, ++this.#newest, this.kinds)
      made = fresh
      await fold(old, fresh, signal)
      await fresh.settle()
      await this.#mutex.runExclusive(async () => {
        throwIfAborted(signal, 'The view stays as it was.')
        if (this.#generation !== old) return fresh.destroy()
        await this.#catchUp(fresh, signal)
        this.#replace(old, fresh)
      })
    } catch (error) {
      // It only saves room and time. What is wrong with the tree shows where it is read.
      await made?.destroy().catch(() => undefined) // The next open removes what is left.
      if (signal.aborted) return
      const message = 'The view could not be made smaller; it works on as it is.'
      this.onEvent({ type: 'view-fold-failed', message, cause: error })
    } finally {
      old.release()
    }
  }

  /** To where the old generation is, and no further: whoever observes has been told that far. */
  async #catchUp(fresh: Generation, signal: AbortSignal): Promise<void> {
    await bringUpToDate(fresh, this.source, endsOf(this.#generation), { signal, bulk: false })
    await fresh.saveColumns()
  }

  #replace(old: Generation, fresh: Generation): void {
    this.#generation = fresh
    this.#retirees.add(old)
  }

  /** After an update that failed: memory must not know more than the tree. */
  async #reload(): Promise<void> {
    try {
      await this.#generation.reload()
    } catch {
      // Found damaged at the next use, and made anew then.
    }
  }

  async #repairNow(
    damage: ViewDamage,
    options: IndexOptions,
    told?: ReadonlyMap<string, number>
  ): Promise<ViewUpdate> {
    const { reason, message, cause } = damage
    this.onEvent({
      type: 'view-rebuild',
      reason,
      message: `${message}. The view is made anew from the feeds.`,
      cause
    })
    return this.#rebuild(options, told)
  }

  async #repair(broken: Generation, damage: ViewDamage, options: IndexOptions): Promise<void> {
    await this.#alone(async () => {
      if (this.#generation === broken) await this.#repairNow(damage, options)
    })
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.runExclusive(() => {
      this.current()
      return work()
    })
  }
}
