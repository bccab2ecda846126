// Takes everything sound out of a damaged file into a new one, also where superblock, directories
// and trailers are gone: segments say themselves what they are. Never writes to its source.

import { throwIfAborted } from '../errors.js'
import { subtract } from '../exchange/plan.js'
import { toHex } from '../log/feed-id.js'
import type { Project } from '../log/project.js'
import type { Configuration, Range } from '../log/replica.js'
import { isSigned } from '../log/signature.js'
import { markVerified } from '../log/verified.js'
import type { Directory, SegmentPlace } from './directory.js'
import { readDirectory } from './chain.js'
import { type LoadedFile, adopt } from './load.js'
import { DEFAULT_VOLUME_BYTES } from './format.js'
import { type SavedMedia, saveMedia, savedMedia } from './media-copy.js'
import { MediaIndex } from './media-index.js'
import { MediaReader } from './media-reader.js'
import { existingFile, newFile } from './medium.js'
import { type SyncFileParts, createParts, notLoadable } from './open.js'
import { fileKeys } from './record-keys.js'
import { recordBytes } from './record.js'
import { RunReader } from './run-reader.js'
import { type ScannedSegment, scan } from './scan.js'
import { SegmentIndex } from './segment-index.js'
import type { SyncFile } from './syncfile.js'
import type { VerifyProgress } from './verify.js'
import { assertReadable } from './version-rule.js'
import { Volumes } from './volumes.js'

export interface SalvagedFeed {
  /** Feed id. */
  readonly feed: string
  /** Blocks that this feed had, as far as anything in the file tells. */
  readonly length: number
  readonly held: readonly Range[]
  readonly lost: readonly Range[]
}

export interface SalvageReport {
  readonly feeds: readonly SalvagedFeed[]
  /** Blocks that the new file holds, and blocks that are known to be lost. */
  readonly blocks: { readonly held: number; readonly lost: number }
  /**
   * Photos and files that the new file holds whole, and those that are known to be lost in part or
   * whole.
   */
  readonly media: SavedMedia
  /** True where nothing is known to be lost. Of a feed of which no byte is left nothing tells. */
  readonly complete: boolean
}

export interface SalvageOptions {
  /** What the new file is labelled with where the damaged one no longer tells. */
  configuration?: Configuration
  signal?: AbortSignal
  /** Bytes of the damaged file: half of each is counted when it is found, half when it is copied. */
  onProgress?: (progress: VerifyProgress) => void
}

interface SalvageSettings {
  readonly project: Project
  /** What the new file is labelled with where the damaged one no longer tells. */
  readonly configuration: Configuration | undefined
  readonly signal: AbortSignal | undefined
  readonly onProgress: SalvageOptions['onProgress']
}

/** Reads everything sound out of `damaged` and writes it to a new file at `target`. */
export async function salvageFile(
  damaged: string,
  target: string,
  { project, configuration, signal, onProgress }: SalvageSettings,
  open: (parts: SyncFileParts) => SyncFile
): Promise<SalvageReport> {
  const medium = await newFile(target)
  const volumes = await Volumes.open(await existingFile(damaged))
  try {
    const meter = new Meter(await volumes.byteLength(), signal, onProgress)
    const sound = await findSound(volumes, project, meter)
    if ([...sound.index.ids].length + sound.media.size === 0) throw await notLoadable(volumes)
    const parts = await createParts(medium, project, {
      kind: 'snapshot',
      volumeBytes: volumes.superblock?.volumeBytes ?? DEFAULT_VOLUME_BYTES,
      configuration: sound.newest?.configuration ?? configuration ?? null,
      tiers: sound.newest?.tiers ?? null,
      now: Date.now
    })
    const file = open(parts)
    try {
      await copySound(sound, file, meter)
      await file.commit()
      meter.finish()
      return reportOf(sound, parts.file)
    } finally {
      await file.close()
    }
  } finally {
    await volumes.close()
  }
}

interface Salvaged {
  readonly index: SegmentIndex
  readonly reader: RunReader
  readonly media: MediaIndex
  /** What directories that are left say of media. */
  readonly listed: MediaIndex
  readonly photos: MediaReader
  readonly newest: Directory | null
}

/** Everything sound in the volumes that can be opened. */
async function findSound(volumes: Volumes, project: Project, meter: Meter): Promise<Salvaged> {
  if (volumes.superblock !== null) assertReadable(volumes.superblock, volumes.path)
  const index = new SegmentIndex()
  const keys = new Map<string, ReturnType<typeof fileKeys>>()
  const keysOf = (fileId: Uint8Array): ReturnType<typeof fileKeys> => {
    const id = toHex(fileId)
    const known = keys.get(id) ?? fileKeys(project, fileId)
    keys.set(id, known)
    return known
  }
  const segments: ScannedSegment[] = []
  const [media, listed] = [new MediaIndex(), new MediaIndex()]
  let newest: Directory | null = null
  for (const volume of volumes.numbers) {
    const storage = volumes.at(volume)
    const labelKey = (fileId: Uint8Array): Uint8Array => keysOf(fileId).label
    // From 0: what destroyed the first bytes may have destroyed where the records begin.
    const size = await storage.size()
    const { signal } = meter
    const onAt = (offset: number): void => meter.at(offset)
    const found = await scan(storage, 0, size, { volume, labelKey, signal, onAt })
    meter.passed(size)
    for (const segment of found.segments) segments.push(segment)
    for (const place of found.media) media.add(place)
    for (const { offset, header } of found.directories) {
      const place = { volume, offset, byteLength: recordBytes(header), hash: header.hash }
      const directory = await readDirectory(volumes, keysOf(header.fileId), place)
      if (directory === null) continue
      // Heads of every directory tell how long a feed once was, also where its blocks are gone.
      for (const head of directory.heads) {
        if ((index.head(head.feed)?.length ?? 0) < head.length && isSigned(head))
          index.setHead(head)
      }
      listed.load(directory.media)
      if (directory.generation > (newest?.generation ?? -1)) newest = directory
    }
  }
  adopt(index, segments)
  const file = { index, media, keys: keysOf }
  const [reader, photos] = [new RunReader(volumes, file), new MediaReader(volumes, file)]
  return { index, reader, media, listed, photos, newest }
}

/** Copies all sound runs and pieces into the new file. */
async function copySound(
  { index, reader, media, photos }: Salvaged,
  target: SyncFile,
  meter: Meter
): Promise<void> {
  for (const feed of index.ids) {
    for (const place of index.runs(feed)) {
      meter.passed(place.parts.reduce((sum, { byteLength }) => sum + byteLength, 0))
      const run = await reader.run(place)
      // Sealed by a member, whole by its hash, its end signed by the feed's writer. Behind a gap no
      // more can be told; a device that takes it verifies every block.
      if ('reason' in run || !isSigned({ ...run, length: run.to })) continue
      await target.append(markVerified(run))
    }
  }
  await saveMedia(media, photos, target.blobs, {
    signal: meter.signal,
    onRead: (byteLength) => meter.passed(byteLength)
  })
}

/** What the new file holds, and what the damaged one held besides, as far as it tells. */
function reportOf(sound: Salvaged, saved: LoadedFile): SalvageReport {
  const feeds = [...sound.index.ids].map((feed): SalvagedFeed => {
    const length = sound.index.head(feed)?.length ?? endOf(sound.index.placesOf(feed))
    const held = saved.index.held(feed)
    return { feed, length, held, lost: subtract([{ from: 0, to: length }], held) }
  })
  const blocks = {
    held: count(feeds.flatMap(({ held }) => held)),
    lost: count(feeds.flatMap(({ lost }) => lost))
  }
  const media = savedMedia(saved.media, sound.listed)
  return { feeds, blocks, media, complete: blocks.lost + media.lost === 0 }
}

function endOf(places: readonly SegmentPlace[]): number {
  return places.reduce((end, { from, count }) => Math.max(end, from + count), 0)
}

/** Counts both passes over the file, the search and the copying, as one. */
class Meter {
  private done = 0

  constructor(
    private readonly total: number,
    readonly signal: AbortSignal | undefined,
    private readonly onProgress: SalvageOptions['onProgress']
  ) {
    this.tell(0)
  }

  /** How far the search has come in the volume at hand. */
  at(offset: number): void {
    this.tell(this.done + offset)
  }

  passed(byteLength: number): void {
    throwIfAborted(this.signal, 'Nothing was changed; the new file was not made.')
    this.done += byteLength
    this.tell(this.done)
  }

  finish(): void {
    this.tell(2 * this.total)
  }

  private tell(bytes: number): void {
    const done = Math.min(this.total, Math.floor(bytes / 2))
    this.onProgress?.({ done, total: this.total })
  }
}

function count(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0)
}
