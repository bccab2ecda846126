// What a version says, apart from where, when and by whom it was written.

import type { LoggedVersion } from '../log/entry.js'
import { VERSION_HASH_BYTES } from '../log/version.js'
import { ByteReader } from './byte-reader.js'
import {
  CREATED_ELSEWHERE,
  DELETED,
  encodeBody,
  type FeedNumbers,
  LOCATED,
  type PackedVersion,
  readVersion,
  roomForVersion,
  TRUSTED,
  UPDATED,
  writeVersion
} from './version-bytes.js'

/** Byte by byte: the order of tags, for example, is part of it. */
export function sameContent(a: PackedVersion, b: PackedVersion): boolean {
  const [partsA, partsB] = [contentParts(a.bytes), contentParts(b.bytes)]
  return partsA.every((part, i) => part.equals(partsB[i]!))
}

function contentParts(bytes: Buffer): readonly Buffer[] {
  const reader = new ByteReader(bytes)
  const flags = reader.byte()
  skipRef(reader)
  reader.slice(flags & UPDATED ? 24 : 16)
  const given = reader.slice((flags & TRUSTED ? 8 : 0) + (flags & LOCATED ? 16 : 0))
  if (flags & CREATED_ELSEWHERE) reader.varint()
  for (let links = reader.varint(); links > 0; links--) skipRef(reader)
  const decided = Buffer.of(flags & (DELETED | LOCATED | TRUSTED))
  return [decided, given, bytes.subarray(reader.offset)]
}

function skipRef(reader: ByteReader): void {
  reader.varint()
  reader.varint()
  reader.slice(VERSION_HASH_BYTES)
}

/** A version by itself, as a row would hold it; null where it cannot. */
export function packVersion(
  { ref, entry }: LoggedVersion,
  feeds: FeedNumbers
): PackedVersion | null {
  const body = encodeBody(entry)
  if (body === null) return null
  const bytes = Buffer.allocUnsafe(roomForVersion(entry, body))
  return readVersion(bytes.subarray(0, writeVersion(bytes, 0, ref, entry, body, feeds)), feeds)
}
