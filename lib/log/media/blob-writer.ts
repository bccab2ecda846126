// Takes a blob whose name is known, from another replica, and goes on where an earlier try stopped.
// What is found in the file is authenticated and hashed first, so that the hash at the end stands
// for every byte.

import { type FileHandle, open, rm } from 'node:fs/promises'
import { type CairnError, throwIfAborted } from '../../errors.js'
import { type BlobName, type BlobWriter, chunksIn } from '../replica.js'
import {
  type BlobFormat,
  HEADER_BYTES,
  chunkBytes,
  chunkOffset,
  fileBytes,
  newBlobId
} from './blob-format.js'
import { BlobReader } from './blob-reader.js'
import { ChunkWriter, writeAll } from './chunk-writer.js'
import { forged, translateMediaError } from './media-errors.js'

export interface WriterHooks {
  /** The file is whole and on the disk. */
  readonly finished: (path: string) => Promise<void>
  /** So many whole chunks stay for the next try. */
  readonly closed: (chunks: number) => Promise<void>
  /** The turn is somebody else's. Called at last. */
  readonly release: () => void
}

export class BlobFileWriter implements BlobWriter {
  /** Finished: the file has been let go of, whole or forgotten. */
  private state: 'open' | 'finished' | 'closed' = 'open'
  private closing: Promise<void> | null = null

  private constructor(
    private readonly path: string,
    private readonly name: BlobName,
    private readonly file: FileHandle,
    private readonly chunks: ChunkWriter,
    /** Bytes of it that were there: of a damaged one, what lies behind the damage too. */
    private readonly found: number,
    private readonly hooks: WriterHooks
  ) {}

  /** Opens the file, or makes it. The folder is there. Throws ABORTED; then all is as it was. */
  static async open(
    path: string,
    name: BlobName,
    format: BlobFormat,
    hooks: WriterHooks,
    signal?: AbortSignal
  ): Promise<BlobFileWriter> {
    const begun = await BlobReader.open(path, format, name)
    try {
      const blobId = begun?.blobId ?? newBlobId()
      const file = await open(path, begun?.blobId ? 'r+' : 'w')
      try {
        const chunks = new ChunkWriter(file, format, blobId)
        const { size } = await file.stat()
        if (begun?.blobId) await skipWhole(begun, chunks, name, signal)
        else await writeAll(file, format.header(blobId, name), 0)
        return new BlobFileWriter(path, name, file, chunks, size, hooks)
      } catch (error) {
        await file.close()
        throw error
      }
    } catch (error) {
      throw translateMediaError(error, path)
    } finally {
      await begun?.close()
    }
  }

  get next(): number {
    return this.chunks.next
  }

  async append(chunk: Uint8Array): Promise<void> {
    this.assertOpen()
    if (this.next >= chunksIn(this.name.size)) throw await this.forget('it is longer')
    const expected = chunkBytes(this.name.size, this.next)
    if (chunk.byteLength !== expected) {
      throw await this.forget(`chunk ${this.next} has ${chunk.byteLength} bytes, not ${expected}`)
    }
    await this.translated(() => this.chunks.append(chunk))
  }

  async finish(): Promise<void> {
    if (this.state === 'finished') return
    this.assertOpen()
    if (this.next < chunksIn(this.name.size)) throw await this.forget('it is shorter')
    await this.translated(() => this.chunks.settle())
    if (this.chunks.digest() !== this.name.hash) throw await this.forget('its hash is another')
    this.state = 'finished'
    await this.translated(async () => {
      try {
        await this.file.truncate(fileBytes(this.name.size))
        await this.file.datasync()
      } finally {
        await this.file.close()
      }
      await this.hooks.finished(this.path)
    })
  }

  close(): Promise<void> {
    return (this.closing ??= this.closeOnce())
  }

  private async closeOnce(): Promise<void> {
    const wasOpen = this.state === 'open'
    this.state = 'closed'
    try {
      if (wasOpen) await this.keepWhole()
    } finally {
      await this.hooks.closed(wasOpen ? this.chunks.written : 0).finally(() => this.hooks.release())
    }
  }

  /** What failed was told by `append`; what counts here is what is whole. */
  private async keepWhole(): Promise<void> {
    await this.chunks.settle().catch(() => {})
    const keep = Math.max(this.found, chunkOffset(this.chunks.written))
    try {
      if (keep === HEADER_BYTES) await rm(this.path, { force: true })
      else if ((await this.file.stat()).size > keep) await this.file.truncate(keep)
    } finally {
      await this.file.close()
    }
  }

  private async forget(found: string): Promise<CairnError> {
    this.state = 'finished'
    await this.chunks.settle().catch(() => {})
    await this.file.close()
    await rm(this.path, { force: true })
    return forged(this.name, found)
  }

  private async translated(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw translateMediaError(error, this.path)
    }
  }

  private assertOpen(): void {
    if (this.state !== 'open') throw new Error('the blob writer has been closed')
  }
}

async function skipWhole(
  begun: BlobReader,
  chunks: ChunkWriter,
  name: BlobName,
  signal: AbortSignal | undefined
): Promise<void> {
  const count = chunksIn(name.size)
  while (chunks.next < count) {
    throwIfAborted(signal, 'What had arrived was kept.')
    const chunk = await begun.chunk(chunks.next)
    if (chunk === null) return
    chunks.skip(chunk)
  }
}

/** For what is here: there is nothing to write. */
export function wholeAlready({ size }: BlobName, release: () => void): BlobWriter {
  return {
    next: chunksIn(size),
    append: async () => {},
    finish: async () => {},
    close: async () => release()
  }
}
