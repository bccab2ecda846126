// Finds sound records and trailers without any directory: what a file's newest commit left behind
// when it was cut off, and what is left of a damaged file. Works in windows, so that memory stays
// flat, and is bounded in work, so that a file made of nothing but headers ends it too.

import b4a from 'b4a'
import { throwIfAborted } from '../errors.js'
import { readAround } from './bad-spots.js'
import { decodeContinuationLabel } from './continuation.js'
import type { SegmentPlace } from './directory.js'
import {
  FIRST_RECORD,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_TYPE,
  TRAILER_BYTES,
  TRAILER_MAGIC
} from './format.js'
import { chunkRecordBytes, decodeChunkLabel } from './media-record.js'
import type { ChunkPlace } from './media-rows.js'
import {
  type RecordHeader,
  decodeRecordHeader,
  isWhole,
  openLabel,
  payloadOf,
  recordBytes
} from './record.js'
import { type SegmentLabel, decodeLabel, decodePayload } from './segment.js'
import type { Storage } from './storage.js'
import { type Trailer, decodeTrailer } from './trailer.js'

const WINDOW_BYTES = 1024 * 1024
const ONLY_READ = 'The file was only read.'

/** A search hashes at most this many times the bytes that it covers. */
export const MAX_WORK = 4

export interface ScannedSegment {
  readonly place: SegmentPlace
  readonly label: SegmentLabel
}

interface ScanResult {
  readonly segments: ScannedSegment[]
  /** Pieces of photos and files. */
  readonly media: ChunkPlace[]
  /** Directory records, by offset. */
  readonly directories: { readonly offset: number; readonly header: RecordHeader }[]
  readonly trailers: { readonly offset: number; readonly trailer: Trailer }[]
  /** A record says that the next volume holds a commit. */
  readonly isContinued: boolean
  /** End of the last sound thing; everything up to it must be kept. */
  readonly end: number
  /** Byte ranges that hold nothing sound. */
  readonly unsound: { readonly from: number; readonly to: number }[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface ScanOptions {
  readonly volume: number
  /** Opens labels, by the id of the file that a record names. Null: nothing can be opened. */
  readonly labelKey: (fileId: Uint8Array) => Uint8Array | null
  readonly signal?: AbortSignal | undefined
  /** Told how far the scan has come, in bytes of this volume. */
  readonly onAt?: ((offset: number) => void) | undefined
}

/** Everything sound in `[from, to)`. */
export async function scan(
  storage: Storage,
  from: number,
  to: number,
  options: ScanOptions
): Promise<ScanResult> {
  const result: Mutable<ScanResult> = {
    segments: [],
    media: [],
    directories: [],
    trailers: [],
    isContinued: false,
    end: from,
    unsound: []
  }
  const window = new Window(storage, to)
  let budget = MAX_WORK * (to - from)
  let at = Math.max(from, 0)
  while (at < to && budget > 0) {
    tell(options, at)
    const found = await findMagic(window, at, to, options)
    if (found === null) break
    const end = await take(window, found, to, options, result, (bytes) => (budget -= bytes))
    if (end === null) {
      at = found + 1
      continue
    }
    if (found > result.end) result.unsound.push({ from: result.end, to: found })
    result.end = end
    at = end
  }
  // Out of budget is not the same as nothing there: what was not looked at must not be cut off.
  if (budget <= 0) result.end = to
  if (result.end < to) result.unsound.push({ from: result.end, to })
  return result
}

/** Throws ABORTED. */
function tell({ signal, onAt }: ScanOptions, at: number): void {
  throwIfAborted(signal, ONLY_READ)
  onAt?.(at)
}

/** Takes the record or trailer at `offset`; its end, or null where it is not sound. */
async function take(
  window: Window,
  offset: number,
  to: number,
  options: ScanOptions,
  result: Mutable<ScanResult>,
  spend: (bytes: number) => void
): Promise<number | null> {
  const headBytes = Math.min(Math.max(RECORD_HEADER_BYTES, TRAILER_BYTES), to - offset)
  const head = await window.read(offset, headBytes)
  const trailer = decodeTrailer(head.subarray(0, TRAILER_BYTES), offset)
  if (trailer !== null) {
    result.trailers.push({ offset, trailer })
    return trailer.end
  }
  const header = decodeRecordHeader(head)
  if (header === null || offset + recordBytes(header) > to) return null
  const key = options.labelKey(header.fileId)
  const labelled = await window.read(offset, RECORD_HEADER_BYTES + header.labelBytes)
  const sealed = key && openLabel(labelled, header, key)
  // What no member sealed is not stepped over: a stranger could hide sound records in it.
  if (key !== null && sealed === null) return null
  spend(recordBytes(header))
  const record = await window.read(offset, recordBytes(header))
  if (!isWhole(record, header, sealed ?? undefined)) return null
  if (header.type === RECORD_TYPE.directory) result.directories.push({ offset, header })
  if (header.type === RECORD_TYPE.continuation) {
    const volume = sealed ? decodeContinuationLabel(sealed.content) : options.volume
    result.isContinued ||= volume === options.volume
  }
  if (header.type === RECORD_TYPE.segment) {
    const label = sealed && decodeLabel(sealed.content)
    if (label && decodePayload(payloadOf(record, header), label.count) !== null) {
      result.segments.push({ label, place: toPlace(label, header, offset, options.volume) })
    }
  }
  const chunk =
    header.type === RECORD_TYPE.media && sealed ? decodeChunkLabel(sealed.content) : null
  if (chunk !== null && chunkRecordBytes(chunk.size, chunk.chunk) === recordBytes(header)) {
    result.media.push({ ...chunk, volume: options.volume, offset, byteLength: recordBytes(header) })
  }
  return offset + recordBytes(header)
}

export function toPlace(
  label: SegmentLabel,
  header: RecordHeader,
  offset: number,
  volume: number
): SegmentPlace {
  const { feed, from, count, continues } = label
  return { feed, from, count, continues, volume, offset, byteLength: recordBytes(header) }
}

/** Offset of the next magic at or after `from`. */
async function findMagic(
  window: Window,
  from: number,
  to: number,
  options: ScanOptions
): Promise<number | null> {
  const overlap = RECORD_MAGIC.byteLength - 1
  for (let at = from; at < to;) {
    const bytes = await window.from(at)
    const place = b4a.indexOf(bytes, MAGIC_START)
    if (place < 0) {
      at += Math.max(1, bytes.byteLength - overlap)
      tell(options, Math.min(at, to))
    } else {
      at += place
      const magic = bytes.subarray(place, place + RECORD_MAGIC.byteLength)
      if (b4a.equals(magic, RECORD_MAGIC) || b4a.equals(magic, TRAILER_MAGIC)) return at
      at++
    }
  }
  return null
}

/** What both magics begin with. */
const MAGIC_START = RECORD_MAGIC.subarray(0, 5)

/** Reads ahead, so that a file full of magics costs no read for each of them. */
class Window {
  private start = 0
  private bytes: Uint8Array = b4a.alloc(0)

  constructor(
    private readonly storage: Storage,
    private readonly to: number
  ) {}

  /** Some bytes at `offset`: enough for any magic, or all that there are. */
  async from(offset: number): Promise<Uint8Array> {
    const least = Math.min(RECORD_MAGIC.byteLength, this.to - offset)
    if (!this.has(offset, least)) await this.move(offset)
    return this.bytes.subarray(offset - this.start)
  }

  /** Exactly `byteLength` bytes. */
  async read(offset: number, byteLength: number): Promise<Uint8Array> {
    if (byteLength > WINDOW_BYTES) return readAround(this.storage, offset, byteLength)
    if (!this.has(offset, byteLength)) await this.move(offset)
    return this.bytes.subarray(offset - this.start, offset - this.start + byteLength)
  }

  private has(offset: number, byteLength: number): boolean {
    return offset >= this.start && offset + byteLength <= this.start + this.bytes.byteLength
  }

  private async move(offset: number): Promise<void> {
    this.bytes = await readAround(this.storage, offset, Math.min(WINDOW_BYTES, this.to - offset))
    this.start = offset
  }
}

/**
 * Trailers whose own checksum holds, the newest first: at the very end, or else found by searching
 * back. Throws ABORTED.
 */
export async function* trailersFromEnd(
  storage: Storage,
  size: number,
  signal?: AbortSignal
): AsyncGenerator<{ offset: number; trailer: Trailer }> {
  const last = size - TRAILER_BYTES
  if (last >= FIRST_RECORD) {
    const trailer = decodeTrailer(await readAround(storage, last, TRAILER_BYTES), last)
    if (trailer !== null) yield { offset: last, trailer }
  }
  // The trailer at the very end is met again here; whoever asked for more refuses it twice.
  for (let end = size; end > FIRST_RECORD; end -= WINDOW_BYTES) {
    throwIfAborted(signal, ONLY_READ)
    const from = Math.max(FIRST_RECORD, end - WINDOW_BYTES)
    const until = Math.min(size, end + TRAILER_BYTES - 1)
    const window = await readAround(storage, from, until - from)
    let at = b4a.lastIndexOf(window, TRAILER_MAGIC)
    while (at >= 0) {
      const offset = from + at
      const trailer = decodeTrailer(window.subarray(at, at + TRAILER_BYTES), offset)
      if (trailer !== null && offset < end) yield { offset, trailer }
      at = at === 0 ? -1 : b4a.lastIndexOf(window, TRAILER_MAGIC, at - 1)
    }
  }
}
