// One blob's file, opened for reading: chunk by chunk, each authenticated before it is given out.

import { type FileHandle, open } from 'node:fs/promises'
import type { BlobName } from '../replica.js'
import {
  type BlobFormat,
  CHUNK_EXTRA,
  HEADER_BYTES,
  chunkBytes,
  chunkOffset,
  fileBytes
} from './blob-format.js'

/** Errors of a disk that cannot give back what it holds. */
const UNREADABLE = ['EIO', 'EBADMSG', 'EUCLEAN']

export class BlobReader {
  private sealed: Buffer = Buffer.alloc(0)

  private constructor(
    private readonly file: FileHandle,
    private readonly format: BlobFormat,
    private readonly name: BlobName,
    /** Null where the header is not this blob's. */
    readonly blobId: Uint8Array | null,
    /** Whether the file is as long as the whole blob's. */
    readonly isWhole: boolean,
    private readonly inode: bigint
  ) {}

  /** Null where there is no such file. */
  static async open(path: string, format: BlobFormat, name: BlobName): Promise<BlobReader | null> {
    let file: FileHandle
    try {
      file = await open(path, 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
    try {
      const { size, ino } = await file.stat({ bigint: true })
      const header = await readOrNull(file, Buffer.allocUnsafe(HEADER_BYTES), 0)
      const blobId = header === null ? null : format.openHeader(header, name)
      const isWhole = size === BigInt(fileBytes(name.size))
      return new BlobReader(file, format, name, blobId, isWhole, ino)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Null where the chunk is not there or not what was written. */
  async chunk(chunk: number): Promise<Uint8Array | null> {
    if (this.blobId === null) return null
    const byteLength = chunkBytes(this.name.size, chunk) + CHUNK_EXTRA
    if (this.sealed.byteLength < byteLength) this.sealed = Buffer.allocUnsafe(byteLength)
    const into = this.sealed.subarray(0, byteLength)
    const sealed = await readOrNull(this.file, into, chunkOffset(chunk))
    return sealed === null ? null : this.format.openChunk(sealed, this.blobId, chunk)
  }

  /** Whether what was opened is still what the path leads to. */
  async isAt(path: string): Promise<boolean> {
    const file = await open(path, 'r').catch(() => null)
    if (file === null) return false
    try {
      return (await file.stat({ bigint: true })).ino === this.inode
    } finally {
      await file.close()
    }
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}

/** Null where the file ends before, or the disk cannot give it. */
async function readOrNull(file: FileHandle, into: Buffer, at: number): Promise<Buffer | null> {
  try {
    let done = 0
    while (done < into.byteLength) {
      const { bytesRead } = await file.read(into, done, into.byteLength - done, at + done)
      if (bytesRead === 0) return null
      done += bytesRead
    }
    return into
  } catch (error) {
    if (UNREADABLE.includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}
