// Re-hashes every photo and file of a sync file: each piece by its record's hash and its seals, and
// the whole by the hash that names it. Reads each byte once, and holds a few pieces at a time.

import { StreamingHash } from '../log/crypto.js'
import { toHex } from '../log/feed-id.js'
import { readAhead } from '../log/read-ahead.js'
import { chunksIn } from '../log/replica.js'
import type { MediaIndex } from './media-index.js'
import type { MediaReader, UnreadableChunk } from './media-reader.js'
import { type ChunkPlace, chunksOf } from './media-rows.js'
import type { FileProblem } from './file-problem.js'
import type { Volumes } from './volumes.js'

interface ReadChunk {
  readonly place: ChunkPlace
  readonly found: Uint8Array | UnreadableChunk
}

export interface UnsoundMedia {
  readonly damaged: ChunkPlace[]
  /** Whole, each by itself, and together something else than their hash says. */
  readonly forged: ChunkPlace[]
}

/** Adds what is wrong to `problems`, and gives the pieces that no longer count. */
export async function verifyMedia(
  volumes: Volumes,
  media: MediaIndex,
  reader: MediaReader,
  problems: FileProblem[],
  onRead: (bytes: number) => void
): Promise<UnsoundMedia> {
  const damaged: ChunkPlace[] = []
  const forged: ChunkPlace[] = []
  const report = (place: ChunkPlace, code: FileProblem['code'], reason: string): void => {
    const { hash, volume, offset } = place
    const path = volumes.medium.volumePath(volume)
    const message = `Photo or file ${hash.slice(0, 8)} is not sound: ${reason}.`
    problems.push({ code, message, path, offset, media: hash })
  }
  let blob: BlobCheck | null = null
  const finish = (): void => {
    if (blob === null || blob.isSound) return
    report(blob.places[0]!, 'SYNCFILE_DAMAGED', 'it is not what its hash says')
    for (const place of blob.places) forged.push(place)
  }
  for await (const { place, found } of readAhead(chunks(media, reader), 2)) {
    onRead(place.byteLength)
    if (blob?.hash !== place.hash || blob.size !== place.size) {
      finish()
      blob = new BlobCheck(place.hash, place.size)
    }
    if (found instanceof Uint8Array) {
      blob.take(place, found)
      continue
    }
    report(place, found.code, found.reason)
    const rest = found.beyond === true ? Number.MAX_SAFE_INTEGER - place.offset : place.byteLength
    if (found.code === 'SYNCFILE_DAMAGED') damaged.push({ ...place, byteLength: rest })
  }
  finish()
  return { damaged, forged }
}

/** Every listed piece, blob by blob, from its first one on. */
async function* chunks(media: MediaIndex, reader: MediaReader): AsyncGenerator<ReadChunk> {
  for (const { hash } of media) {
    for (const row of media.rowsOf(hash)) {
      for (const place of chunksOf(row)) {
        const found = await reader.at(place, true)
        yield { place, found }
        // Of a row that reaches beyond the file, a stranger's, one piece says as much as all.
        if ('reason' in found && found.beyond === true) break
      }
    }
  }
}

class BlobCheck {
  readonly places: ChunkPlace[] = []
  private readonly digest = new StreamingHash()
  private next = 0

  constructor(
    readonly hash: string,
    readonly size: number
  ) {}

  /** Pieces behind a gap, and second copies, count by their own seals alone. */
  take(place: ChunkPlace, chunk: Uint8Array): void {
    this.places.push(place)
    if (place.chunk !== this.next) return
    this.digest.update(chunk)
    this.next++
  }

  /** Nothing can be said of a blob that is not all here. */
  get isSound(): boolean {
    return this.next < chunksIn(this.size) || toHex(this.digest.digest()) === this.hash
  }
}
