// Decoded blocks of the tree, kept up to a number of bytes. hyperbee2 fetches and decodes the whole
// block of a key for each key of a node it opens, and every node keeps the bytes of the blocks it
// came from. Where keys were written out of order, that is the same block again and again: without
// this cache a scan after some rounds of edits took gigabytes, because each node held copies of its
// own.

export interface LoadedBlock {
  readonly block: unknown
  /** In memory. */
  readonly byteLength: number
}

interface Kept {
  readonly block: Promise<unknown>
  /** 0 until it has been read. */
  byteLength: number
}

/** Bytes of blocks, decoded. */
const MAX_BYTES = 32 * 1024 * 1024

export class BlockCache {
  /** In order of last use. */
  readonly #blocks = new Map<number, Kept>()
  #byteLength = 0

  get(seq: number, load: () => Promise<LoadedBlock>): Promise<unknown> {
    const known = this.#blocks.get(seq)
    if (known !== undefined) {
      this.#blocks.delete(seq)
      this.#blocks.set(seq, known)
      return known.block
    }
    const loading = load()
    const kept = { block: loading.then(({ block }) => block), byteLength: 0 }
    this.#blocks.set(seq, kept)
    loading.then(
      ({ byteLength }) => this.#account(seq, kept, byteLength),
      () => this.#blocks.delete(seq) // Next time it may be there.
    )
    return kept.block
  }

  clear(): void {
    this.#blocks.clear()
    this.#byteLength = 0
  }

  #account(seq: number, kept: Kept, byteLength: number): void {
    if (this.#blocks.get(seq) !== kept) return
    kept.byteLength = byteLength
    this.#byteLength += byteLength
    for (const [oldest, { byteLength: freed }] of this.#blocks) {
      if (this.#byteLength <= MAX_BYTES) return
      this.#blocks.delete(oldest)
      this.#byteLength -= freed
    }
  }
}
