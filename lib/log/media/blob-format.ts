// The bytes of a blob's file, without reading or writing them. A header that says which blob it is,
// then its chunks, each encrypted and authenticated on its own, so that a part can be read without
// the rest and a stream of unknown hash can be written in one pass.
//
//   0    8   "cairnmed"
//   8    1   format version, 1
//   9    1   key epoch
//   10   6   zero
//   16   96  sealed: blob id (16, random), hash (32), size (8, little-endian)
//   112      chunks: nonce (24), 1 MiB or the rest encrypted, tag (16)
//
// The first 16 bytes are the header's associated data; blob id and chunk number are a chunk's, so
// that chunks of two files, or two of one, cannot be exchanged. The header of a blob whose hash is
// not known yet is written last.

import b4a from 'b4a'
import { HASH_BYTES, NONCE_BYTES, TAG_BYTES, randomBytes, sealInto, unseal } from '../crypto.js'
import { toHex } from '../feed-id.js'
import { KEY_EPOCH, type Project } from '../project.js'
import { type BlobName, MEDIA_CHUNK, chunksIn } from '../replica.js'

const MAGIC = b4a.from('cairnmed')
const VERSION = 1
const CLEAR_BYTES = 16
const BLOB_ID_BYTES = 16
const SEALED_BYTES = NONCE_BYTES + BLOB_ID_BYTES + HASH_BYTES + 8 + TAG_BYTES

export const HEADER_BYTES: number = CLEAR_BYTES + SEALED_BYTES
/** What encryption adds to a chunk. */
export const CHUNK_EXTRA: number = NONCE_BYTES + TAG_BYTES
/** From one chunk in the file to the next. */
export const STRIDE: number = MEDIA_CHUNK + CHUNK_EXTRA

/** Bytes of a whole blob's file. */
export function fileBytes(size: number): number {
  return HEADER_BYTES + size + chunksIn(size) * CHUNK_EXTRA
}

export function chunkOffset(chunk: number): number {
  return HEADER_BYTES + chunk * STRIDE
}

/** Bytes of one of a blob's chunks. */
export function chunkBytes(size: number, chunk: number): number {
  return Math.min(MEDIA_CHUNK, size - chunk * MEDIA_CHUNK)
}

/** Whole chunks in a file of so many bytes. */
export function chunksInFile(bytes: number, size: number): number {
  if (bytes >= fileBytes(size)) return chunksIn(size)
  return Math.max(0, Math.floor((bytes - HEADER_BYTES) / STRIDE))
}

/** Seals and opens the parts of blob files. */
export class BlobFormat {
  private readonly headerKey: Uint8Array
  private readonly chunkKey: Uint8Array

  constructor(project: Project) {
    this.headerKey = project.mediaFolderKey('blob-header')
    this.chunkKey = project.mediaFolderKey('blob-chunk')
  }

  header(blobId: Uint8Array, { hash, size }: BlobName): Uint8Array {
    const out = Buffer.alloc(HEADER_BYTES)
    out.set(MAGIC)
    out[8] = VERSION
    out[9] = KEY_EPOCH
    const plain = Buffer.alloc(BLOB_ID_BYTES + HASH_BYTES + 8)
    plain.set(blobId)
    plain.write(hash, BLOB_ID_BYTES, 'hex')
    plain.writeBigUInt64LE(BigInt(size), BLOB_ID_BYTES + HASH_BYTES)
    sealInto(out.subarray(CLEAR_BYTES), plain, out.subarray(0, CLEAR_BYTES), this.headerKey)
    return out
  }

  /** The blob's id; null where this is not the header of that blob. */
  openHeader(bytes: Uint8Array, { hash, size }: BlobName): Uint8Array | null {
    if (bytes.byteLength !== HEADER_BYTES) return null
    const clear = bytes.subarray(0, CLEAR_BYTES)
    const opened = unseal(bytes.subarray(CLEAR_BYTES), clear, this.headerKey)
    if (opened === null) return null
    const plain = Buffer.from(opened.buffer, opened.byteOffset, opened.byteLength)
    const isThis =
      toHex(plain.subarray(BLOB_ID_BYTES, BLOB_ID_BYTES + HASH_BYTES)) === hash &&
      plain.readBigUInt64LE(BLOB_ID_BYTES + HASH_BYTES) === BigInt(size)
    return isThis ? plain.subarray(0, BLOB_ID_BYTES) : null
  }

  /** Writes the sealed chunk into `out`, which must be `CHUNK_EXTRA` longer than it. */
  sealChunk(out: Uint8Array, plain: Uint8Array, blobId: Uint8Array, chunk: number): void {
    sealInto(out, plain, chunkContext(blobId, chunk), this.chunkKey)
  }

  /** Null where it is not that chunk of that blob. */
  openChunk(sealed: Uint8Array, blobId: Uint8Array, chunk: number): Uint8Array | null {
    return unseal(sealed, chunkContext(blobId, chunk), this.chunkKey)
  }
}

export function newBlobId(): Uint8Array {
  return randomBytes(BLOB_ID_BYTES)
}

function chunkContext(blobId: Uint8Array, chunk: number): Uint8Array {
  const context = Buffer.alloc(BLOB_ID_BYTES + 8)
  context.set(blobId)
  context.writeBigUInt64LE(BigInt(chunk), BLOB_ID_BYTES)
  return context
}
