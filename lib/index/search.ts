// A search over the columns: which rows match a filter, in which order. In order of id it stops as
// soon as nobody asks for more; other orders look at all rows first and keep no more of them than
// the limit asks for.

import { DELETED, FORKED, LOCATED, type Chunk } from './chunk.js'
import type { Columns } from './columns.js'
import { distanceTo, type CheckedFilter } from './filter.js'
import { inBox, northing } from './place.js'
import type { Cursor, Query } from './query.js'
import type { CodeCondition, TagCodes } from './tag-codes.js'

/** What a search needs besides the columns. */
export interface SearchIndex {
  readonly columns: Columns
  readonly tagCodes: TagCodes
  /** Number of a feed; undefined where the view has none of it. */
  readonly feedNumber: (feed: string) => number | undefined
}

/** A filter as the columns can answer it. */
export interface Search {
  /** A row that is found can still not match: it has to be looked at. */
  readonly verify: boolean
  /** False: nothing in the chunk matches. */
  mayMatch(chunk: Chunk): boolean
  matches(chunk: Chunk, i: number): boolean
  /** Rows of the chunk that match, in order of id. */
  rowsIn(chunk: Chunk): Uint16Array
}

/** Null where no observation can match: an unknown device or tag, a place without a location. */
export function prepareSearch(filter: CheckedFilter, index: SearchIndex): Search | null {
  const { bbox, near, created, updated } = filter
  if (filter.hasLocation === false && (bbox !== null || near !== null)) return null
  const conditions: CodeCondition[] = []
  for (const tag of filter.tags) {
    const condition = index.tagCodes.condition(tag)
    if (condition === null) return null
    conditions.push(condition)
  }
  const devices = filter.devices && numbersOf(filter.devices, index)
  if (devices?.size === 0) return null
  const { mask, wanted } = flagsOf(filter)
  const byCreated = created.some(Number.isFinite)
  const byUpdated = updated.some(Number.isFinite)
  const search: Search = {
    verify: conditions.some(({ verify }) => verify),
    mayMatch(chunk) {
      if (chunk.updated[1] < updated[0] || chunk.updated[0] >= updated[1]) return false
      if (bbox === null) return true
      if (chunk.lat[1] < bbox[1] || chunk.lat[0] > bbox[3]) return false
      // The poles and the antimeridian have more than one longitude.
      if (bbox[0] > bbox[2] || Math.abs(bbox[0]) === 180 || Math.abs(bbox[2]) === 180) return true
      if (chunk.lat[0] === -90 || chunk.lat[1] === 90) return true
      return chunk.lon[1] >= bbox[0] && chunk.lon[0] <= bbox[2]
    },
    matches(chunk, i) {
      if ((chunk.flags[i]! & mask) !== wanted) return false
      if (bbox !== null && !inBox(bbox, chunk.lats[i]!, chunk.lons[i]!)) return false
      if (byUpdated && !(chunk.updatedAts[i]! >= updated[0] && chunk.updatedAts[i]! < updated[1]))
        return false
      if (byCreated && !(chunk.createdAts[i]! >= created[0] && chunk.createdAts[i]! < created[1]))
        return false
      if (devices !== null && !devices.has(chunk.devices[i]!)) return false
      for (const condition of conditions) if (!hasCodes(chunk, i, condition)) return false
      if (near === null || near.radius === Infinity) return true
      return distanceTo(near, chunk.lats[i]!, chunk.lons[i]!) <= near.radius
    },
    rowsIn(chunk) {
      if (!search.mayMatch(chunk)) return NO_ROWS
      const some = bbox === null ? null : chunk.between(bbox[1], bbox[3])
      const found = new Uint16Array(some?.length ?? chunk.count)
      let count = 0
      if (some === null || some.length > chunk.count * SCAN_ABOVE) {
        for (let i = 0; i < chunk.count; i++) if (search.matches(chunk, i)) found[count++] = i
        return found.subarray(0, count)
      }
      for (const i of some) if (search.matches(chunk, i)) found[count++] = i
      return found.subarray(0, count).sort()
    }
  }
  return search
}

/** Numbers of those devices of which something is in the view. */
function numbersOf(devices: ReadonlySet<string>, index: SearchIndex): ReadonlySet<number> {
  const numbers = [...devices].map((device) => index.feedNumber(device))
  return new Set(numbers.filter((number) => number !== undefined))
}
const NO_ROWS = new Uint16Array(0)
/** Where more than this part of a chunk lies between two latitudes, sorting costs more. */
const SCAN_ABOVE = 1 / 4

/** Numbers of the rows that match, in the order asked for, behind the cursor. */
export function* findRows(query: Query, search: Search, columns: Columns): Generator<number> {
  if (query.order === 'created') yield* inOrderOfId(query, search, columns)
  else yield* sorted(query, search, columns)
}

export function countRows(search: Search, columns: Columns): number {
  return columns.chunks.reduce((count, chunk) => count + search.rowsIn(chunk).length, 0)
}

function* inOrderOfId(query: Query, search: Search, columns: Columns): Generator<number> {
  const { reverse, after } = query
  const { chunks } = columns
  let [from, to] = [0, columns.count]
  if (after !== null) {
    const at = columns.lowerBound(after.id)
    if (reverse) to = at
    else from = columns.has(at, after.id) ? at + 1 : at
  }
  for (let n = 0; n < chunks.length; n++) {
    const number = reverse ? chunks.length - 1 - n : n
    const chunk = chunks[number]!
    const start = columns.start(number)
    if (start >= to || start + chunk.count <= from) continue
    const rows = search.rowsIn(chunk)
    for (let i = 0; i < rows.length; i++) {
      const row = start + rows[reverse ? rows.length - 1 - i : i]!
      if (row >= from && row < to) yield row
    }
  }
}

function* sorted(query: Query, search: Search, columns: Columns): Generator<number> {
  const { filter, order, reverse, limit, after } = query
  const sign = reverse ? -1 : 1
  const keyOf = (chunk: Chunk, i: number): number =>
    order === 'updated'
      ? chunk.updatedAts[i]!
      : distanceTo(filter.near!, chunk.lats[i]!, chunk.lons[i]!)
  const cursor = after && cursorIn(columns, after, keyOf)
  const near = order === 'distance' && !reverse ? filter.near : null
  // A row that has to be looked at can drop out, so then none may be left away beforehand.
  const best = new BestRows(search.verify ? Infinity : limit, sign)
  for (const n of bestFirst(columns.chunks, query)) {
    const chunk = columns.chunks[n]!
    if (!search.mayMatch(chunk)) continue
    if (order === 'updated' && !best.mayTake(chunk.updated[reverse ? 1 : 0])) continue
    for (let i = 0; i < chunk.count; i++) {
      // Most are further north or south than the furthest of the best, which is soon told.
      if (near !== null && !best.mayTake(northing(near.lat, chunk.lats[i]!))) continue
      if (!search.matches(chunk, i)) continue
      const key = keyOf(chunk, i)
      const row = columns.start(n) + i
      if (cursor !== null && ((key - cursor.key) * sign || (row - cursor.row) * sign) <= 0) continue
      best.add(key, row)
    }
  }
  yield* best.rows()
}

/** Numbers of the chunks; by time of update, those first that can hold the first rows. */
function bestFirst(chunks: readonly Chunk[], { order, reverse }: Query): readonly number[] {
  const numbers = [...chunks.keys()]
  if (order !== 'updated') return numbers
  const end = reverse ? 1 : 0
  const sign = reverse ? -1 : 1
  return numbers.sort((a, b) => (chunks[a]!.updated[end] - chunks[b]!.updated[end]) * sign)
}

/** Where a cursor stands: its key, and its row or, were it gone, the place between two. */
function cursorIn(
  columns: Columns,
  { id, key }: Cursor,
  keyOf: (chunk: Chunk, i: number) => number
): { key: number; row: number } {
  const row = columns.lowerBound(id)
  const there = columns.has(row, id)
  if (!Number.isNaN(key)) return { key, row: there ? row : row - 0.5 }
  if (!there) throw new TypeError('after: there is no such observation')
  return { key: keyOf(...columns.at(row)), row }
}

/** The first rows by key, then by number; at most twice as many as asked for at any time. */
class BestRows {
  #entries: { key: number; row: number }[] = []
  #worst = Infinity

  constructor(
    private readonly limit: number,
    private readonly sign: 1 | -1
  ) {}

  mayTake(key: number): boolean {
    return key * this.sign <= this.#worst
  }

  add(key: number, row: number): void {
    if (!this.mayTake(key)) return
    this.#entries.push({ key, row })
    if (this.#entries.length >= 2 * this.limit + 1024) this.#trim()
  }

  *rows(): Generator<number> {
    this.#trim()
    for (const { row } of this.#entries) yield row
  }

  #trim(): void {
    const { sign } = this
    this.#entries.sort((a, b) => (a.key - b.key) * sign || (a.row - b.row) * sign)
    if (this.#entries.length <= this.limit) return
    this.#entries.length = this.limit
    const last = this.#entries.at(-1)
    this.#worst = last === undefined ? -Infinity : last.key * sign
  }
}

function flagsOf(filter: CheckedFilter): { mask: number; wanted: number } {
  let mask = 0
  let wanted = 0
  const flag = (bit: number, value: boolean | null): void => {
    if (value === null) return
    mask |= bit
    if (value) wanted |= bit
  }
  flag(DELETED, filter.deleted)
  flag(FORKED, filter.forked)
  const placed = filter.bbox !== null || filter.near !== null
  flag(LOCATED, filter.hasLocation ?? (placed ? true : null))
  return { mask, wanted }
}

function hasCodes(chunk: Chunk, i: number, { codes, only, absent }: CodeCondition): boolean {
  const end = chunk.codeEnds[i]!
  for (let at = i === 0 ? 0 : chunk.codeEnds[i - 1]!; at < end; at++) {
    const code = chunk.codes[at]!
    if (only === -1 ? codes.has(code) : code === only) return !absent
  }
  return absent
}
