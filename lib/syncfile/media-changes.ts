// What one commit changes in the media of a sync file: pieces added, pieces taken over from a commit
// that was cut off, pieces that turned out damaged; and how to take it back.

import type { VoidRange } from './directory.js'
import type { MediaIndex } from './media-index.js'
import { type ChunkPlace, MediaRows } from './media-rows.js'

export class MediaChanges {
  private readonly listed = new MediaRows()
  /** What the index held before the first change. */
  private before: Uint8Array | null = null
  private dropped = 0

  constructor(private readonly index: MediaIndex) {}

  /** Pieces were dropped: only a full directory can say so. */
  get hasDropped(): boolean {
    return this.dropped > 0
  }

  /** Rows for a directory that lists only what its commit changed. */
  packed(): Uint8Array {
    return this.listed.packed()
  }

  /** Lists pieces that are in the file, and in the index, already. */
  adopt(places: readonly ChunkPlace[]): void {
    for (const place of places) this.listed.add(place)
  }

  add(place: ChunkPlace): void {
    this.remember()
    this.listed.add(place)
    this.index.add(place)
  }

  drop(ranges: readonly VoidRange[]): void {
    if (ranges.length === 0) return
    this.remember()
    this.dropped += ranges.length
    this.index.drop(ranges)
  }

  undo(): void {
    if (this.before !== null) this.index.restore(this.before)
  }

  private remember(): void {
    this.before ??= this.index.packed()
  }
}
