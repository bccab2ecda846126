// What a replica holds of media, in flat arrays: about 60 bytes a blob.

import b4a from 'b4a'
import { HASH_BYTES } from '../crypto.js'
import { toHex } from '../feed-id.js'
import { type BlobHeld, type BlobTable, chunksIn } from '../replica.js'
import { HashIndex, withRoom } from './hash-index.js'
import { WholeDigest } from './whole-digest.js'

export class PackedBlobs implements BlobTable {
  readonly #hashes = new HashIndex(HASH_BYTES)
  #sizes = new Float64Array(0)
  #chunks = new Uint32Array(0)
  readonly #digest = new WholeDigest()

  get size(): number {
    return this.#hashes.count
  }

  get(hash: string): BlobHeld | undefined {
    const number = this.#hashes.find(b4a.from(hash, 'hex'))
    return number === -1 ? undefined : this.#at(number)
  }

  /** Whether all of it is there; asked with the hash's bytes. */
  isWhole(hash: Uint8Array, size: number): boolean {
    const number = this.#hashes.find(hash)
    return number !== -1 && this.#sizes[number] === size && this.#isAll(number)
  }

  digest(): string {
    return this.#digest.toString()
  }

  set({ hash, size, chunks }: BlobHeld): void {
    this.setBytes(b4a.from(hash, 'hex'), size, chunks)
  }

  /** The same with the hash's bytes. */
  setBytes(hash: Uint8Array, size: number, chunks: number): void {
    const before = this.#hashes.count
    const number = this.#hashes.add(hash)
    if (number < before) this.#uncount(number)
    this.#sizes = withRoom(this.#sizes, number + 1)
    this.#chunks = withRoom(this.#chunks, number + 1)
    this.#sizes[number] = size
    this.#chunks[number] = chunks
    if (this.#isAll(number)) this.#digest.add(hash, size)
  }

  delete(hash: string): void {
    const number = this.#hashes.find(b4a.from(hash, 'hex'))
    if (number === -1) return
    this.#uncount(number)
    this.#hashes.remove(number)
    const last = this.#hashes.count
    this.#sizes[number] = this.#sizes[last]!
    this.#chunks[number] = this.#chunks[last]!
  }

  *[Symbol.iterator](): Generator<BlobHeld> {
    for (let number = 0; number < this.#hashes.count; number++) yield this.#at(number)
  }

  #isAll(number: number): boolean {
    return this.#chunks[number] === chunksIn(this.#sizes[number]!)
  }

  /** Takes what is about to change out of the digest. */
  #uncount(number: number): void {
    if (this.#isAll(number)) this.#digest.remove(this.#hashes.key(number), this.#sizes[number]!)
  }

  #at(number: number): BlobHeld {
    const hash = toHex(this.#hashes.key(number))
    return { hash, size: this.#sizes[number]!, chunks: this.#chunks[number]! }
  }
}
