// Holds every row of what is shown against the row that the feeds give: the view is made once more
// beside the one that is shown, and both are read through in the same order. It costs what making the
// view anew costs, and its place on the disk while it lasts; who reads is not kept waiting.

import { isDeepStrictEqual } from 'node:util'
import { throwIfAborted } from '../errors.js'
import { formatVersion } from '../log/version.js'
import type { FeedTable } from './feed-table.js'
import type { Generation, Shown } from './generation.js'
import type { IndexOptions, ViewProgress } from './indexer.js'
import { DOCUMENT_KEYS, OBSERVATION, ROW_KEYS, documentType, rowId } from './keys.js'
import { decodeDocumentRow, decodeRow, readRow } from './row.js'
import { decodePlace } from './batch.js'
import type { Wanted } from './row-file.js'
import { toUuid } from './uuid.js'

/** A row that is not what the feeds say. */
export interface Discrepancy {
  /** Name of the kind of a document; empty for an observation. */
  readonly type: string
  /** Absent where a row cannot be read: then it is not known whose it is, nor what comes behind. */
  readonly id?: string
  readonly what: 'missing' | 'different' | 'too much' | 'unreadable'
}

export interface AuditProgress {
  readonly phase: ViewProgress['phase'] | 'comparing'
  /** Entries; of comparing rows. */
  readonly done: number
  readonly total: number
}

export interface AuditOptions extends Pick<IndexOptions, 'signal'> {
  readonly onProgress?: ((progress: AuditProgress) => void) | undefined
}

/** One state of a generation. */
export interface Side {
  readonly generation: Generation
  readonly feeds: FeedTable
  readonly shown: Shown
}

/** As it is now. */
export function sideOf(generation: Generation): Side {
  return { generation, feeds: generation.feeds, shown: generation.shown }
}

interface KeyedRow {
  readonly key: Buffer
  readonly row: Buffer
}

/** Rows read together. */
const BATCH = 1024

/** In order of kind and id. */
export async function* discrepancies(
  shown: Side,
  anew: Side,
  { signal, onProgress }: AuditOptions
): AsyncGenerator<Discrepancy> {
  const numbersAlike = sameNumbers(shown.feeds, anew.feeds)
  const [left, right] = [rowsOf(shown), rowsOf(anew)]
  const { observations, deleted } = anew.generation.summary.counts
  const total = observations + deleted + documentsIn(anew.generation)
  let [a, b] = [await next(left), await next(right)]
  for (let done = 1; a !== null || b !== null; done++) {
    throwIfAborted(signal, 'Nothing was changed.')
    const order = a === null ? 1 : b === null ? -1 : Buffer.compare(a.key, b.key)
    if (order < 0) yield about(a!, 'too much')
    else if (order > 0) yield about(b!, 'missing')
    else if (!isFound(shown, a!)) yield about(a!, 'missing')
    else if (!sameRow(shown, a!, anew, b!, numbersAlike)) yield about(a!, 'different')
    if (order <= 0) a = await next(left)
    if (order >= 0) b = await next(right)
    if (done % BATCH === 0 || (a === null && b === null)) {
      onProgress?.({ phase: 'comparing', done: Math.min(done, total), total })
    }
  }
}

async function* rowsOf({ generation, shown }: Side): AsyncGenerator<KeyedRow> {
  for (const keys of [ROW_KEYS, DOCUMENT_KEYS]) {
    let some: (Wanted & { key: Buffer })[] = []
    const read = async (): Promise<KeyedRow[]> => {
      const rows = await generation.rows.read(some)
      const keyed = rows.map((row, i) => ({ key: some[i]!.key, row }))
      some = []
      return keyed
    }
    for await (const { key, value } of shown.tree.range(keys)) {
      some.push({ key, id: rowId(key), ...decodePlace(value) })
      if (some.length === BATCH) yield* await read()
    }
    yield* await read()
  }
}

async function next(rows: AsyncGenerator<KeyedRow>): Promise<KeyedRow | null> {
  const { value, done } = await rows.next()
  return done === true ? null : value
}

/** Observations are found by the columns. */
function isFound({ shown }: Side, { key }: KeyedRow): boolean {
  return typeOfKey(key) !== OBSERVATION || shown.columns.find(rowId(key)) !== null
}

function sameRow(a: Side, x: KeyedRow, b: Side, y: KeyedRow, numbersAlike: boolean): boolean {
  if (numbersAlike && x.row.equals(y.row)) return true
  return isDeepStrictEqual(contentOf(a, x), contentOf(b, y))
}

function contentOf({ feeds }: Side, { key, row }: KeyedRow): unknown {
  const [type, id] = [typeOfKey(key), rowId(key)]
  const decoded =
    type === OBSERVATION ? decodeRow(row, id, feeds) : decodeDocumentRow(row, id, type, feeds)
  const heads = decoded.map(({ ref, entry: { links, ...entry }, clock }) => ({
    name: formatVersion(ref),
    links: links.map(formatVersion),
    clock,
    entry
  }))
  return { heads, pending: readRow(row, feeds).pending.map(formatVersion) }
}

/** Whether feeds are numbered alike on both sides: then equal rows are equal bytes. */
function sameNumbers(a: FeedTable, b: FeedTable): boolean {
  const names = (table: FeedTable): string[] => [...table].map(({ feed }) => feed)
  return isDeepStrictEqual(names(a), names(b))
}

function documentsIn({ kinds }: Generation): number {
  const { documents, otherDocuments } = kinds.status()
  const known = Object.values(documents).map((counts) => counts.documents + counts.deleted)
  return known.reduce((sum, count) => sum + count, otherDocuments)
}

function about({ key }: KeyedRow, what: Discrepancy['what']): Discrepancy {
  return { type: typeOfKey(key), id: toUuid(rowId(key)), what }
}

function typeOfKey(key: Buffer): string {
  return key[0] === ROW_KEYS.gte[0] ? OBSERVATION : documentType(key)
}
