// A row of the view: all heads of one observation or document with their whole content, winner first, and the
// links that wait for versions not held. Reading one is one lookup.
//
//   heads     varint count, at least 1
//   each      clock that counts: double, little endian; byte length: varint; version bytes
//   pending   varint count; each as a link (version-bytes.ts)

import { ByteReader, MAX_VARINT_BYTES, writeVarint } from './byte-reader.js'
import { ViewDamage } from './damage.js'
import { NO_HEADS, type Head, type HeadsState } from './heads.js'
import type { DocumentEntry, LoggedVersion, ObservationEntry, VersionEntry } from '../log/entry.js'
import {
  decodeDocument,
  decodeVersion,
  readRefs,
  readVersion,
  roomForRefs,
  writeRefs,
  type FeedNumbers,
  type PackedVersion
} from './version-bytes.js'

export type Row = HeadsState<PackedVersion>

export const NO_ROW: Row = NO_HEADS

const HEAD_BYTES = 8 + MAX_VARINT_BYTES

export function encodeRow(row: Row, feeds: FeedNumbers): Buffer {
  let room = MAX_VARINT_BYTES + roomForRefs(row.pending)
  for (const { version } of row.heads) room += HEAD_BYTES + version.bytes.byteLength
  const out = Buffer.allocUnsafe(room)
  let offset = writeVarint(out, row.heads.length, 0)
  for (const { version, clock } of row.heads) offset = writeHead(out, offset, version.bytes, clock)
  return out.subarray(0, writeRefs(out, offset, row.pending, feeds))
}

/** The row of an observation with one version that links to nothing: most rows by far. */
export function encodeSingleRow(version: Buffer, clock: number): Buffer {
  const out = Buffer.allocUnsafe(2 + HEAD_BYTES + version.byteLength)
  const offset = writeHead(out, writeVarint(out, 1, 0), version, clock)
  return out.subarray(0, writeVarint(out, 0, offset))
}

/** As far as needed to apply further versions. */
export function readRow(bytes: Uint8Array, feeds: FeedNumbers): Row {
  const reader = new ByteReader(toBuffer(bytes))
  const heads: Head<PackedVersion>[] = []
  for (let count = readCount(reader); count > 0; count--) {
    const clock = reader.double()
    heads.push({ clock, version: readVersion(reader.slice(reader.varint()), feeds) })
  }
  const pending = readRefs(reader, feeds)
  if (reader.offset !== reader.end) throw new ViewDamage('A row has bytes after its end')
  return { heads, pending }
}

/** A head as it is handed out, with the clock that a version replacing it must be above. */
export interface DecodedHead<E extends VersionEntry = ObservationEntry> extends LoggedVersion<E> {
  readonly clock: number
}

/** All heads of an observation with their content, winner first. */
export function decodeRow(
  bytes: Uint8Array,
  id: Uint8Array,
  feeds: FeedNumbers
): readonly DecodedHead[] {
  return decodeHeads(bytes, feeds, (version) => decodeVersion(version, id, feeds))
}

/** The same of a document. */
export function decodeDocumentRow(
  bytes: Uint8Array,
  id: Uint8Array,
  type: string,
  feeds: FeedNumbers
): readonly DecodedHead<DocumentEntry>[] {
  return decodeHeads(bytes, feeds, (version) => decodeDocument(version, id, type, feeds))
}

function decodeHeads<E extends VersionEntry>(
  bytes: Uint8Array,
  feeds: FeedNumbers,
  decode: (version: Buffer) => LoggedVersion<E>
): readonly DecodedHead<E>[] {
  const reader = new ByteReader(toBuffer(bytes))
  const heads: DecodedHead<E>[] = []
  for (let count = readCount(reader); count > 0; count--) {
    const clock = reader.double()
    const { ref, entry } = decode(reader.slice(reader.varint()))
    heads.push({ ref, entry, clock })
  }
  readRefs(reader, feeds)
  if (reader.offset !== reader.end) throw new ViewDamage('A row has bytes after its end')
  return heads
}

function readCount(reader: ByteReader): number {
  const count = reader.varint()
  if (count < 1 || count > reader.end) throw new ViewDamage('A row has no heads')
  return count
}

function writeHead(out: Buffer, offset: number, version: Buffer, clock: number): number {
  offset = out.writeDoubleLE(clock, offset)
  offset = writeVarint(out, version.byteLength, offset)
  out.set(version, offset)
  return offset + version.byteLength
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
