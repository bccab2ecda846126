// Applies a slab of versions to the rows, in order of key, and keeps what is derived from them in
// step: the columns of observations, the keys of documents, the counters. Rows, positions and
// counters of an update are one batch. The bulk of a rebuild goes out in many.

import { throwIfAborted } from '../errors.js'
import { isVersion, typeOf, type EntrySource } from '../log/entry.js'
import { formatVersion, sameVersion } from '../log/version.js'
import type { Batch } from './batch.js'
import type { ColumnRow } from './chunk.js'
import { toColumnRow } from './column-row.js'
import { ColumnsBuilder } from './columns.js'
import { DocumentWriter } from './document-writer.js'
import type { FeedState } from './feed-table.js'
import type { Generation } from './generation.js'
import { applyVersions, newTwins, unresolvedLinks } from './heads.js'
import type { IndexOptions } from './indexer.js'
import { OBSERVATION } from './keys.js'
import type { RowChange, RowObserver } from './row-change.js'
import { encodeRow, encodeSingleRow, NO_ROW, readRow, type Row } from './row.js'
import type { Slab, SlabGroup } from './slab.js'
import { recount } from './summary.js'
import {
  decodeVersion,
  isDeletedVersion,
  readVersion,
  type PackedVersion
} from './version-bytes.js'
import { packVersion, sameContent } from './version-content.js'

/** Rows in one of the batches that a bulk slab goes out in. */
const BULK_BATCH_ROWS = 8192
/** Rows looked up together. */
const LOOKUPS = 64

/** Who is told what happens to rows. */
export interface ObserveOptions {
  readonly observer?: RowObserver | undefined
  /** Entries of a feed below this were in the view before; where absent, its position says so. */
  readonly since?: ((feed: string) => number) | undefined
}

interface WriteOptions extends ObserveOptions {
  readonly bulk: boolean
  readonly signal: AbortSignal | undefined
  readonly report: IndexOptions['onProgress']
}

/** Applies a slab to the rows, and with its last batch moves the positions. Returns rows written. */
export async function writeSlab(
  generation: Generation,
  source: EntrySource,
  slab: Slab,
  reached: ReadonlyMap<string, FeedState>,
  options: WriteOptions
): Promise<number> {
  const writer = new RowWriter(generation, source, slab.count, options)
  let groups: SlabGroup[] = []
  for (const group of slab.groups()) {
    const [first] = groups
    if (groups.length === LOOKUPS || (first !== undefined && first.type !== group.type)) {
      await writer.write(groups)
      groups = []
    }
    groups.push(group)
  }
  if (groups.length > 0) await writer.write(groups)
  return writer.finish(reached)
}

interface NextRow {
  readonly bytes: Buffer
  /** Null for a document. */
  readonly column: ColumnRow | null
}

class RowWriter {
  readonly #columns = new ColumnsBuilder()
  readonly #documents: DocumentWriter
  readonly #lastIds = new Map<string, Buffer>()
  #batch: Batch
  #inBatch = 0
  #written = 0
  #done = 0

  constructor(
    private readonly generation: Generation,
    private readonly source: EntrySource,
    private readonly total: number,
    private readonly options: WriteOptions
  ) {
    this.#batch = generation.batch()
    this.#documents = new DocumentWriter(generation, options.bulk)
  }

  /** All of one type. */
  async write(groups: readonly SlabGroup[]): Promise<void> {
    const { id: last, type } = groups.at(-1)!
    const rows = await this.generation.rowsOf(
      groups.map(({ id }) => id),
      type
    )
    for (const [i, group] of groups.entries()) {
      const { bytes, column } = await this.#nextRow(group, rows[i] ?? null)
      const place = this.#batch.putRow(group.id, bytes, type)
      if (column !== null) this.#columns.push(group.id, column, place)
      this.#done += group.versions.length
    }
    if (type !== OBSERVATION) this.#lastIds.set(type, last)
    this.#written += groups.length
    this.#inBatch += groups.length
    if (!this.options.bulk) return
    if (this.#documents.isFull) await this.#flushKeys()
    if (this.#inBatch >= BULK_BATCH_ROWS) await this.#flushBatch()
  }

  /** Moves the positions. */
  async finish(reached: ReadonlyMap<string, FeedState>): Promise<number> {
    const { generation, options } = this
    const { tree, feeds } = generation
    await this.#flushKeys()
    throwIfAborted(options.signal, 'What is missing in the view is added by the next update.')
    for (const state of reached.values()) feeds.set(state)
    generation.putRecords(this.#batch)
    await this.#batch.flush()
    if (options.bulk) tree.forget()
    generation.recordsSaved()
    generation.show(this.#columns.take())
    for (const [type, id] of this.#lastIds) generation.lastDocuments.note(type, id)
    this.#report()
    return this.#written
  }

  /** In bulk: nobody reads this generation before its last batch. */
  async #flushBatch(): Promise<void> {
    const { generation } = this
    throwIfAborted(this.options.signal, 'The view stays as it was; the next update goes on.')
    await this.#batch.flush()
    generation.tree.forget()
    this.#batch = generation.batch()
    this.#inBatch = 0
    this.#report()
  }

  async #flushKeys(): Promise<void> {
    for (const { key, value } of this.#documents.drain()) {
      this.#batch.putRecord(key, value)
      if (++this.#inBatch >= BULK_BATCH_ROWS) await this.#flushBatch()
    }
  }

  #report(): void {
    this.options.report?.({ phase: 'writing', done: this.#done, total: this.total })
  }

  async #nextRow(group: SlabGroup, bytes: Buffer | null): Promise<NextRow> {
    const { generation, source } = this
    const { observer, since } = this.options
    const { feeds, summary } = generation
    const { counts } = summary
    const { id, type } = group
    if (type === OBSERVATION && bytes === null && group.singleClock !== null) {
      return this.#firstRow(id, group.versions[0]!, group.singleClock)
    }
    const before: Row = bytes === null ? NO_ROW : readRow(bytes, feeds)
    const arrived = group.versions.map((version) => readVersion(version, feeds))
    const held = await heldVersions(generation, source, group, before, arrived)
    const after = applyVersions(before, arrived, held, sameContent)
    counts.pendingLinks += after.pending.length - before.pending.length
    if (observer !== undefined) tell(observer, { id, type, before, after, arrived }, since)
    const row = encodeRow(after, feeds)
    counts.rowBytes += row.byteLength - (bytes?.byteLength ?? 0)
    if (type !== OBSERVATION) {
      await this.#documents.take(this.#batch, type, id, before, after)
      return { bytes: row, column: null }
    }
    recount(counts, before, after)
    const winner = after.heads[0]!.version.bytes
    return { bytes: row, column: this.#columnOf(id, winner, after.heads.length > 1) }
  }

  /** Of an observation of which one version is known, which links to nothing: most by far. */
  #firstRow(id: Buffer, version: Buffer, clock: number): NextRow {
    const { feeds, summary } = this.generation
    const { observer, since } = this.options
    if (isDeletedVersion(version)) summary.counts.deleted++
    else summary.counts.observations++
    if (observer !== undefined) {
      const first = readVersion(version, feeds)
      const after = { heads: [{ version: first, clock }], pending: [] }
      tell(observer, { id, type: OBSERVATION, before: NO_ROW, after, arrived: [first] }, since)
    }
    const row = encodeSingleRow(version, clock)
    summary.counts.rowBytes += row.byteLength
    return { bytes: row, column: this.#columnOf(id, version, false) }
  }

  #columnOf(id: Buffer, winner: Buffer, forked: boolean): ColumnRow {
    const { feeds, tagCodes } = this.generation
    const { ref, entry } = decodeVersion(winner, id, feeds)
    return toColumnRow(ref.feed, entry, forked, feeds, tagCodes)
  }
}

/** Of a row that is made anew, what was in it before is taken apart from what is new. */
function tell(observer: RowObserver, change: RowChange, since: ObserveOptions['since']): void {
  if (since === undefined) return observer.see(change)
  const { arrived } = change
  const fresh = arrived.filter(({ ref }) => ref.seq >= since(ref.feed))
  if (fresh.length === arrived.length) return observer.see(change)
  if (fresh.length === 0) return
  const known = arrived.filter(({ ref }) => ref.seq < since(ref.feed))
  observer.see({
    ...change,
    before: applyVersions(change.before, known, new Map(), sameContent),
    arrived: fresh
  })
}

/**
 * The versions of the same thing that were taken in earlier and replaced since, as far as they
 * matter: those that a link leads to which the row does not know, and where a first version comes
 * to a row that is there, all that were before it. Rare: it takes two versions that replace the
 * same one, or a file that was imported on two devices.
 */
async function heldVersions(
  { feeds }: Generation,
  source: EntrySource,
  { id, type }: SlabGroup,
  before: Row,
  arrived: PackedVersion[]
): Promise<Map<string, PackedVersion>> {
  const held = new Map<string, PackedVersion>()
  const ends = [...unresolvedLinks(before, arrived).values()]
  const walk = newTwins(before, arrived).length > 0
  if (walk) for (const { version } of before.heads) ends.push(...version.links)
  for (let ref = ends.pop(); ref !== undefined; ref = ends.pop()) {
    const name = formatVersion(ref)
    if (held.has(name) || ref.seq >= feeds.get(ref.feed).length) continue
    const logged = await source.entry(ref.feed, ref.seq)
    if (logged === null || !isVersion(logged.entry) || !sameVersion(logged.ref, ref)) continue
    if (typeOf(logged.entry) !== type || !id.equals(logged.entry.id)) continue
    const version = packVersion({ ref: logged.ref, entry: logged.entry }, feeds)
    if (version === null) continue
    held.set(name, version)
    if (walk) ends.push(...version.links)
  }
  return held
}
