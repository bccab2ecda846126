// Brings one generation of the view up to the ends of the feeds. Entries are read feed by feed,
// packed into a slab, sorted by observation, and applied to the rows in that order, because a tree
// is read and written fastest in key order.
//
// After a few new entries each slab is one batch: rows, positions and counters together, so that a
// crash leaves work to repeat and nothing else. In bulk, for a generation that nobody reads yet, a
// slab is as large as memory allows and goes out in many batches; the generation counts as not
// complete until the last one.

import { throwIfAborted } from '../errors.js'
import type { EntrySource, LoggedEntry } from '../log/entry.js'
import { sameVersion } from '../log/version.js'
import type { ColumnRow } from './chunk.js'
import { toColumnRow } from './column-row.js'
import { ColumnsBuilder } from './columns.js'
import { withHello, type FeedState } from './feed-table.js'
import type { Generation } from './generation.js'
import { applyVersions, unresolvedLinks } from './heads.js'
import { blocksBehind, type FeedEnds } from './position.js'
import type { RowChange, RowObserver } from './row-change.js'
import { encodeRow, encodeSingleRow, NO_ROW, readRow, type Row } from './row.js'
import { Slab, type SlabGroup } from './slab.js'
import { recount } from './summary.js'
import { decodeVersion, isDeletedVersion, readVersion } from './version-bytes.js'

/** Versions in a batch of an update. */
const UPDATE_SLAB_VERSIONS = 8192
/** Bytes of packed versions in memory at once while a view is made anew. */
const BULK_SLAB_BYTES = 384 * 1024 * 1024
/** Rows in one of the batches that a bulk slab goes out in. */
const BULK_BATCH_ROWS = 8192
/** Rows looked up together. */
const LOOKUPS = 64

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

/** Who is told what happens to rows. */
export interface ObserveOptions {
  readonly observer?: RowObserver | undefined
  /** Entries of a feed below this were in the view before; where absent, its position says so. */
  readonly since?: ((feed: string) => number) | undefined
}

export interface Indexed {
  /** Observation entries taken in. */
  readonly entries: number
  /** Observations whose row was written; counted once per batch it changed in. */
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

/** Takes one entry into the slab, or into the feed's state where it is no observation. */
function take(
  { media }: Generation,
  slab: Slab,
  state: FeedState,
  { ref, entry }: LoggedEntry
): FeedState {
  switch (entry.kind) {
    case 'hello':
      return withHello(state, entry)
    case 'unknown':
    case 'document':
      return { ...state, unknown: state.unknown + 1 }
    case 'unreadable':
      return { ...state, unreadable: state.unreadable + 1 }
    case 'observation':
      if (!slab.add(ref, entry)) return { ...state, unreadable: state.unreadable + 1 }
      media.take(ref, entry)
      return state
  }
}

interface WriteOptions extends ObserveOptions {
  readonly bulk: boolean
  readonly signal: AbortSignal | undefined
  readonly report: IndexOptions['onProgress']
}

/** Applies a slab to the rows, and with its last batch moves the positions. Returns rows written. */
async function writeSlab(
  generation: Generation,
  source: EntrySource,
  slab: Slab,
  reached: ReadonlyMap<string, FeedState>,
  options: WriteOptions
): Promise<number> {
  const { bulk, signal, report } = options
  const { tree, feeds } = generation
  const total = slab.count
  const columns = new ColumnsBuilder()
  let batch = generation.batch()
  let written = 0
  let inBatch = 0
  let done = 0

  const writeGroups = async (groups: readonly SlabGroup[]): Promise<void> => {
    const rows = await generation.rowsOf(groups.map(({ id }) => id))
    for (const [i, group] of groups.entries()) {
      const { bytes, column } = await nextRow(generation, source, group, rows[i] ?? null, options)
      columns.push(group.id, column, batch.putRow(group.id, bytes))
      done += group.versions.length
    }
    written += groups.length
    inBatch += groups.length
    if (!bulk || inBatch < BULK_BATCH_ROWS) return
    throwIfAborted(signal, 'The view stays as it was; the next update goes on.')
    await batch.flush()
    tree.forget()
    batch = generation.batch()
    inBatch = 0
    report?.({ phase: 'writing', done, total })
  }

  let groups: SlabGroup[] = []
  for (const group of slab.groups()) {
    groups.push(group)
    if (groups.length < LOOKUPS) continue
    await writeGroups(groups)
    groups = []
  }
  if (groups.length > 0) await writeGroups(groups)
  throwIfAborted(signal, 'What is missing in the view is added by the next update.')
  for (const state of reached.values()) feeds.set(state)
  generation.putRecords(batch)
  await batch.flush()
  if (bulk) tree.forget()
  generation.recordsSaved()
  generation.show(columns.take())
  report?.({ phase: 'writing', done, total })
  return written
}

interface NextRow {
  readonly bytes: Buffer
  readonly column: ColumnRow
}

async function nextRow(
  generation: Generation,
  source: EntrySource,
  group: SlabGroup,
  bytes: Buffer | null,
  { observer, since }: ObserveOptions
): Promise<NextRow> {
  const { feeds, summary, tagCodes } = generation
  const { counts } = summary
  const columnOf = (winner: Buffer, forked: boolean): ColumnRow => {
    const { ref, entry } = decodeVersion(winner, group.id, feeds)
    return toColumnRow(ref.feed, entry, forked, feeds, tagCodes)
  }
  if (bytes === null && group.singleClock !== null && observer === undefined) {
    const version = group.versions[0]!
    if (isDeletedVersion(version)) counts.deleted++
    else counts.observations++
    const row = encodeSingleRow(version, group.singleClock)
    counts.rowBytes += row.byteLength
    return { bytes: row, column: columnOf(version, false) }
  }
  const before: Row = bytes === null ? NO_ROW : readRow(bytes, feeds)
  const arrived = group.versions.map((version) => readVersion(version, feeds))
  const held = await heldClocks(generation, source, group.id, before, arrived)
  const after = applyVersions(before, arrived, held)
  recount(counts, before, after)
  if (observer !== undefined) tell(observer, group.id, { before, after, arrived }, since)
  const row = encodeRow(after, feeds)
  counts.rowBytes += row.byteLength - (bytes?.byteLength ?? 0)
  return { bytes: row, column: columnOf(after.heads[0]!.version.bytes, after.heads.length > 1) }
}

/** Of a row that is made anew, what was in it before is taken apart from what is new. */
function tell(
  observer: RowObserver,
  id: Buffer,
  { before, after, arrived }: Omit<RowChange, 'id'>,
  since: ObserveOptions['since']
): void {
  if (since === undefined) return observer.see({ id, before, after, arrived })
  const fresh = arrived.filter(({ ref }) => ref.seq >= since(ref.feed))
  if (fresh.length === 0) return
  const known = arrived.filter(({ ref }) => ref.seq < since(ref.feed))
  observer.see({ id, before: applyVersions(before, known), after, arrived: fresh })
}

/**
 * Which of the links that the row does not know lead to versions of this observation that were
 * taken in earlier and replaced since: those before the feed's position whose block is the one
 * that is named. Rare, for it takes two versions that replace the same one.
 */
async function heldClocks(
  { feeds }: Generation,
  source: EntrySource,
  id: Buffer,
  before: Row,
  arrived: Row['heads'][number]['version'][]
): Promise<Map<string, number>> {
  const held = new Map<string, number>()
  for (const [name, ref] of unresolvedLinks(before, arrived)) {
    if (ref.seq >= feeds.get(ref.feed).length) continue
    const logged = await source.entry(ref.feed, ref.seq)
    if (logged === null || logged.entry.kind !== 'observation') continue
    if (!sameVersion(logged.ref, ref) || !id.equals(logged.entry.id)) continue
    held.set(name, logged.entry.clock)
  }
  return held
}
