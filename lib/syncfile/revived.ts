// Bytes that a directory gives up as damaged, looked at again when a file is loaded: what one bad
// read took out of a file, or a bad sector that reads again, is sound and counts again.

import { throwIfAborted } from '../errors.js'
import { subtract } from '../exchange/plan.js'
import { readOrNull } from './bad-spots.js'
import type { SegmentPlace, VoidRange } from './directory.js'
import { LABEL_BYTES, RECORD_HEADER_BYTES, RECORD_TYPE } from './format.js'
import type { LoadedFile } from './load.js'
import { chunkRecordBytes, decodeChunkLabel } from './media-record.js'
import { MediaReader } from './media-reader.js'
import type { ChunkPlace } from './media-rows.js'
import { SEAL_BYTES, decodeRecordHeader, openLabel, recordBytes } from './record.js'
import { RunReader } from './run-reader.js'
import { type ScannedSegment, toPlace } from './scan.js'
import { decodeLabel } from './segment.js'
import type { Volumes } from './volumes.js'

/** An honest file has a few; a stranger's may be made of nothing else. */
const MAX_LOOKS = 65_536
const LONGEST_LABEL = RECORD_HEADER_BYTES + SEAL_BYTES + LABEL_BYTES

type FileParts = Pick<LoadedFile, 'index' | 'media' | 'keys'>

interface Revived {
  /** Sound, and not listed. */
  readonly segments: ScannedSegment[]
  readonly media: ChunkPlace[]
  /** The voids without what is sound in them. */
  readonly voids: readonly VoidRange[]
}

/** Steps from record to record, from where each void begins, as far as headers tell. */
export async function revive(
  volumes: Volumes,
  file: FileParts,
  voids: readonly VoidRange[],
  signal?: AbortSignal
): Promise<Revived> {
  const search = new VoidSearch(volumes, file, signal)
  const rest: VoidRange[] = []
  for (const range of voids) rest.push(...(await search.in(range)))
  return { segments: search.segments, media: search.media, voids: rest }
}

class VoidSearch {
  readonly segments: ScannedSegment[] = []
  readonly media: ChunkPlace[] = []
  private readonly runs: RunReader
  private readonly photos: MediaReader
  private looks = MAX_LOOKS

  constructor(
    private readonly volumes: Volumes,
    private readonly file: FileParts,
    private readonly signal: AbortSignal | undefined
  ) {
    this.runs = new RunReader(volumes, file)
    this.photos = new MediaReader(volumes, file)
  }

  /** What is left of a void without the sound records in it. */
  async in({ volume, offset, byteLength }: VoidRange): Promise<VoidRange[]> {
    const end = offset + byteLength
    const sound: { from: number; to: number }[] = []
    for (let at = offset; at < end && this.looks-- > 0;) {
      throwIfAborted(this.signal, 'The file was only read.')
      const found = await this.at(volume, at, end)
      if (found === null) break
      if (found.isSound) sound.push({ from: at, to: at + found.byteLength })
      at += found.byteLength
    }
    const rest = subtract([{ from: offset, to: end }], sound)
    return rest.map(({ from, to }) => ({ volume, offset: from, byteLength: to - from }))
  }

  /** The record at a place; null where none begins there that a member wrote for this file. */
  private async at(
    volume: number,
    offset: number,
    end: number
  ): Promise<{ byteLength: number; isSound: boolean } | null> {
    const storage = this.volumes.find(volume)
    const until = Math.min(end, offset + LONGEST_LABEL, (await storage?.size()) ?? 0)
    const start = until > offset ? await readOrNull(storage!, offset, until - offset) : null
    const header = start && decodeRecordHeader(start)
    if (start === null || header === null || offset + recordBytes(header) > end) return null
    const content = openLabel(start, header, this.file.keys.label)?.content
    if (content === undefined) return null
    const byteLength = recordBytes(header)
    if (header.type === RECORD_TYPE.segment) {
      const label = decodeLabel(content)
      const place = label && toPlace(label, header, offset, volume)
      return { byteLength, isSound: place !== null && (await this.takeSegment(place)) }
    }
    const chunk = header.type === RECORD_TYPE.media ? decodeChunkLabel(content) : null
    const fits = chunk !== null && chunkRecordBytes(chunk.size, chunk.chunk) === byteLength
    const isSound = fits && (await this.takePiece({ ...chunk, volume, offset, byteLength }))
    return { byteLength, isSound }
  }

  private async takeSegment(place: SegmentPlace): Promise<boolean> {
    const label = await this.runs.segment(place)
    if ('reason' in label) return false
    const { volume, offset } = place
    const listed = this.file.index.placesOf(place.feed)
    const isListed = listed.some((one) => one.volume === volume && one.offset === offset)
    if (!isListed) this.segments.push({ label, place })
    return true
  }

  private async takePiece(place: ChunkPlace): Promise<boolean> {
    if (!((await this.photos.at(place, true)) instanceof Uint8Array)) return false
    if (!this.file.media.has(place)) this.media.push(place)
    return true
  }
}
