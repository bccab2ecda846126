// Brings one generation of the view up to the ends of the feeds. Entries are read feed by feed,
// packed into a slab, sorted by what they are about, and applied to the rows in that order
// (row-writer.ts), because a tree is read and written fastest in key order.
//
// After a few new entries each slab is one batch: rows, positions and counters together, so that a
// crash leaves work to repeat and nothing else. In bulk, for a generation that nobody reads yet, a
// slab is as large as memory allows and goes out in many batches; the generation counts as not
// complete until the last one.

import { throwIfAborted } from '../errors.js'
import type { EntrySource, LoggedEntry } from '../log/entry.js'
import { withHello, type FeedState } from './feed-table.js'
import type { Generation } from './generation.js'
import { blocksBehind, type FeedEnds } from './position.js'
import { type ObserveOptions, writeSlab } from './row-writer.js'
import { Slab } from './slab.js'

/** Versions in a batch of an update. */
const UPDATE_SLAB_VERSIONS = 8192
/** Bytes of packed versions in memory at once while a view is made anew. */
const BULK_SLAB_BYTES = 384 * 1024 * 1024

export interface ViewProgress {
  /** Entries are first read, then written to rows; in long updates by turns. */
  readonly phase: 'reading' | 'writing'
  /** Entries. */
  readonly done: number
  readonly total: number
}

export interface IndexOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ViewProgress) => void) | undefined
}

export interface Indexed {
  /** Versions taken in, of observations and documents. */
  readonly entries: number
  /** Rows written; one counts once per batch that it changed in. */
  readonly observations: number
}

interface BringUpToDateOptions extends IndexOptions, ObserveOptions {
  /** For a generation that is new and that nobody reads yet. */
  readonly bulk: boolean
  readonly bulkSlabBytes?: number
  /** Called after each batch, when its rows are shown. */
  readonly onShown?: (() => void) | undefined
}

export async function bringUpToDate(
  generation: Generation,
  source: EntrySource,
  ends: FeedEnds,
  options: BringUpToDateOptions
): Promise<Indexed> {
  const { bulk, bulkSlabBytes = BULK_SLAB_BYTES, signal, onProgress, onShown } = options
  const { observer, since } = options
  const { feeds, summary } = generation
  const total = blocksBehind(generation, ends)
  let done = 0
  let entries = 0
  let observations = 0
  let slab = new Slab(feeds)
  let reached = new Map<string, FeedState>()
  if (bulk) summary.complete = false

  const isFull = (): boolean =>
    bulk ? slab.byteLength >= bulkSlabBytes : slab.count >= UPDATE_SLAB_VERSIONS
  const write = async (last: boolean): Promise<void> => {
    if (bulk) summary.complete = last
    const report = bulk ? onProgress : undefined
    const details = { bulk, signal, report, observer, since }
    observations += await writeSlab(generation, source, slab, reached, details)
    onShown?.()
    entries += slab.count
    if (last) return
    slab = new Slab(feeds)
    reached = new Map()
  }

  for (const [feed, end] of ends) {
    let state = feeds.get(feed)
    if (state.length >= end.length) continue
    for await (const batch of source.entries(feed, state.length, end.length, { signal })) {
      throwIfAborted(signal, 'What is missing in the view is added by the next update.')
      for (const logged of batch) state = take(generation, slab, state, logged)
      const length = (batch.at(-1)?.ref.seq ?? state.length - 1) + 1
      done += length - state.length
      state = { ...state, length }
      onProgress?.({ phase: 'reading', done, total })
      if (isFull() && length < end.length) {
        const rootHash = await source.rootHash(feed, length)
        if (rootHash === null) throw new Error(`Feed ${feed} became shorter while it was read`)
        state = { ...state, rootHash }
        reached.set(feed, state)
        await write(false)
      }
    }
    done += end.length - state.length
    reached.set(feed, { ...state, length: end.length, rootHash: end.rootHash })
    if (isFull()) await write(false)
  }
  if (bulk || reached.size > 0) await write(true)
  return { entries, observations }
}

/** Takes one entry into the slab, or into the feed's state where it is no version. */
function take(
  { media }: Generation,
  slab: Slab,
  state: FeedState,
  { ref, entry }: LoggedEntry
): FeedState {
  switch (entry.kind) {
    case 'hello':
      return withHello(state, entry)
    case 'farewell':
      return state
    case 'unknown':
      return { ...state, unknown: state.unknown + 1 }
    case 'unreadable':
      return { ...state, unreadable: state.unreadable + 1 }
    case 'observation':
    case 'document':
      if (!slab.add(ref, entry)) return { ...state, unreadable: state.unreadable + 1 }
      if (entry.kind === 'observation') media.take(ref, entry)
      return state
  }
}
