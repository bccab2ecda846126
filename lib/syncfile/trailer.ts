// A trailer ends a commit: from here back, the file is a whole snapshot. It counts only if the
// directory that it points to is there and is sound.

import b4a from 'b4a'
import { HASH_BYTES, hash } from '../log/crypto.js'
import { FILE_ID_BYTES, KIND, type Kind, TRAILER_BYTES, TRAILER_MAGIC } from './format.js'
import { kindOf } from './superblock.js'

export interface Trailer {
  readonly fileId: Uint8Array
  /** Counts commits, from 1. */
  readonly generation: number
  /** Offset just after this trailer: one that was moved does not count. */
  readonly end: number
  /** The directory ends where the trailer begins. */
  readonly directoryOffset: number
  /** Bytes of the whole directory record. */
  readonly directoryBytes: number
  /** The directory record's own hash. */
  readonly directoryHash: Uint8Array
  /** Offset of the trailer before; 0 in the first. */
  readonly previous: number
  readonly kind: Kind
  readonly keyEpoch: number
  readonly readVersion: number
  readonly writeVersion: number
}

const CHECKED_BYTES = TRAILER_BYTES - HASH_BYTES

export function encodeTrailer(t: Trailer): Uint8Array {
  const out = b4a.alloc(TRAILER_BYTES)
  const view = new DataView(out.buffer, out.byteOffset)
  out.set(TRAILER_MAGIC, 0)
  out.set(t.fileId, 8)
  view.setBigUint64(24, BigInt(t.generation), true)
  view.setBigUint64(32, BigInt(t.end), true)
  view.setBigUint64(40, BigInt(t.directoryOffset), true)
  view.setBigUint64(48, BigInt(t.directoryBytes), true)
  out.set(t.directoryHash, 56)
  view.setBigUint64(88, BigInt(t.previous), true)
  out[96] = KIND[t.kind]
  out[97] = t.keyEpoch
  view.setUint16(98, t.readVersion, true)
  view.setUint16(100, t.writeVersion, true)
  out.set(hash(out.subarray(0, CHECKED_BYTES)), CHECKED_BYTES)
  return out
}

/** Null where the bytes at `offset` are no whole trailer, or one of another place. */
export function decodeTrailer(bytes: Uint8Array, offset: number): Trailer | null {
  if (bytes.byteLength !== TRAILER_BYTES) return null
  if (!b4a.equals(bytes.subarray(0, TRAILER_MAGIC.byteLength), TRAILER_MAGIC)) return null
  const checksum = hash(bytes.subarray(0, CHECKED_BYTES))
  if (!b4a.equals(checksum, bytes.subarray(CHECKED_BYTES))) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const u64 = (at: number): number => Number(view.getBigUint64(at, true))
  const readVersion = view.getUint16(98, true)
  const kind = kindOf(bytes[96] ?? 0, readVersion)
  const trailer = {
    fileId: b4a.from(bytes.subarray(8, 8 + FILE_ID_BYTES)),
    generation: u64(24),
    end: u64(32),
    directoryOffset: u64(40),
    directoryBytes: u64(48),
    directoryHash: b4a.from(bytes.subarray(56, 56 + HASH_BYTES)),
    previous: u64(88),
    keyEpoch: bytes[97] ?? 0,
    readVersion,
    writeVersion: view.getUint16(100, true)
  }
  const inPlace =
    trailer.end === offset + TRAILER_BYTES &&
    trailer.directoryOffset + trailer.directoryBytes === offset &&
    trailer.previous < offset
  return kind !== null && inPlace ? { ...trailer, kind } : null
}
