// Reads a sync file from its end: the newest trailer that counts, its directories, and what lies
// after it. Where a directory is damaged, the segments themselves say what they are.

import { HeldTable } from '../log/acknowledgments.js'
import { HeldMedia } from '../log/media/held-media.js'
import { newestCommit, readChain } from './chain.js'
import { withCutOff } from './cut-off.js'
import type { Project } from '../log/project.js'
import { isSigned } from '../log/signature.js'
import type { Directory, DirectoryPlace, SegmentPlace, VoidRange } from './directory.js'
import { FIRST_RECORD, type Kind, MAX_HELD_ROWS } from './format.js'
import { type FileKeys, fileKeys } from './record-keys.js'
import { MediaIndex } from './media-index.js'
import type { ChunkPlace } from './media-rows.js'
import { type ScannedSegment, scan } from './scan.js'
import { SegmentIndex } from './segment-index.js'
import { revive } from './revived.js'
import { isWithin, merged } from './voids.js'
import type { FileProblem } from './file-problem.js'
import type { Volumes } from './volumes.js'

/** Where the next record goes. */
export interface WritePoint {
  readonly volume: number
  readonly offset: number
}

export interface LoadedFile {
  /** What names the file in every record: the id of its first volume. */
  readonly setId: Uint8Array
  readonly kind: Kind
  readonly keys: FileKeys
  readonly index: SegmentIndex
  /** Photos and files. */
  readonly media: MediaIndex
  /** The newest directory; null where none is left. */
  readonly directory: Directory | null
  /** Null where the next one is to be full: it no longer lists everything. */
  readonly directoryPlace: DirectoryPlace | null
  /** Bytes of directories since the last full one, and of that one. */
  readonly chainBytes: number
  readonly fullBytes: number
  /** Where the newest trailer that counts begins; zeros where there is none. */
  readonly trailer: WritePoint
  readonly generation: number
  /** Which device has said that it holds how much of which feed. */
  readonly held: HeldTable
  /** Which device has said that it holds which photos and files. */
  readonly heldMedia: HeldMedia
  /** Sound segments that no directory lists: a commit that was cut off, or lost its directory. */
  readonly unlisted: readonly SegmentPlace[]
  /** The same of pieces of photos and files. */
  readonly unlistedMedia: readonly ChunkPlace[]
  /** Damaged bytes that a directory lists as such. */
  readonly voids: readonly VoidRange[]
  /** Bytes that hold nothing sound, before `end`, and that no directory lists. */
  readonly unsound: readonly VoidRange[]
  /** Behind the last sound thing. */
  readonly end: WritePoint
  /** Bytes of the last volume. */
  readonly size: number
  readonly problems: readonly FileProblem[]
}

/**
 * Loads the file that the superblock, or a trailer in its place, says it is; null where neither does.
 * Throws ABORTED.
 */
export async function load(
  volumes: Volumes,
  project: Project,
  signal?: AbortSignal
): Promise<LoadedFile | null> {
  const newest = await newestCommit(volumes, project, signal)
  const setId = volumes.superblock?.setId ?? newest?.trailer.fileId
  const kind = volumes.superblock?.kind ?? newest?.trailer.kind
  if (setId === undefined || kind === undefined) return null
  const keys = fileKeys(project, setId)
  const index = new SegmentIndex()
  const media = new MediaIndex()
  const held = new HeldTable(MAX_HELD_ROWS)
  const heldMedia = new HeldMedia()
  const problems: FileProblem[] = []
  const damaged = (volume: number, offset: number, message: string): void => {
    const path = volumes.medium.volumePath(volume)
    problems.push({ code: 'SYNCFILE_DAMAGED', message, path, offset })
  }
  if (volumes.superblock === null) damaged(1, 0, 'The first bytes of the file are damaged.')
  const unlisted: ScannedSegment[] = []
  const unlistedMedia: ChunkPlace[] = []
  const unsound: VoidRange[] = []
  const chain = newest === null ? null : await readChain(volumes, keys, newest)
  const voids = merged(chain?.directories.flatMap((directory) => directory.voids) ?? [])
  const scanVolume = async (volume: number, from: number, to: number): Promise<number> => {
    const found = await scan(volumes.at(volume), from, to, {
      volume,
      labelKey: () => keys.label,
      signal
    })
    // Not spread into one call: there may be more than a call takes.
    for (const segment of found.segments) unlisted.push(segment)
    for (const place of found.media) unlistedMedia.push(place)
    if (found.isContinued && volume === volumes.last) volumes.missEnd()
    for (const { from: offset, to: end } of found.unsound) {
      const part = { volume, offset, byteLength: end - offset }
      if (isWithin(voids, part)) continue
      unsound.push(part)
      damaged(volume, offset, `${part.byteLength} bytes hold nothing sound.`)
    }
    return found.end
  }
  const last = newest?.place.volume ?? 0
  const committed = newest?.trailer.end ?? FIRST_RECORD
  if (chain?.broken === true) {
    damaged(last, newest?.place.offset ?? 0, 'A directory is damaged; the blocks were searched.')
    for (const volume of volumes.numbers) {
      if (volume < last) await scanVolume(volume, FIRST_RECORD, await volumes.at(volume).size())
      else if (volume === last) await scanVolume(volume, FIRST_RECORD, committed)
    }
  }
  for (const directory of chain?.directories ?? []) {
    for (const head of directory.heads) index.setHead(head)
    index.load(directory.segments)
    index.drop(directory.dropped)
    media.load(directory.media)
    held.merge(directory.held)
    heldMedia.merge(directory.heldMedia)
  }
  let end: WritePoint = { volume: Math.max(last, 1), offset: committed }
  for (const volume of volumes.numbers) {
    if (volume < last) continue
    const from = volume === last ? committed : FIRST_RECORD
    const size = await volumes.at(volume).size()
    end = { volume, offset: from < size ? await scanVolume(volume, from, size) : from }
  }
  // Where everything was searched, what is sound has been found.
  const inVoids = chain?.broken === true ? [] : voids
  const revived = await revive(volumes, { index, media, keys }, inVoids, signal)
  for (const segment of revived.segments) unlisted.push(segment)
  for (const place of revived.media) unlistedMedia.push(place)
  const isRevived = revived.segments.length + revived.media.length > 0
  adopt(index, unlisted)
  for (const place of unlistedMedia) media.add(place)
  const generation = newest?.trailer.generation ?? 0
  const trailer = { volume: last, offset: newest?.offset ?? 0 }
  return {
    setId,
    kind,
    keys,
    index,
    media,
    directory: newest?.directory ?? null,
    directoryPlace: isRevived ? null : (newest?.place ?? null),
    chainBytes: chain?.chainBytes ?? 0,
    fullBytes: chain?.fullBytes ?? 0,
    trailer,
    generation,
    held,
    heldMedia,
    unlisted: unlisted.map(({ place }) => place),
    unlistedMedia,
    voids: isRevived ? revived.voids : voids,
    // What lies behind the end is cut off by the next commit.
    unsound: unsound.filter(({ volume, offset }) => volume < end.volume || offset < end.offset),
    end,
    size: await volumes.at(end.volume).size(),
    problems: await withCutOff([...volumes.problems, ...problems], volumes, {
      generation,
      trailer,
      end
    })
  }
}

/** Takes sound segments into the index, and as heads those that prove a longer feed. */
export function adopt(index: SegmentIndex, segments: readonly ScannedSegment[]): void {
  for (const { label, place } of segments) {
    index.add(place)
    if (label.continues) continue
    const { feed, from, count, rootHash, signature } = label
    const length = from + count
    const known = index.head(feed)
    if (known !== null && known.length >= length) continue
    if (isSigned({ feed, length, rootHash, signature })) {
      index.setHead({ feed, length, rootHash, signature })
    }
  }
}
