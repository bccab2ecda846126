// A piece of a photo or file as a record of its own: up to 1 MiB, sealed, under a label that says of
// which blob it is and which piece. So each piece is known, and authenticated, by itself: a blob that
// was cut off goes on behind its last piece, and a finder of the stick learns sizes alone.

import b4a from 'b4a'
import { HASH_BYTES, NONCE_BYTES, TAG_BYTES, sealInto, unseal } from '../log/crypto.js'
import { isBlobSize } from '../log/media/reference.js'
import { MEDIA_CHUNK, chunksIn } from '../log/replica.js'
import { MEDIA_LABEL_BYTES, RECORD_HEADER_BYTES } from './format.js'
import { type Payload, SEAL_BYTES } from './record.js'

/** Which piece of which blob. */
export interface ChunkName {
  /** BLAKE2b-256 of the whole blob, hex. */
  readonly hash: string
  /** Bytes of the whole blob. */
  readonly size: number
  /** From 0. */
  readonly chunk: number
}

/** Bytes of a piece as it was before it was sealed. */
export function chunkBytes(size: number, chunk: number): number {
  return Math.min(MEDIA_CHUNK, size - chunk * MEDIA_CHUNK)
}

/** Bytes of the whole record that carries a piece. */
export function chunkRecordBytes(size: number, chunk: number): number {
  const frame = RECORD_HEADER_BYTES + SEAL_BYTES + MEDIA_LABEL_BYTES
  return frame + NONCE_BYTES + chunkBytes(size, chunk) + TAG_BYTES
}

/** Bytes of the largest record that carries a piece. */
export const MAX_CHUNK_RECORD: number = chunkRecordBytes(MEDIA_CHUNK, 0)

export function encodeChunkLabel({ hash, size, chunk }: ChunkName): Uint8Array {
  const out = b4a.alloc(MEDIA_LABEL_BYTES)
  const view = new DataView(out.buffer, out.byteOffset)
  out.set(b4a.from(hash, 'hex'), 0)
  view.setBigUint64(32, BigInt(size), true)
  view.setUint32(40, chunk, true)
  return out
}

export function decodeChunkLabel(bytes: Uint8Array): ChunkName | null {
  if (bytes.byteLength < MEDIA_LABEL_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const size = Number(view.getBigUint64(32, true))
  const chunk = view.getUint32(40, true)
  if (!isBlobSize(size) || chunk >= chunksIn(size)) return null
  return { hash: b4a.toString(b4a.from(bytes.subarray(0, HASH_BYTES)), 'hex'), size, chunk }
}

/** The payload: the piece, sealed for its place. */
export function sealedChunk(chunk: Uint8Array, label: Uint8Array, key: Uint8Array): Payload {
  return {
    byteLength: NONCE_BYTES + chunk.byteLength + TAG_BYTES,
    writeInto: (out) => sealInto(out, chunk, label, key)
  }
}

/** Null where the payload is not the piece that the label says. */
export function openChunk(
  payload: Uint8Array,
  name: ChunkName,
  key: Uint8Array
): Uint8Array | null {
  const chunk = unseal(payload, encodeChunkLabel(name), key)
  return chunk?.byteLength === chunkBytes(name.size, name.chunk) ? chunk : null
}
