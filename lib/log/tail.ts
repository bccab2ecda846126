// The last few own blocks, kept in memory: a live peer is given them without reading the store.

/** Together; also how much may be pushed to a peer that did not ask. */
export const TAIL_BYTES = 8192
export const TAIL_BLOCKS = 32

export class Tail {
  private blocks: Uint8Array[] = []
  private byteLength = 0
  /** Length of the feed behind the last of them. */
  private to = 0

  /** `length` is the feed's, with these blocks. */
  append(blocks: readonly Uint8Array[], length: number): void {
    // Something else was written between.
    if (this.to !== length - blocks.length) this.blocks = []
    if (this.blocks.length === 0) this.byteLength = 0
    this.to = length
    for (const block of blocks.slice(-TAIL_BLOCKS)) {
      this.blocks.push(block)
      this.byteLength += block.byteLength
    }
    while (this.byteLength > TAIL_BYTES || this.blocks.length > TAIL_BLOCKS) {
      this.byteLength -= this.blocks.shift()?.byteLength ?? 0
    }
  }

  /** Blocks `[from, to)`, or null where not all of them are held. */
  read(from: number, to: number): Uint8Array[] | null {
    const first = this.to - this.blocks.length
    if (from < first || from >= to || to > this.to) return null
    return this.blocks.slice(from - first, to - first)
  }
}
