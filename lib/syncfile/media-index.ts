// Which photos and files a sync file holds, by hash: a table over the packed rows. A blob is held as
// far as its pieces go without a gap from the first one; several rows may tell of one blob, for a
// transfer that stopped goes on elsewhere, and a lost piece is written again.

import b4a from 'b4a'
import { HASH_BYTES } from '../log/crypto.js'
import { HashIndex, withRoom } from '../log/media/hash-index.js'
import { type BlobHeld, type BlobTable, chunksIn } from '../log/replica.js'
import type { VoidRange } from './directory.js'
import { chunkRecordBytes } from './media-record.js'
import { type ChunkPlace, type MediaPlace, MediaRows, chunksOf, offsetOf } from './media-rows.js'
import { merged } from './voids.js'

export class MediaIndex implements BlobTable {
  private readonly rows = new MediaRows()
  private hashes: HashIndex | null = null
  /** By blob: its newest row. By row: the one before of the same blob, + 1; 0 where there is none. */
  private newest = new Uint32Array(0)
  private before = new Uint32Array(0)
  /** Null after a change. */
  private sum: string | null = null

  /** Blobs, whole or in part. */
  get size(): number {
    return this.table().count
  }

  /** Rows about them. */
  get length(): number {
    return this.rows.length
  }

  add(place: ChunkPlace): void {
    const before = this.rows.length
    this.rows.add(place)
    this.sum = null
    if (this.hashes !== null && this.rows.length > before) this.note(this.hashes, before)
  }

  /** Adds packed rows, as a directory lists them. */
  load(rows: Uint8Array): void {
    this.rows.load(rows)
    this.forget()
  }

  packed(): Uint8Array {
    return this.rows.packed()
  }

  /** What is held under a name; where members disagree about its size, of the one that is given. */
  get(hash: string, size?: number): BlobHeld | undefined {
    const found = this.find(hash)
    const only = found.length === 1 ? this.rows.at(found[0]!, hash) : null
    if (only !== null && (size === undefined || only.size === size)) {
      return { hash, size: only.size, chunks: only.from === 0 ? only.count : 0 }
    }
    const places = found.map((row) => this.rows.at(row, hash))
    const sizes = new Set(places.map((place) => place.size))
    const held = [...sizes]
      .filter((each) => size === undefined || each === size)
      .map((each) => ({ hash, size: each, chunks: reach(places, each) }))
    return held.find((each) => each.chunks === chunksIn(each.size)) ?? held[0]
  }

  isWhole(hash: Uint8Array, size: number): boolean {
    const number = this.table().find(hash)
    if (number === -1) return false
    const row = this.newest[number]!
    const isOnly = this.before[row] === 0
    if (isOnly && this.rows.isAll(row, size)) return true
    return !isOnly && this.get(b4a.toString(hash, 'hex'), size)?.chunks === chunksIn(size)
  }

  /** Made of the rows as they stand, which takes a fraction of making the table. */
  digest(): string {
    return (this.sum ??= this.sumUp())
  }

  /** Every blob once. */
  *[Symbol.iterator](): Generator<BlobHeld> {
    const hashes = this.table()
    for (let number = 0; number < hashes.count; number++) {
      const held = this.get(b4a.toString(hashes.key(number), 'hex'))
      if (held !== undefined) yield held
    }
  }

  places(): Generator<MediaPlace> {
    return this.rows.places()
  }

  /** The rows of a hash, by size and then by where they begin. */
  rowsOf(hash: string): MediaPlace[] {
    const places = this.find(hash).map((row) => this.rows.at(row, hash))
    return places.sort((a, b) => a.size - b.size || a.from - b.from || b.count - a.count)
  }

  /** Where a piece stands: every copy of it. */
  chunk(hash: string, size: number, chunk: number): ChunkPlace[] {
    return this.rowsOf(hash)
      .filter((place) => place.size === size)
      .filter(({ from, count }) => chunk >= from && chunk < from + count)
      .flatMap((place) => {
        const offset = offsetOf(place, chunk)
        return [...chunksOf({ ...place, from: chunk, count: 1, offset })]
      })
  }

  /** Whether a row says that this very copy stands there. */
  has({ hash, size, chunk, volume, offset }: ChunkPlace): boolean {
    const copies = this.chunk(hash, size, chunk)
    return copies.some((copy) => copy.volume === volume && copy.offset === offset)
  }

  /** Forgets the pieces whose records begin within some ranges. */
  drop(ranges: readonly VoidRange[]): void {
    if (ranges.length === 0) return
    const dropped = merged(ranges)
    const before = [...this.rows.places()]
    this.rows.clear()
    this.forget()
    for (const place of before) for (const rest of without(place, dropped)) this.rows.push(rest)
  }

  /** Takes what `packed` gave earlier in place of what is here. */
  restore(rows: Uint8Array): void {
    this.rows.clear()
    this.load(rows)
  }

  /** The rows of a hash. */
  private find(hash: string): number[] {
    const number = this.table().find(b4a.from(hash, 'hex'))
    if (number === -1) return []
    const found: number[] = []
    for (let row = this.newest[number]!; ; row = this.before[row]! - 1) {
      found.push(row)
      if (this.before[row] === 0) return found
    }
  }

  private forget(): void {
    this.hashes = null
    this.sum = null
  }

  /** Blobs told of in several rows are few. */
  private sumUp(): string {
    const { whole, parts } = this.rows.sumUp()
    const blobs = new Map<string, MediaPlace[]>()
    for (const place of parts.map((row) => this.rows.at(row))) {
      const name = `${place.hash} ${place.size}`
      const known = blobs.get(name)
      if (known === undefined) blobs.set(name, [place])
      else known.push(place)
    }
    for (const places of blobs.values()) {
      const { hash, size } = places[0]!
      if (reach(places, size) === chunksIn(size)) whole.add(b4a.from(hash, 'hex'), size)
    }
    return whole.toString()
  }

  private table(): HashIndex {
    if (this.hashes !== null) return this.hashes
    const hashes = new HashIndex(HASH_BYTES)
    for (let row = 0; row < this.rows.length; row++) this.note(hashes, row)
    return (this.hashes = hashes)
  }

  private note(hashes: HashIndex, row: number): void {
    const known = hashes.count
    const number = hashes.add(this.rows.hashAt(row))
    this.newest = withRoom(this.newest, number + 1)
    this.before = withRoom(this.before, row + 1)
    this.before[row] = number < known ? this.newest[number]! + 1 : 0
    this.newest[number] = row
  }
}

/** What is left of a row without the pieces that begin within the ranges. */
function without(place: MediaPlace, ranges: readonly VoidRange[]): MediaPlace[] {
  const end = place.from + place.count
  const step = chunkRecordBytes(place.size, place.from)
  const last = offsetOf(place, end - 1)
  const rest: MediaPlace[] = []
  let at = place.from
  const keep = (to: number): void => {
    if (to <= at) return
    rest.push({ ...place, from: at, count: to - at, offset: offsetOf(place, at) })
  }
  for (const { volume, offset, byteLength } of ranges) {
    if (volume !== place.volume || offset + byteLength <= place.offset || offset > last) continue
    const chunkAt = (byte: number): number =>
      Math.min(end, place.from + Math.max(0, Math.ceil((byte - place.offset) / step)))
    keep(chunkAt(offset))
    at = Math.max(at, chunkAt(offset + byteLength))
  }
  keep(end)
  return rest
}

/** How many pieces there are from the first one on. */
function reach(places: readonly MediaPlace[], size: number): number {
  let at = 0
  const sorted = places.filter((place) => place.size === size).sort((a, b) => a.from - b.from)
  for (const { from, count } of sorted) if (from <= at) at = Math.max(at, from + count)
  return at
}
