// One state of the view on disk, in a folder of its own under the view's: the rows in a file, and a
// tree that says where each of them is, with the feed table, the kinds of documents and the summary.
// A view that is made anew goes into the next generation, and only when that is complete does it
// take the place of the last; until then, and for queries that still run, the last one stays. So a
// rebuild that breaks off costs nothing but its time.

import { mkdir } from 'node:fs/promises'
import { Batch, decodePlace } from './batch.js'
import { openTree, type Tree, type TreeReader } from './bee.js'
import { loadColumns, saveColumns } from './column-file.js'
import { toColumnRow } from './column-row.js'
import { Columns, ColumnsBuilder } from './columns.js'
import { ViewDamage } from './damage.js'
import { FeedTable } from './feed-table.js'
import { folderOf, removeGeneration } from './generation-folders.js'
import { guardOf } from './guard.js'
import {
  FEED_KEYS,
  feedKey,
  feedNumber,
  KINDS_KEY,
  MEDIA_KEYS,
  mediaKey,
  OBSERVATION,
  ROW_KEYS,
  rowId,
  rowKey,
  SUMMARY_KEY
} from './keys.js'
import { KindTable } from './kind-table.js'
import type { AnyKind } from './kind.js'
import { LastIds } from './last-ids.js'
import { MediaCatalogue } from './media-catalogue.js'
import { decodeRow } from './row.js'
import { RowFile, type Wanted } from './row-file.js'
import { decodeSummary, emptySummary, encodeSummary, UNDERSTOOD, type Summary } from './summary.js'
import { TagCodes } from './tag-codes.js'

/** The column file is written when this many rows, or this part of all, are not in it yet. */
const UNSAVED_ROWS = 2048
const UNSAVED_PART = 1 / 16
/** Rows read together where all are. */
const READ_ROWS = 1024

/** One state of the view: columns and tree that agree. */
export interface Shown {
  readonly columns: Columns
  readonly tree: TreeReader
  /** Length of the tree. */
  readonly length: number
}

export class Generation {
  feeds: FeedTable = new FeedTable()
  /** Photos and files that entries reference. */
  media: MediaCatalogue = new MediaCatalogue(this.feeds)
  summary: Summary = emptySummary()
  tagCodes: TagCodes = new TagCodes()
  readonly lastDocuments: LastIds = new LastIds()
  /** What queries see: replaced as a whole after each batch. */
  shown: Shown

  #unsavedRows = 0
  #readers = 0
  #idle: (() => void) | null = null
  #closing: Promise<void> | null = null

  private constructor(
    private readonly dir: string,
    readonly number: number,
    readonly tree: Tree,
    readonly rows: RowFile,
    readonly kinds: KindTable
  ) {
    this.shown = { columns: Columns.EMPTY, tree: tree.snapshot(), length: 0 }
  }

  static async create(
    dir: string,
    number: number,
    kinds: readonly AnyKind[] = []
  ): Promise<Generation> {
    const table = new KindTable(kinds)
    const folder = folderOf(dir, number)
    await mkdir(folder, { recursive: true })
    // The tree first: corestore takes what it finds in a new folder for its own.
    const tree = await openTree(folder)
    try {
      return new Generation(dir, number, tree, await RowFile.open(folder), table)
    } catch (error) {
      await tree.close()
      throw error
    }
  }

  /** Throws ViewDamage where it is not one that can be used. */
  static async load(
    dir: string,
    number: number,
    kinds: readonly AnyKind[] = []
  ): Promise<Generation> {
    const guard = guardOf(folderOf(dir, number))
    const generation = await guard(() => Generation.create(dir, number, kinds))
    try {
      await generation.reload()
    } catch (error) {
      await generation.close()
      throw error
    }
    return generation
  }

  /** Reads what is kept beside the rows, forgetting what has not been written. */
  async reload(): Promise<void> {
    const record = await this.tree.get(SUMMARY_KEY)
    const summary = record === null ? emptySummary() : decodeSummary(record)
    if (!summary.complete) throw new ViewDamage('The view was not completed')
    const feeds = new FeedTable()
    for await (const { key, value } of this.tree.range(FEED_KEYS)) {
      feeds.load(feedNumber(key), value)
    }
    feeds.saved()
    const media = new MediaCatalogue(feeds)
    for await (const { value } of this.tree.range(MEDIA_KEYS)) media.load(value)
    media.saved()
    if (summary.understood !== UNDERSTOOD && [...feeds].some(({ unknown }) => unknown > 0)) {
      const message = 'The view left out entries that this release may understand'
      throw new ViewDamage(message, undefined, 'layout')
    }
    await this.rows.resume(summary.fileBytes)
    this.summary = summary
    this.feeds = feeds
    this.media = media
    this.kinds.load(await this.tree.get(KINDS_KEY))
    this.lastDocuments.reset(this.kinds.isEmpty)
    if (this.shown.length !== this.tree.length()) await this.#findColumns()
  }

  batch(): Batch {
    return new Batch(this.tree.batch(), this.rows.writer())
  }

  /** Rows of a state, the one that is shown by default; null where there is none. */
  async rowsOf(
    ids: readonly Buffer[],
    type: string = OBSERVATION,
    shown: Shown = this.shown
  ): Promise<(Buffer | null)[]> {
    const found =
      type === OBSERVATION
        ? ids.map((id) => shown.columns.find(id))
        : await Promise.all(ids.map((id) => this.#findDocument(shown, type, id)))
    const rows = (await this.rows.read(found.filter((wanted) => wanted !== null))).values()
    return found.map((wanted) => (wanted === null ? null : (rows.next().value ?? null)))
  }

  /** Takes the rows that a batch has written into what is shown. */
  show(changes: Columns): void {
    this.#unsavedRows += changes.count
    this.shown = this.#show(this.shown.columns.with(changes))
  }

  /** Takes columns that agree with the tree, and reads the rest from there. */
  async adopt(columns: Columns, tagCodes: TagCodes): Promise<void> {
    this.tagCodes = tagCodes
    this.shown = this.#show(columns)
    this.#unsavedRows = columns.count
    await this.reload()
  }

  /** Writes the column file where it has fallen behind. It only saves time: failing is no harm. */
  async saveColumns({ always = false }: { always?: boolean } = {}): Promise<void> {
    const { columns } = this.shown
    const limit = always ? 1 : Math.max(UNSAVED_ROWS, columns.count * UNSAVED_PART)
    if (this.#unsavedRows < limit) return
    try {
      const position = await this.tree.position()
      if (position.length !== this.shown.length) return
      const saved = { position, columns, tagCodes: this.tagCodes }
      await saveColumns(folderOf(this.dir, this.number), saved)
      this.#unsavedRows = 0
    } catch {
      // A full disk, perhaps. The next open reads the rows.
    }
  }

  /** After it has been written as a whole: what the next open would otherwise do first. */
  async settle(): Promise<void> {
    await this.rows.sync()
    await this.tree.settle()
    await this.saveColumns({ always: true })
  }

  /** Puts what is kept beside the rows, as it is once the batch is written, into it. */
  putRecords(batch: Batch): void {
    this.summary.fileBytes = batch.fileBytes
    for (const [page, record] of this.media.unsaved()) batch.putRecord(mediaKey(page), record)
    for (const [number, record] of this.feeds.unsaved()) batch.putRecord(feedKey(number), record)
    batch.putRecord(KINDS_KEY, this.kinds.encode())
    batch.putRecord(SUMMARY_KEY, encodeSummary(this.summary))
  }

  /** The batch of the records has been written. */
  recordsSaved(): void {
    this.feeds.saved()
    this.media.saved()
  }

  /** A reader holds the files open until it releases them. */
  retain(): void {
    this.#readers++
  }

  release(): void {
    if (--this.#readers === 0) this.#idle?.()
  }

  /** Deletes the files as soon as nobody reads them any more. */
  async retire(): Promise<void> {
    if (this.#readers > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    await this.destroy()
  }

  async destroy(): Promise<void> {
    this.#unsavedRows = 0
    await this.close().catch(() => undefined)
    await removeGeneration(this.dir, this.number)
  }

  /** Lets go of a retired one that is still being read, because the view is being closed. */
  dismiss(): void {
    this.#idle?.()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.saveColumns({ always: true })
    try {
      await this.rows.close()
    } finally {
      await this.tree.close()
    }
  }

  async #findDocument({ tree }: Shown, type: string, id: Buffer): Promise<Wanted | null> {
    if (this.lastDocuments.isBeyond(type, id)) return null
    const place = await tree.get(rowKey(id, type))
    return place === null ? null : { id, ...decodePlace(place) }
  }

  #show(columns: Columns): Shown {
    return { columns, tree: this.tree.snapshot(), length: this.tree.length() }
  }

  async #findColumns(): Promise<void> {
    const saved = await loadColumns(folderOf(this.dir, this.number))
    const position = await this.tree.position()
    const { observations, deleted } = this.summary.counts
    const fits =
      saved !== null &&
      saved.position.length === position.length &&
      Buffer.compare(saved.position.rootHash, position.rootHash) === 0 &&
      saved.columns.count === observations + deleted
    if (fits) {
      this.tagCodes = saved.tagCodes
      this.shown = this.#show(saved.columns)
      return
    }
    this.tagCodes = new TagCodes()
    const builder = new ColumnsBuilder()
    const wanted: Wanted[] = []
    for await (const { key, value } of this.tree.range(ROW_KEYS)) {
      wanted.push({ id: rowId(key), ...decodePlace(value) })
      if (wanted.length === READ_ROWS) await this.#readInto(builder, wanted.splice(0))
    }
    await this.#readInto(builder, wanted)
    const columns = builder.take()
    if (columns.count !== observations + deleted) throw new ViewDamage('Rows are missing')
    this.#unsavedRows = columns.count
    this.shown = this.#show(columns)
  }

  async #readInto(builder: ColumnsBuilder, wanted: readonly Wanted[]): Promise<void> {
    const { feeds, tagCodes } = this
    for (const [i, row] of (await this.rows.read(wanted)).entries()) {
      const heads = decodeRow(row, wanted[i]!.id, feeds)
      const { ref, entry } = heads[0]!
      const column = toColumnRow(ref.feed, entry, heads.length > 1, feeds, tagCodes)
      builder.push(wanted[i]!.id, column, wanted[i]!)
    }
  }
}
