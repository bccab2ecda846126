// The first bytes of a sync file: what it is, who may read it, whose it is. Written once, twice
// over, and never changed.

import b4a from 'b4a'
import { HASH_BYTES, hash } from '../log/crypto.js'
import {
  FILE_ID_BYTES,
  KIND,
  type Kind,
  READ_VERSION,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_MAGIC
} from './format.js'

export interface Superblock {
  readonly readVersion: number
  readonly writeVersion: number
  readonly kind: Kind
  readonly keyEpoch: number
  readonly fileId: Uint8Array
  readonly projectId: Uint8Array
  /** The file id of the first volume of a set. */
  readonly setId: Uint8Array
  /** 1 for the first or only volume. */
  readonly volume: number
  /** Bytes per volume; 0 where a file is not divided. */
  readonly volumeBytes: number
  /** Hash of the last trailer of the volume before; zeros in the first. */
  readonly previousTrailer: Uint8Array
}

const CHECKED_BYTES = SUPERBLOCK_BYTES - HASH_BYTES

export function encodeSuperblock(s: Superblock): Uint8Array {
  const out = b4a.alloc(SUPERBLOCK_BYTES)
  const view = new DataView(out.buffer, out.byteOffset)
  out.set(SUPERBLOCK_MAGIC, 0)
  view.setUint16(8, s.readVersion, true)
  view.setUint16(10, s.writeVersion, true)
  out[12] = KIND[s.kind]
  out[13] = s.keyEpoch
  out.set(s.fileId, 16)
  out.set(s.projectId, 32)
  out.set(s.setId, 64)
  view.setUint32(80, s.volume, true)
  view.setBigUint64(88, BigInt(s.volumeBytes), true)
  out.set(s.previousTrailer, 96)
  out.set(hash(out.subarray(0, CHECKED_BYTES)), CHECKED_BYTES)
  return out
}

/** Null where the bytes are no whole superblock. Versions are not judged here. */
export function decodeSuperblock(bytes: Uint8Array): Superblock | null {
  if (bytes.byteLength !== SUPERBLOCK_BYTES || !hasMagic(bytes)) return null
  const checksum = hash(bytes.subarray(0, CHECKED_BYTES))
  if (!b4a.equals(checksum, bytes.subarray(CHECKED_BYTES))) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const readVersion = view.getUint16(8, true)
  const kind = kindOf(bytes[12] ?? 0, readVersion)
  if (kind === null) return null
  return {
    readVersion,
    writeVersion: view.getUint16(10, true),
    kind,
    keyEpoch: bytes[13] ?? 0,
    fileId: b4a.from(bytes.subarray(16, 16 + FILE_ID_BYTES)),
    projectId: b4a.from(bytes.subarray(32, 64)),
    setId: b4a.from(bytes.subarray(64, 80)),
    volume: view.getUint32(80, true),
    volumeBytes: Number(view.getBigUint64(88, true)),
    previousTrailer: b4a.from(bytes.subarray(96, 96 + HASH_BYTES))
  }
}

export function hasMagic(bytes: Uint8Array): boolean {
  return b4a.equals(bytes.subarray(0, SUPERBLOCK_MAGIC.byteLength), SUPERBLOCK_MAGIC)
}

/** A newer version may have kinds of its own: the file is refused for its version, not for them. */
export function kindOf(code: number, readVersion: number): Kind | null {
  for (const [name, value] of Object.entries(KIND)) if (value === code) return name as Kind
  return readVersion > READ_VERSION ? 'snapshot' : null
}
