// What was not read as it was written, until the next commit. One bad read proves nothing: a plug is
// loose, a bit is lost on the cable. What no directory lists is lost to everybody, so each place is
// looked at again before it is dropped.

import type { SegmentPlace } from './directory.js'
import type { LoadedFile } from './load.js'
import { MediaReader, type UnreadableChunk } from './media-reader.js'
import type { ChunkPlace } from './media-rows.js'
import { RunReader, type Unreadable } from './run-reader.js'
import type { Volumes } from './volumes.js'

interface Damaged {
  readonly segments: SegmentPlace[]
  readonly media: ChunkPlace[]
}

export class Doubts {
  private readonly segments = new Set<SegmentPlace>()
  private readonly media = new Set<ChunkPlace>()
  private readonly runs: RunReader
  private readonly photos: MediaReader

  constructor(
    volumes: Volumes,
    private readonly file: Pick<LoadedFile, 'index' | 'media' | 'keys'>
  ) {
    this.runs = new RunReader(volumes, file)
    this.photos = new MediaReader(volumes, file)
  }

  get size(): number {
    return this.segments.size + this.media.size
  }

  /** Counts as held until the next commit: somebody is reading what the index lists. */
  note(place: SegmentPlace): void {
    this.segments.add(place)
  }

  /** Counts as held no more: a replica that has it will send it. */
  doubt(segments: readonly SegmentPlace[], media: readonly ChunkPlace[]): void {
    for (const place of segments) this.segments.add(place)
    for (const place of media) this.media.add(place)
    this.file.index.drop(segments)
    this.file.media.drop(media)
  }

  /** Looks at everything again: takes back what is not damaged, and gives the rest. */
  async settle(): Promise<Damaged> {
    const { segments, media, file } = this
    file.index.drop([...segments])
    for (const place of segments) {
      if (isDamaged(await this.runs.segment(place), () => this.isElsewhere(place))) continue
      segments.delete(place)
      file.index.add(place)
    }
    for (const place of media) {
      if (isDamaged(await this.photos.at(place, true), () => this.isPieceElsewhere(place))) continue
      media.delete(place)
      this.addPiece(place)
    }
    return { segments: [...segments], media: [...media] }
  }

  /** All of it counts again. */
  takeBack(): void {
    for (const place of this.segments) this.file.index.add(place)
    for (const place of this.media) this.addPiece(place)
    this.clear()
  }

  clear(): void {
    this.segments.clear()
    this.media.clear()
  }

  /** A commit that was taken back may have brought it back already. */
  private addPiece(place: ChunkPlace): void {
    if (!this.file.media.has(place)) this.file.media.add(place)
  }

  private isElsewhere({ feed, from, count }: SegmentPlace): boolean {
    return this.file.index.held(feed).some((r) => r.from <= from && r.to >= from + count)
  }

  private isPieceElsewhere({ hash, size, chunk }: ChunkPlace): boolean {
    return this.file.media.chunk(hash, size, chunk).length > 0
  }
}

/** What the medium cannot read may be sound: that is dropped only where nothing is lost with it. */
function isDamaged(
  found: Unreadable | UnreadableChunk | object,
  isElsewhere: () => boolean
): boolean {
  if (!('reason' in found) || found.code !== 'SYNCFILE_DAMAGED') return false
  return found.unread !== true || isElsewhere()
}
