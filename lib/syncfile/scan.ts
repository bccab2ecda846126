// Finds sound records and trailers without any directory: what a file's newest commit left behind
// when it was cut off, and what is left of a damaged file. Works in windows, so that memory stays
// flat, and is bounded in work, so that a file made of nothing but headers ends it too.

import b4a from 'b4a'
import { throwIfAborted } from '../errors.js'
import type { SegmentPlace } from './directory.js'
import {
  FIRST_RECORD,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_TYPE,
  TRAILER_BYTES,
  TRAILER_MAGIC
} from './format.js'
import { type RecordHeader, decodeRecordHeader, isWhole, openLabel, recordBytes } from './record.js'
import { type SegmentLabel, decodeLabel } from './segment.js'
import type { Storage } from './storage.js'
import { type Trailer, decodeTrailer } from './trailer.js'

const WINDOW_BYTES = 1024 * 1024

/** A scan hashes at most this many times the bytes that it covers. */
const MAX_WORK = 4

export interface ScannedSegment {
  readonly place: SegmentPlace
  readonly label: SegmentLabel
}

export interface ScanResult {
  readonly segments: ScannedSegment[]
  /** Directory records, by offset. */
  readonly directories: { readonly offset: number; readonly header: RecordHeader }[]
  readonly trailers: { readonly offset: number; readonly trailer: Trailer }[]
  /** End of the last sound thing; everything up to it must be kept. */
  readonly end: number
  /** Byte ranges that hold nothing sound. */
  readonly unsound: { readonly from: number; readonly to: number }[]
}

export interface ScanOptions {
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
  const result: ScanResult & { end: number } = {
    segments: [],
    directories: [],
    trailers: [],
    end: from,
    unsound: []
  }
  let budget = MAX_WORK * (to - from)
  let at = Math.max(from, 0)
  while (at < to && budget > 0) {
    throwIfAborted(options.signal, 'The file was only read.')
    options.onAt?.(at)
    const found = await findMagic(storage, at, to)
    if (found === null) break
    const end = await take(storage, found, to, options, result, (bytes) => (budget -= bytes))
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

/** Takes the record or trailer at `offset`; its end, or null where it is not sound. */
async function take(
  storage: Storage,
  offset: number,
  to: number,
  options: ScanOptions,
  result: ScanResult,
  spend: (bytes: number) => void
): Promise<number | null> {
  const headBytes = Math.min(Math.max(RECORD_HEADER_BYTES, TRAILER_BYTES), to - offset)
  const head = await storage.read(offset, headBytes)
  const trailer = decodeTrailer(head.subarray(0, TRAILER_BYTES), offset)
  if (trailer !== null) {
    result.trailers.push({ offset, trailer })
    return trailer.end
  }
  const header = decodeRecordHeader(head)
  if (header === null || offset + recordBytes(header) > to) return null
  spend(recordBytes(header))
  const record = await storage.read(offset, recordBytes(header))
  if (!isWhole(record)) return null
  if (header.type === RECORD_TYPE.directory) result.directories.push({ offset, header })
  if (header.type === RECORD_TYPE.segment) {
    const key = options.labelKey(header.fileId)
    const plain = key && openLabel(record, header, key)
    const label = plain && decodeLabel(plain)
    if (label) {
      result.segments.push({ label, place: toPlace(label, header, offset, options.volume) })
    }
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
async function findMagic(storage: Storage, from: number, to: number): Promise<number | null> {
  const overlap = RECORD_MAGIC.byteLength - 1
  for (let at = from; at < to; at += WINDOW_BYTES) {
    const window = await storage.read(at, Math.min(WINDOW_BYTES + overlap, to - at))
    const places = [RECORD_MAGIC, TRAILER_MAGIC]
      .map((magic) => b4a.indexOf(window, magic))
      .filter((place) => place >= 0)
    if (places.length > 0) return at + Math.min(...places)
  }
  return null
}

/**
 * Trailers whose own checksum holds, the newest first: at the very end, or else found by searching
 * back.
 */
export async function* trailersFromEnd(
  storage: Storage,
  size: number
): AsyncGenerator<{ offset: number; trailer: Trailer }> {
  const last = size - TRAILER_BYTES
  if (last >= FIRST_RECORD) {
    const trailer = decodeTrailer(await storage.read(last, TRAILER_BYTES), last)
    if (trailer !== null) yield { offset: last, trailer }
  }
  // The trailer at the very end is met again here; whoever asked for more refuses it twice.
  for (let end = size; end > FIRST_RECORD; end -= WINDOW_BYTES) {
    const from = Math.max(FIRST_RECORD, end - WINDOW_BYTES)
    const until = Math.min(size, end + TRAILER_BYTES - 1)
    const window = await storage.read(from, until - from)
    let at = b4a.lastIndexOf(window, TRAILER_MAGIC)
    while (at >= 0) {
      const offset = from + at
      const trailer = decodeTrailer(window.subarray(at, at + TRAILER_BYTES), offset)
      if (trailer !== null && offset < end) yield { offset, trailer }
      at = at === 0 ? -1 : b4a.lastIndexOf(window, TRAILER_MAGIC, at - 1)
    }
  }
}
