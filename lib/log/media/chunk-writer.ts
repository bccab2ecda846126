// Appends chunks to a blob's file, sealing and hashing the next one while the last is being written.

import type { FileHandle } from 'node:fs/promises'
import { StreamingHash } from '../crypto.js'
import { toHex } from '../feed-id.js'
import { type BlobFormat, CHUNK_EXTRA, chunkOffset } from './blob-format.js'

export class ChunkWriter {
  /** The chunk to be appended next. */
  next = 0
  /** Chunks known to be written. */
  written = 0
  private readonly hash = new StreamingHash()
  private readonly buffers = [Buffer.alloc(0), Buffer.alloc(0)]
  private writing: Promise<void> = Promise.resolve()

  constructor(
    private readonly file: FileHandle,
    private readonly format: BlobFormat,
    private readonly blobId: Uint8Array
  ) {}

  /** Takes a chunk that is in the file already. */
  skip(chunk: Uint8Array): void {
    this.hash.update(chunk)
    this.written = ++this.next
  }

  /** Throws what writing an earlier chunk threw, too. */
  async append(chunk: Uint8Array): Promise<void> {
    const number = this.next++
    const byteLength = chunk.byteLength + CHUNK_EXTRA
    let buffer = this.buffers[number % 2]!
    if (buffer.byteLength < byteLength) {
      buffer = Buffer.allocUnsafe(byteLength)
      this.buffers[number % 2] = buffer
    }
    const sealed = buffer.subarray(0, byteLength)
    this.format.sealChunk(sealed, chunk, this.blobId, number)
    this.hash.update(chunk)
    await this.settle()
    this.writing = writeAll(this.file, sealed, chunkOffset(number)).then(() => {
      this.written = number + 1
    })
    // It is thrown by whoever waits for it next.
    this.writing.catch(() => {})
  }

  /** Waits until everything appended is written. */
  async settle(): Promise<void> {
    await this.writing
  }

  /** Hash of everything that was appended, hex; nothing can be appended after it. */
  digest(): string {
    return toHex(this.hash.digest())
  }
}

/** A full disk may take a part of a write without a word. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  let done = 0
  while (done < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, at + done)
    done += bytesWritten
  }
}
