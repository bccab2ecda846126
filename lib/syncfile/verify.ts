// Re-hashes and re-verifies everything in a file: with the project key every signature and entry
// too, without it the hashes alone. Reads each byte once, in memory that does not grow.

import { throwIfAborted } from '../errors.js'
import type { SegmentPlace, VoidRange } from './directory.js'
import { FeedCheck } from './feed-check.js'
import { FIRST_RECORD, SUPERBLOCK_BYTES } from './format.js'
import { MediaReader } from './media-reader.js'
import { rowBytes } from './media-rows.js'
import type { SyncFileParts } from './open.js'
import { type FeedRun, Provers, type ProversOptions } from './provers.js'
import { RunReader } from './run-reader.js'
import { scan } from './scan.js'
import type { SegmentIndex } from './segment-index.js'
import { type UnsoundMedia, verifyMedia } from './verify-media.js'
import { superblockCopies } from './superblock-copies.js'
import type { FileProblem } from './file-problem.js'
import type { Volumes } from './volumes.js'

export interface VerifyProgress {
  /** Bytes of the file. */
  readonly done: number
  readonly total: number
}

export interface VerifyOptions {
  signal?: AbortSignal | undefined
  onProgress?: (progress: VerifyProgress) => void
  /** Threads besides this one; by default one for each core, at most 4, and none for a small file. */
  threads?: number | undefined
}

export interface Verified {
  readonly problems: FileProblem[]
  /** Listed segments that cannot be had. */
  readonly damaged: SegmentPlace[]
  /** The same of pieces of photos and files. */
  readonly media: UnsoundMedia
  /** Bytes that hold nothing sound and that nothing lists. */
  readonly unsound: VoidRange[]
  /** Feeds of which something is not what its signature says. */
  readonly unproven: string[]
}

/** Every problem of a file, with the key: hashes, then merkle trees, signatures and entries. */
export async function verifyFile(
  parts: Pick<SyncFileParts, 'volumes' | 'project' | 'file'>,
  voids: readonly VoidRange[],
  options: VerifyOptions & ProversOptions
): Promise<Verified> {
  const { volumes, project, file } = parts
  const meter = new Meter(await volumes.byteLength(), options)
  const problems = [...volumes.problems]
  const damaged: SegmentPlace[] = []
  const media = [...file.media.places()].map((row) => ({ ...row, byteLength: rowBytes(row) }))
  const listed = [...file.index.places(), ...media, ...voids]
  const { unsound } = await verifyRecords(volumes, meter, listed, problems)
  const reader = new RunReader(volumes, file)
  const keys = { label: file.keys.label, entry: project.entryKey }
  const provers = new Provers(volumes, keys, runsIn(file.index), meter.total, options)
  const unproven: string[] = []
  try {
    if (options.wait === true) await provers.started()
    for (const feed of file.index.ids) {
      const check = new FeedCheck(feed, volumes, project, file, reader, provers, meter)
      problems.push(...(await check.run(damaged)))
      if (check.unproven) unproven.push(feed)
    }
  } finally {
    await provers.close()
  }
  const photos = new MediaReader(volumes, file)
  const onRead = (bytes: number): void => meter.add(bytes)
  const unsoundMedia = await verifyMedia(volumes, file.media, photos, problems, onRead)
  meter.finish()
  return { problems, damaged, media: unsoundMedia, unsound, unproven }
}

function* runsIn(index: SegmentIndex): Generator<FeedRun> {
  for (const feed of index.ids) for (const place of index.runs(feed)) yield { feed, place }
}

/** Every problem that shows without a key. */
export async function verifySealed(
  volumes: Volumes,
  options: VerifyOptions
): Promise<FileProblem[]> {
  const meter = new Meter(await volumes.byteLength(), options)
  const problems: FileProblem[] = []
  const { isContinued } = await verifyRecords(volumes, meter, [], problems)
  if (isContinued) volumes.missEnd()
  meter.finish()
  return [...volumes.problems, ...problems]
}

/**
 * Superblocks, records and trailers by their own hashes; what lies in `skipped` is not looked at.
 * Also tells whether the last volume says that it is followed by another.
 */
async function verifyRecords(
  volumes: Volumes,
  meter: Meter,
  skipped: readonly VoidRange[],
  problems: FileProblem[]
): Promise<{ unsound: VoidRange[]; isContinued: boolean }> {
  const unsound: VoidRange[] = []
  let isContinued = false
  for (const volume of volumes.numbers) {
    const storage = volumes.at(volume)
    const path = volumes.medium.volumePath(volume)
    const size = await storage.size()
    const report = (offset: number, message: string): void => {
      problems.push({ code: 'SYNCFILE_DAMAGED', message, path, offset })
    }
    for (const [i, copy] of (await superblockCopies(storage)).entries()) {
      if (copy === null) report(i * SUPERBLOCK_BYTES, 'A copy of the first bytes is damaged.')
    }
    const searched = async (from: number, to: number): Promise<void> => {
      const labelKey = (): null => null
      let done = from
      const onAt = (at: number): void => {
        meter.add(at - done)
        done = at
      }
      const { signal } = meter
      const found = await scan(storage, from, to, { volume, labelKey, signal, onAt })
      if (volume === volumes.last) isContinued ||= found.isContinued
      for (const part of found.unsound) {
        const byteLength = part.to - part.from
        unsound.push({ volume, offset: part.from, byteLength })
        report(part.from, `${byteLength} bytes hold nothing sound.`)
      }
      meter.add(to - done)
    }
    let at = Math.min(size, FIRST_RECORD)
    const ranges = skipped.filter((range) => range.volume === volume)
    for (const range of ranges.sort((a, b) => a.offset - b.offset)) {
      if (range.offset > at) await searched(at, Math.min(range.offset, size))
      at = Math.min(size, Math.max(at, range.offset + range.byteLength))
    }
    if (at < size) await searched(at, size)
  }
  return { unsound, isContinued }
}

class Meter {
  private done = 0
  private told = 0

  constructor(
    readonly total: number,
    private readonly options: VerifyOptions
  ) {
    options.onProgress?.({ done: 0, total })
  }

  get signal(): AbortSignal | undefined {
    return this.options.signal
  }

  add(bytes: number): void {
    this.throwIfAborted()
    this.done = Math.min(this.total, this.done + bytes)
    if (performance.now() - this.told < 100) return
    this.told = performance.now()
    this.options.onProgress?.({ done: this.done, total: this.total })
  }

  finish(): void {
    this.options.onProgress?.({ done: this.total, total: this.total })
  }

  throwIfAborted(): void {
    throwIfAborted(this.options.signal, 'Nothing was changed.')
  }
}
