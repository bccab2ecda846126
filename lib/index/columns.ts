// The columns: of every observation the few facts that filters and orders look at, and where its
// row lies, in memory, in order of id. They answer which observations, and how many, before
// anything on disk is touched; only what is shown is read from there.
//
// Secondary trees were the alternative. Columns take about 87 bytes an observation (tags coded,
// tag-codes.ts), so 9 MB at 100,000; a search over all of these takes a millisecond, and what an
// update changes costs no write at all. Secondary keys cost four more keys to write per observation,
// in random order, which is what hyperbee2 is slow at, and cannot combine two conditions.
//
// They are derived from the rows, and replaced as a whole with what a batch has written. Chunks are
// shared between one state and the next, so that whoever holds the columns holds a snapshot.

import { type Chunk, ChunkBuilder, type ColumnRow } from './chunk.js'
import type { Place, Wanted } from './row-file.js'

export class Columns {
  static readonly EMPTY: Columns = new Columns([])

  readonly count: number
  /** Number of the first row of each chunk. */
  readonly #starts: readonly number[]
  /** The chunk that was asked for last. */
  #last = 0

  constructor(readonly chunks: readonly Chunk[]) {
    let count = 0
    this.#starts = chunks.map((chunk) => (count += chunk.count) - chunk.count)
    this.count = count
  }

  /** Number of the first row of a chunk, by the chunk's. */
  start(chunk: number): number {
    return this.#starts[chunk] ?? this.count
  }

  /** The chunk in which a row is, and which of its rows that is. */
  at(row: number): readonly [Chunk, number] {
    // Nearly always that of the row before.
    const isLast = row >= this.start(this.#last) && row < this.start(this.#last + 1)
    if (!isLast) this.#last = this.#chunkWhere((_, i) => this.start(i + 1) > row)
    return [this.chunks[this.#last]!, row - this.start(this.#last)]
  }

  id(row: number): Buffer {
    const [chunk, i] = this.at(row)
    return chunk.id(i)
  }

  /** What finds a row in the row file. */
  wanted(row: number): Wanted {
    const [chunk, i] = this.at(row)
    return chunk.wanted(i)
  }

  /** What finds an observation's row; null where there is none. */
  find(id: Buffer): Wanted | null {
    const row = this.lowerBound(id)
    return this.has(row, id) ? this.wanted(row) : null
  }

  /** The number of an observation's row, or of the next one. */
  lowerBound(id: Buffer): number {
    const at = this.#chunkWhere((chunk) => chunk.compareId(chunk.count - 1, id) >= 0)
    return this.start(at) + (this.chunks[at]?.lowerBound(id) ?? 0)
  }

  has(row: number, id: Buffer): boolean {
    return row < this.count && this.id(row).equals(id)
  }

  /** These columns with other rows in the place of theirs, or added. */
  with(changes: Columns): Columns {
    if (this.count === 0 || changes.count === 0) return this.count === 0 ? changes : this
    const merged: Chunk[] = []
    let next = 0
    for (const [i, chunk] of this.chunks.entries()) {
      const limit = this.chunks[i + 1]?.id(0)
      const end = limit === undefined ? changes.count : changes.lowerBound(limit)
      if (end === next) merged.push(chunk)
      else merged.push(...mergeInto(chunk, changes, next, end))
      next = end
    }
    return new Columns(merged)
  }

  #chunkWhere(reached: (chunk: Chunk, i: number) => boolean): number {
    let from = 0
    let to = this.chunks.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (reached(this.chunks[middle]!, middle)) to = middle
      else from = middle + 1
    }
    return from
  }
}

function mergeInto(chunk: Chunk, changes: Columns, from: number, to: number): Chunk[] {
  const builder = new ChunkBuilder(chunk.count + to - from)
  let at = 0
  for (let row = from; row < to; row++) {
    const [changed, i] = changes.at(row)
    const id = changed.id(i)
    const place = chunk.lowerBound(id)
    builder.copy(chunk, at, place)
    builder.copy(changed, i, i + 1)
    at = place < chunk.count && chunk.compareId(place, id) === 0 ? place + 1 : place
  }
  builder.copy(chunk, at, chunk.count)
  return builder.take()
}

/** Rows in order of id, on their way into columns. */
export class ColumnsBuilder {
  readonly #builder = new ChunkBuilder()

  push(id: Uint8Array, row: ColumnRow, place: Place): void {
    this.#builder.push(id, row, place)
  }

  take(): Columns {
    return new Columns(this.#builder.take())
  }
}
