// Where pieces of photos and files stand in a sync file, as packed rows: what a directory lists and
// what an open file keeps in memory are the same bytes, so that a file of 100,000 photos opens in
// the time it takes to read them. A row says: of this blob, so many pieces from this one on, one
// behind the other from this place.

import b4a from 'b4a'
import { HASH_BYTES } from '../log/crypto.js'
import { WholeDigest } from '../log/media/whole-digest.js'
import { chunksIn } from '../log/replica.js'
import { isBlobSize } from '../log/media/reference.js'
import { MAX_MEDIA_ROWS, MEDIA_ROW_BYTES } from './format.js'
import type { MayList } from './listed-bytes.js'
import { type ChunkName, chunkRecordBytes } from './media-record.js'

/** Pieces of a blob that stand one behind the other. */
interface Stretch {
  readonly size: number
  /** The first of these pieces, from 0. */
  readonly from: number
  readonly count: number
  /** Of the first of these pieces' records. */
  readonly offset: number
}

export interface MediaPlace extends Stretch {
  /** Of the blob, hex. */
  readonly hash: string
  readonly volume: number
}

/** Where one piece stands. */
export interface ChunkPlace extends ChunkName {
  readonly volume: number
  readonly offset: number
  /** Bytes of the whole record. */
  readonly byteLength: number
}

/** Row after row in one growing array. */
export class MediaRows {
  private buffer = new ArrayBuffer(0)
  private count = 0

  /** Rows. */
  get length(): number {
    return this.count
  }

  /** Adds a piece; where it goes on from the last row, that one grows. */
  add(place: ChunkPlace): void {
    const last = this.count > 0 ? this.at(this.count - 1) : null
    const goesOn =
      last !== null &&
      last.hash === place.hash &&
      last.size === place.size &&
      last.from + last.count === place.chunk &&
      last.volume === place.volume &&
      offsetOf(last, place.chunk) === place.offset
    if (goesOn) this.write(this.count - 1, { ...last, count: last.count + 1 })
    else this.push({ ...place, from: place.chunk, count: 1 })
  }

  push(place: MediaPlace): void {
    this.reserve(this.count + 1)
    this.write(this.count++, place)
  }

  /** Appends packed rows. */
  load(rows: Uint8Array): void {
    const added = rows.byteLength / MEDIA_ROW_BYTES
    this.reserve(this.count + added)
    new Uint8Array(this.buffer).set(rows, this.count * MEDIA_ROW_BYTES)
    this.count += added
  }

  clear(): void {
    this.count = 0
  }

  /** A row; whoever knows the hash need not have it made again. */
  at(row: number, hash?: string): MediaPlace {
    const start = row * MEDIA_ROW_BYTES
    const view = new DataView(this.buffer, start, MEDIA_ROW_BYTES)
    return {
      hash: hash ?? b4a.toString(this.hashAt(row), 'hex'),
      size: u64(view, 32),
      from: view.getUint32(40, true),
      count: view.getUint32(44, true),
      volume: view.getUint32(48, true),
      offset: u64(view, 56)
    }
  }

  hashAt(row: number): Uint8Array {
    return b4a.from(this.buffer, row * MEDIA_ROW_BYTES, HASH_BYTES)
  }

  /** Whether a row alone holds all of a blob of this size. */
  isAll(row: number, size: number): boolean {
    const view = new DataView(this.buffer, row * MEDIA_ROW_BYTES, MEDIA_ROW_BYTES)
    const whole = view.getUint32(40, true) === 0 && view.getUint32(44, true) === chunksIn(size)
    return whole && u64(view, 32) === size
  }

  /** What the rows that hold all of a blob alone add up to; the numbers of the others. */
  sumUp(): { readonly whole: WholeDigest; readonly parts: number[] } {
    const [whole, parts] = [new WholeDigest(), [] as number[]]
    const [bytes, view] = [new Uint8Array(this.buffer), new DataView(this.buffer)]
    for (let row = 0; row < this.count; row++) {
      const at = row * MEDIA_ROW_BYTES
      const size = u64(view, at + 32)
      const isAll =
        view.getUint32(at + 40, true) === 0 && view.getUint32(at + 44, true) === chunksIn(size)
      if (isAll) whole.add(bytes, size, at)
      else parts.push(row)
    }
    return { whole, parts }
  }

  /** All rows, as a directory lists them. */
  packed(): Uint8Array {
    return new Uint8Array(this.buffer.slice(0, this.count * MEDIA_ROW_BYTES))
  }

  *places(): Generator<MediaPlace> {
    for (let row = 0; row < this.count; row++) yield this.at(row)
  }

  private write(row: number, place: MediaPlace): void {
    const start = row * MEDIA_ROW_BYTES
    const view = new DataView(this.buffer, start, MEDIA_ROW_BYTES)
    new Uint8Array(this.buffer).set(b4a.from(place.hash, 'hex'), start)
    view.setBigUint64(32, BigInt(place.size), true)
    view.setUint32(40, place.from, true)
    view.setUint32(44, place.count, true)
    view.setUint32(48, place.volume, true)
    view.setUint32(52, 0, true)
    view.setBigUint64(56, BigInt(place.offset), true)
  }

  private reserve(rows: number): void {
    const needed = rows * MEDIA_ROW_BYTES
    if (needed <= this.buffer.byteLength) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.buffer.byteLength, 1024))
    grown.set(new Uint8Array(this.buffer, 0, this.count * MEDIA_ROW_BYTES))
    this.buffer = grown.buffer
  }
}

/** Whether bytes from a directory are rows: each within its bounds, of something that may be listed. */
export function areMediaRows(bytes: Uint8Array, mayList: MayList): boolean {
  if (bytes.byteLength % MEDIA_ROW_BYTES !== 0) return false
  if (bytes.byteLength > MAX_MEDIA_ROWS * MEDIA_ROW_BYTES) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.byteLength; at += MEDIA_ROW_BYTES) {
    const size = u64(view, at + 32)
    const [from, count] = [view.getUint32(at + 40, true), view.getUint32(at + 44, true)]
    if (!isBlobSize(size) || count === 0 || from + count > chunksIn(size)) return false
    const [volume, offset] = [view.getUint32(at + 48, true), u64(view, at + 56)]
    if (!Number.isSafeInteger(offset) || volume === 0) return false
    if (!mayList(volume, offset, rowBytes({ size, from, count, offset }))) return false
  }
  return true
}

/** Where the record of a piece of a row begins. */
export function offsetOf({ size, from, offset }: Stretch, chunk: number): number {
  // All pieces but a blob's last one are of the same size.
  return offset + (chunk - from) * chunkRecordBytes(size, from)
}

/** Bytes of all records of a row. */
export function rowBytes(place: Stretch): number {
  const last = place.from + place.count - 1
  return offsetOf(place, last) - place.offset + chunkRecordBytes(place.size, last)
}

/** The pieces of a row, one by one. */
export function* chunksOf(place: MediaPlace): Generator<ChunkPlace> {
  const { hash, size, from, count, volume } = place
  for (let chunk = from; chunk < from + count; chunk++) {
    const byteLength = chunkRecordBytes(size, chunk)
    yield { hash, size, chunk, volume, offset: offsetOf(place, chunk), byteLength }
  }
}

/** In two halves: a million of big integers would take longer than all the rest. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}
