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
  #ids: Buffer = Buffer.alloc(0)
  #flags = new Uint8Array(0)
  #lats = new Float64Array(0)
  #lons = new Float64Array(0)
  #createdAts = new Float64Array(0)
  #updatedAts = new Float64Array(0)
  #devices = new Uint32Array(0)
  #codeEnds = new Uint32Array(0)
  #codes = new Uint16Array(0)
  #offsets = new Float64Array(0)
  #byteLengths = new Uint32Array(0)
  #codeCount = 0

  push(id: Uint8Array, row: ColumnRow, place: Place): void {
    this.#room(1, row.codes.length)
    const i = this.#count++
    this.#ids.set(id, i * ID_BYTES)
    this.#flags[i] = row.flags
    this.#lats[i] = row.lat
    this.#lons[i] = row.lon
    this.#createdAts[i] = row.createdAt
    this.#updatedAts[i] = row.updatedAt
    this.#devices[i] = row.device
    this.#offsets[i] = place.offset
    this.#byteLengths[i] = place.byteLength
    this.#codes.set(row.codes, this.#codeCount)
    this.#codeCount += row.codes.length
    this.#codeEnds[i] = this.#codeCount
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

  #copy(chunk: Chunk, from: number, to: number): void {
    const [codeFrom, codeTo] = [chunk.codeStart(from), chunk.codeStart(to)]
    this.#room(to - from, codeTo - codeFrom)
    const at = this.#count
    this.#ids.set(chunk.ids.subarray(from * ID_BYTES, to * ID_BYTES), at * ID_BYTES)
    this.#flags.set(chunk.flags.subarray(from, to), at)
    this.#lats.set(chunk.lats.subarray(from, to), at)
    this.#lons.set(chunk.lons.subarray(from, to), at)
    this.#createdAts.set(chunk.createdAts.subarray(from, to), at)
    this.#updatedAts.set(chunk.updatedAts.subarray(from, to), at)
    this.#devices.set(chunk.devices.subarray(from, to), at)
    this.#offsets.set(chunk.offsets.subarray(from, to), at)
    this.#byteLengths.set(chunk.byteLengths.subarray(from, to), at)
    this.#codes.set(chunk.codes.subarray(codeFrom, codeTo), this.#codeCount)
    for (let i = from; i < to; i++) {
      this.#codeEnds[at + i - from] = chunk.codeEnds[i]! - codeFrom + this.#codeCount
    }
    this.#count += to - from
    this.#codeCount += codeTo - codeFrom
  }

  /** Makes a chunk of the first rows and keeps the others. */
  #cut(count: number): void {
    const codes = this.#codeEnds[count - 1]!
    const fields = this.#fields()
    this.#chunks.push(
      new Chunk({
        count,
        ids: Buffer.from(fields.ids.subarray(0, count * ID_BYTES)),
        flags: fields.flags.slice(0, count),
        lats: fields.lats.slice(0, count),
        lons: fields.lons.slice(0, count),
        createdAts: fields.createdAts.slice(0, count),
        updatedAts: fields.updatedAts.slice(0, count),
        devices: fields.devices.slice(0, count),
        codeEnds: fields.codeEnds.slice(0, count),
        codes: fields.codes.slice(0, codes),
        offsets: fields.offsets.slice(0, count),
        byteLengths: fields.byteLengths.slice(0, count)
      })
    )
    this.#count = 0
    this.#codeCount = 0
    if (count < fields.count) this.#copy(new Chunk(fields), count, fields.count)
  }

  #fields(): ChunkFields {
    return {
      count: this.#count,
      ids: this.#ids,
      flags: this.#flags,
      lats: this.#lats,
      lons: this.#lons,
      createdAts: this.#createdAts,
      updatedAts: this.#updatedAts,
      devices: this.#devices,
      codeEnds: this.#codeEnds,
      codes: this.#codes,
      offsets: this.#offsets,
      byteLengths: this.#byteLengths
    }
  }

  #room(rows: number, codes: number): void {
    if (this.#count + rows > this.#flags.length) {
      const size = Math.min(2 * CHUNK_ROWS, Math.max(this.expected, 2 * (this.#count + rows)))
      const ids = Buffer.alloc(size * ID_BYTES)
      ids.set(this.#ids)
      this.#ids = ids
      this.#flags = grown(this.#flags, new Uint8Array(size))
      this.#lats = grown(this.#lats, new Float64Array(size))
      this.#lons = grown(this.#lons, new Float64Array(size))
      this.#createdAts = grown(this.#createdAts, new Float64Array(size))
      this.#updatedAts = grown(this.#updatedAts, new Float64Array(size))
      this.#devices = grown(this.#devices, new Uint32Array(size))
      this.#codeEnds = grown(this.#codeEnds, new Uint32Array(size))
      this.#offsets = grown(this.#offsets, new Float64Array(size))
      this.#byteLengths = grown(this.#byteLengths, new Uint32Array(size))
    }
    if (this.#codeCount + codes > this.#codes.length) {
      this.#codes = grown(this.#codes, new Uint16Array(2 * (this.#codeCount + codes)))
    }
  }
}

function grown<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(from: T, to: T): T {
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
