// Writes content of unknown hash into a file of its own, in one pass: each chunk hashed, encrypted
// and written, the header, which says what it was, last.

import { open } from 'node:fs/promises'
import type { BlobName } from '../replica.js'
import { type BlobFormat, newBlobId } from './blob-format.js'
import { ChunkWriter, writeAll } from './chunk-writer.js'
import { empty, translateMediaError } from './media-errors.js'

/** Chunks are 1 MiB each but for the last. Resolves when the file is on the disk. */
export async function writeFresh(
  path: string,
  format: BlobFormat,
  source: AsyncIterable<Uint8Array>
): Promise<BlobName> {
  const ours = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw translateMediaError(error, path)
    }
  }
  const file = await ours(() => open(path, 'wx'))
  try {
    const blobId = newBlobId()
    const chunks = new ChunkWriter(file, format, blobId)
    let size = 0
    // What the source throws is the caller's own, and thrown as it is.
    for await (const chunk of source) {
      await ours(() => chunks.append(chunk))
      size += chunk.byteLength
    }
    if (size === 0) throw empty()
    return await ours(async () => {
      await chunks.settle()
      const name = { hash: chunks.digest(), size }
      await writeAll(file, format.header(blobId, name), 0)
      await file.datasync()
      return name
    })
  } finally {
    await file.close()
  }
}
