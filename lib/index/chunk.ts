// A stretch of the columns: some thousand observations in order of id, one typed array per field.
// A chunk never changes; what changes in it is a new chunk.

import { bandsBetween, inOrderOfLat, rowsBetween } from './latitudes.js'
import type { Place, Wanted } from './row-file.js'
import { ID_BYTES } from './uuid.js'

/** Rows that a chunk is cut to; it grows to twice as many before it is cut again. */
const CHUNK_ROWS = 2048

export const DELETED = 1
export const FORKED = 2
export const LOCATED = 4

/** One observation as the columns know it: its winning version. */
export interface ColumnRow {
  flags: number
  /** NaN where there is no location. */
  lat: number
  lon: number
  /** Milliseconds. */
  createdAt: number
  updatedAt: number
  /** Number of the feed of the device that created it. */
  device: number
  /** Codes of its tags. */
  codes: number[]
}

export interface ChunkFields {
  readonly count: number
  readonly ids: Buffer
  readonly flags: Uint8Array
  readonly lats: Float64Array
  readonly lons: Float64Array
  readonly createdAts: Float64Array
  readonly updatedAts: Float64Array
  readonly devices: Uint32Array
  /** Where the codes of row i end in `codes`; they begin where those of the row before end. */
  readonly codeEnds: Uint32Array
  readonly codes: Uint16Array
  /** Where the row lies in the row file. */
  readonly offsets: Float64Array
  readonly byteLengths: Uint32Array
}

export class Chunk implements ChunkFields {
  readonly count!: number
  readonly ids!: Buffer
  readonly flags!: Uint8Array
  readonly lats!: Float64Array
  readonly lons!: Float64Array
  readonly createdAts!: Float64Array
  readonly updatedAts!: Float64Array
  readonly devices!: Uint32Array
  readonly codeEnds!: Uint32Array
  readonly codes!: Uint16Array
  readonly offsets!: Float64Array
  readonly byteLengths!: Uint32Array
  /** Lowest and highest, so that a search can pass the whole chunk by. */
  readonly lat: readonly [number, number]
  readonly lon: readonly [number, number]
  readonly updated: readonly [number, number]
  #byLat: Uint16Array | null = null
  #searchedByLat = false

  constructor(fields: ChunkFields) {
    Object.assign(this, fields)
    this.lat = extent(this.lats, this.count)
    this.lon = extent(this.lons, this.count)
    this.updated = extent(this.updatedAts, this.count)
  }

  id(i: number): Buffer {
    return this.ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES)
  }

  /** What finds row i in the row file. */
  wanted(i: number): Wanted {
    return { id: this.id(i), offset: this.offsets[i]!, byteLength: this.byteLengths[i]! }
  }

  /** The same rows, elsewhere. */
  moved(offsets: Float64Array): Chunk {
    return new Chunk(Object.assign({}, this as ChunkFields, { offsets }))
  }

  /** How the id of row i compares with another. */
  compareId(i: number, id: Buffer): number {
    return this.ids.compare(id, 0, ID_BYTES, i * ID_BYTES, (i + 1) * ID_BYTES)
  }

  /** The first row whose id is not below; `count` where there is none. */
  lowerBound(id: Buffer): number {
    let from = 0
    let to = this.count
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.compareId(middle, id) < 0) from = middle + 1
      else to = middle
    }
    return from
  }

  codeStart(i: number): number {
    return i === 0 ? 0 : this.codeEnds[i - 1]!
  }

  /**
   * All rows between two latitudes, in any order, and perhaps a few that are a hair outside. The
   * first search goes without putting them in order of latitude, which takes longer than it does.
   */
  between(south: number, north: number): Uint16Array {
    if (!this.#searchedByLat) {
      this.#searchedByLat = true
      return rowsBetween(this.lats, this.count, south, north)
    }
    this.#byLat ??= inOrderOfLat(this.lats, this.count)
    return bandsBetween(this.#byLat, this.lats, south, north)
  }
}

/** Takes rows in order of id and cuts them into chunks. */
export class ChunkBuilder {
  /** `expected` rows are made room for at once. */
  constructor(private readonly expected = 64) {}

  #chunks: Chunk[] = []
  #count = 0
  #codeCount = 0
  #arrays: Arrays = NONE

  push(id: Uint8Array, row: ColumnRow, place: Place): void {
    const arrays = this.#room(1, row.codes.length)
    const i = this.#count++
    arrays.ids.set(id, i * ID_BYTES)
    arrays.flags[i] = row.flags
    arrays.lats[i] = row.lat
    arrays.lons[i] = row.lon
    arrays.createdAts[i] = row.createdAt
    arrays.updatedAts[i] = row.updatedAt
    arrays.devices[i] = row.device
    arrays.offsets[i] = place.offset
    arrays.byteLengths[i] = place.byteLength
    arrays.codes.set(row.codes, this.#codeCount)
    this.#codeCount += row.codes.length
    arrays.codeEnds[i] = this.#codeCount
    if (this.#count === 2 * CHUNK_ROWS) this.#cut(CHUNK_ROWS)
  }

  /** Rows `from` to `to`, exclusive, of a chunk. */
  copy(chunk: Chunk, from: number, to: number): void {
    while (from < to) {
      const end = Math.min(to, from + 2 * CHUNK_ROWS - this.#count)
      this.#copy(chunk, from, end)
      from = end
      if (this.#count === 2 * CHUNK_ROWS) this.#cut(CHUNK_ROWS)
    }
  }

  /** The chunks of everything so far; the builder is empty again. */
  take(): Chunk[] {
    if (this.#count > 0) this.#cut(this.#count)
    const chunks = this.#chunks
    this.#chunks = []
    return chunks
  }

  #copy(chunk: ChunkFields, from: number, to: number): void {
    const codeFrom = from === 0 ? 0 : chunk.codeEnds[from - 1]!
    const codeTo = to === 0 ? 0 : chunk.codeEnds[to - 1]!
    const arrays = this.#room(to - from, codeTo - codeFrom)
    const at = this.#count
    arrays.ids.set(chunk.ids.subarray(from * ID_BYTES, to * ID_BYTES), at * ID_BYTES)
    arrays.flags.set(chunk.flags.subarray(from, to), at)
    arrays.lats.set(chunk.lats.subarray(from, to), at)
    arrays.lons.set(chunk.lons.subarray(from, to), at)
    arrays.createdAts.set(chunk.createdAts.subarray(from, to), at)
    arrays.updatedAts.set(chunk.updatedAts.subarray(from, to), at)
    arrays.devices.set(chunk.devices.subarray(from, to), at)
    arrays.offsets.set(chunk.offsets.subarray(from, to), at)
    arrays.byteLengths.set(chunk.byteLengths.subarray(from, to), at)
    arrays.codes.set(chunk.codes.subarray(codeFrom, codeTo), this.#codeCount)
    for (let i = from; i < to; i++) {
      arrays.codeEnds[at + i - from] = chunk.codeEnds[i]! - codeFrom + this.#codeCount
    }
    this.#count += to - from
    this.#codeCount += codeTo - codeFrom
  }

  /** Makes a chunk of the first rows and keeps the others. */
  #cut(count: number): void {
    const fields = { ...this.#arrays, count: this.#count }
    const isAll = count === fields.count
    // An update of one row makes a chunk of thousands: what is just as long is not copied again.
    const first = <T extends Numbers>(array: T, length: number): T =>
      isAll && array.length === length ? array : (array.slice(0, length) as T)
    const ids = fields.ids.subarray(0, count * ID_BYTES)
    this.#chunks.push(
      new Chunk({
        count,
        ids: isAll && ids.length === fields.ids.length ? ids : Buffer.from(ids),
        flags: first(fields.flags, count),
        lats: first(fields.lats, count),
        lons: first(fields.lons, count),
        createdAts: first(fields.createdAts, count),
        updatedAts: first(fields.updatedAts, count),
        devices: first(fields.devices, count),
        codeEnds: first(fields.codeEnds, count),
        codes: first(fields.codes, fields.codeEnds[count - 1]!),
        offsets: first(fields.offsets, count),
        byteLengths: first(fields.byteLengths, count)
      })
    )
    this.#count = 0
    this.#codeCount = 0
    if (isAll) this.#arrays = NONE
    else this.#copy(fields, count, fields.count)
  }

  /** The arrays, with room for so many more. */
  #room(rows: number, codes: number): Arrays {
    const arrays = this.#arrays
    const needed = this.#count + rows
    if (needed > arrays.flags.length) {
      const size = Math.min(2 * CHUNK_ROWS, needed > this.expected ? 2 * needed : this.expected)
      this.#arrays = {
        ids: grown(arrays.ids, Buffer.alloc(size * ID_BYTES)),
        flags: grown(arrays.flags, new Uint8Array(size)),
        lats: grown(arrays.lats, new Float64Array(size)),
        lons: grown(arrays.lons, new Float64Array(size)),
        createdAts: grown(arrays.createdAts, new Float64Array(size)),
        updatedAts: grown(arrays.updatedAts, new Float64Array(size)),
        devices: grown(arrays.devices, new Uint32Array(size)),
        codeEnds: grown(arrays.codeEnds, new Uint32Array(size)),
        codes: arrays.codes,
        offsets: grown(arrays.offsets, new Float64Array(size)),
        byteLengths: grown(arrays.byteLengths, new Uint32Array(size))
      }
    }
    const needs = this.#codeCount + codes
    if (needs > this.#arrays.codes.length) {
      const more = grown(this.#arrays.codes, new Uint16Array(2 * needs))
      this.#arrays = { ...this.#arrays, codes: more }
    }
    return this.#arrays
  }
}

type Arrays = Omit<ChunkFields, 'count'>
type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array

const NONE: Arrays = {
  ids: Buffer.alloc(0),
  flags: new Uint8Array(0),
  lats: new Float64Array(0),
  lons: new Float64Array(0),
  createdAts: new Float64Array(0),
  updatedAts: new Float64Array(0),
  devices: new Uint32Array(0),
  codeEnds: new Uint32Array(0),
  codes: new Uint16Array(0),
  offsets: new Float64Array(0),
  byteLengths: new Uint32Array(0)
}

function grown<T extends Numbers>(from: T, to: T): T {
  to.set(from)
  return to
}

function extent(values: Float64Array, count: number): readonly [number, number] {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}
