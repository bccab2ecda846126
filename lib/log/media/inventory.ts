// What a device has of media: the whole blobs, the beginnings of others, and those that turned out
// damaged. Learned from the folder's listing when it is first asked for, kept up to date after that.

import { toHex } from '../feed-id.js'
import { type BlobHeld, type BlobName, chunksIn } from '../replica.js'
import type { BlobFolder } from './blob-folder.js'
import { chunksInFile } from './blob-format.js'
import { PackedBlobs } from './packed-blobs.js'

export class Inventory {
  private constructor(
    readonly table: PackedBlobs,
    /** By hash, the sizes of those that are damaged. */
    private readonly broken: Map<string, number>
  ) {}

  static async list(folder: BlobFolder): Promise<Inventory> {
    const inventory = new Inventory(new PackedBlobs(), new Map())
    for await (const name of folder.list('unfinished')) {
      const bytes = (await folder.bytes(folder.in('unfinished', name))) ?? 0
      inventory.begun(name, chunksInFile(bytes, name.size))
    }
    for await (const name of folder.list('damaged')) inventory.damaged(name)
    const { table, broken } = inventory
    await folder.visitWhole((hash, size) => {
      table.setBytes(hash, size, chunksIn(size))
      if (broken.size > 0) broken.delete(toHex(hash))
    })
    return inventory
  }

  isWhole(name: BlobName): boolean {
    const held = this.table.get(name.hash)
    return held?.size === name.size && isAll(held)
  }

  isDamaged(name: BlobName): boolean {
    return this.broken.get(name.hash) === name.size
  }

  listDamaged(): BlobName[] {
    return [...this.broken].map(([hash, size]) => ({ hash, size }))
  }

  /** Of all that are here, whole, begun or damaged. */
  *hashes(): Generator<string> {
    for (const { hash } of this.table) yield hash
    yield* this.broken.keys()
  }

  whole(name: BlobName): void {
    this.table.set({ ...name, chunks: chunksIn(name.size) })
    this.broken.delete(name.hash)
  }

  /** All chunks of one that is not finished are not all of it: its hash is still to be proved. */
  begun({ hash, size }: BlobName, chunks: number): void {
    const held = this.table.get(hash)
    if (held !== undefined && isAll(held)) return
    const whole = Math.min(chunks, chunksIn(size) - 1)
    if (held !== undefined && held.size !== size && held.chunks >= whole) return
    if (whole > 0) this.table.set({ hash, size, chunks: whole })
    else this.table.delete(hash)
  }

  damaged({ hash, size }: BlobName): void {
    if (this.table.get(hash)?.size === size) this.table.delete(hash)
    this.broken.set(hash, size)
  }

  gone({ hash, size }: BlobName): void {
    if (this.table.get(hash)?.size === size) this.table.delete(hash)
    if (this.broken.get(hash) === size) this.broken.delete(hash)
  }
}

function isAll({ size, chunks }: BlobHeld): boolean {
  return chunks === chunksIn(size)
}
