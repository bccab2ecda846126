// Re-hashes and re-verifies everything in a file: with the project key every signature and entry
// too, without it the hashes alone. Reads each byte once, in memory that does not grow.

import b4a from 'b4a'
import { throwIfAborted } from '../errors.js'
import { subtract } from '../exchange/plan.js'
import { BlockCodec } from '../log/block.js'
import { isCheckpoint } from '../log/checkpoint.js'
import { shortFeedId } from '../log/feed-id.js'
import { Frontier } from '../log/merkle.js'
import type { Project } from '../log/project.js'
import { readAhead } from '../log/read-ahead.js'
import type { Run } from '../log/replica.js'
import { isSigned } from '../log/signature.js'
import type { SegmentPlace, VoidRange } from './directory.js'
import { FIRST_RECORD, SUPERBLOCK_BYTES } from './format.js'
import type { LoadedFile } from './load.js'
import { MediaReader } from './media-reader.js'
import { rowBytes } from './media-rows.js'
import type { SyncFileParts } from './open.js'
import { RunReader, type Unreadable } from './run-reader.js'
import { scan } from './scan.js'
import { verifyMedia } from './verify-media.js'
import { type FileProblem, type Volumes, superblockCopies } from './volumes.js'

export interface VerifyProgress {
  /** Bytes of the file. */
  readonly done: number
  readonly total: number
}

export interface VerifyOptions {
  signal?: AbortSignal | undefined
  onProgress?: (progress: VerifyProgress) => void
}

export interface Verified {
  readonly problems: FileProblem[]
  /** Listed segments that cannot be had. */
  readonly damaged: SegmentPlace[]
  /** The same of pieces of photos and files. */
  readonly damagedMedia: VoidRange[]
  /** Bytes that hold nothing sound and that nothing lists. */
  readonly unsound: VoidRange[]
  /** Feeds of which something is not what its signature says. */
  readonly unproven: string[]
}

/** Every problem of a file, with the key: hashes, then merkle trees, signatures and entries. */
export async function verifyFile(
  parts: Pick<SyncFileParts, 'volumes' | 'project' | 'file'>,
  voids: readonly VoidRange[],
  options: VerifyOptions
): Promise<Verified> {
  const { volumes, project, file } = parts
  const meter = new Meter(await volumes.byteLength(), options)
  const problems = [...volumes.problems]
  const damaged: SegmentPlace[] = []
  const media = [...file.media.places()].map((row) => ({ ...row, byteLength: rowBytes(row) }))
  const listed = [...file.index.places(), ...media, ...voids]
  const unsound = await verifyRecords(volumes, meter, listed, problems)
  const reader = new RunReader(volumes, file)
  const unproven: string[] = []
  for (const feed of file.index.ids) {
    const check = new FeedCheck(feed, volumes, project, file, reader, meter)
    problems.push(...(await check.run(damaged)))
    if (check.unproven) unproven.push(feed)
  }
  const photos = new MediaReader(volumes, file)
  const onRead = (bytes: number): void => meter.add(bytes)
  const damagedMedia = await verifyMedia(volumes, file.media, photos, problems, onRead)
  meter.finish()
  return { problems, damaged, damagedMedia, unsound, unproven }
}

/** Every problem that shows without a key. */
export async function verifySealed(
  volumes: Volumes,
  options: VerifyOptions
): Promise<FileProblem[]> {
  const meter = new Meter(await volumes.byteLength(), options)
  const problems = [...volumes.problems]
  await verifyRecords(volumes, meter, [], problems)
  meter.finish()
  return problems
}

/** Superblocks, records and trailers by their own hashes; what lies in `skipped` is not looked at. */
async function verifyRecords(
  volumes: Volumes,
  meter: Meter,
  skipped: readonly VoidRange[],
  problems: FileProblem[]
): Promise<VoidRange[]> {
  const unsound: VoidRange[] = []
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
      const found = await scan(storage, from, to, { volume, labelKey, signal: meter.signal })
      for (const part of found.unsound) {
        const byteLength = part.to - part.from
        unsound.push({ volume, offset: part.from, byteLength })
        report(part.from, `${byteLength} bytes hold nothing sound.`)
      }
      meter.add(to - from)
    }
    let at = Math.min(size, FIRST_RECORD)
    const ranges = skipped.filter((range) => range.volume === volume)
    for (const range of ranges.sort((a, b) => a.offset - b.offset)) {
      if (range.offset > at) await searched(at, Math.min(range.offset, size))
      at = Math.min(size, Math.max(at, range.offset + range.byteLength))
    }
    if (at < size) await searched(at, size)
  }
  return unsound
}

/** Verifies all that a file holds of one feed, every segment once. */
class FeedCheck {
  private readonly problems: FileProblem[] = []
  private readonly codec: BlockCodec
  private tree: Frontier | null = new Frontier()
  /** Behind the last block that was looked at. */
  private at = 0
  /** Something was not what its signature says. */
  unproven = false

  constructor(
    private readonly feed: string,
    private readonly volumes: Volumes,
    project: Project,
    private readonly file: Pick<LoadedFile, 'index' | 'kind'>,
    private readonly reader: RunReader,
    private readonly meter: Meter
  ) {
    this.codec = new BlockCodec(project, feed)
  }

  async run(damaged: SegmentPlace[]): Promise<FileProblem[]> {
    const { feed, file, meter } = this
    const inRuns = new Set<SegmentPlace>()
    for await (const run of readAhead(this.runs(damaged, inRuns), 1)) {
      meter.throwIfAborted()
      this.check(run)
      meter.add(run.blocks.reduce((sum, block) => sum + block.byteLength + 4, 0))
    }
    for (const place of file.index.placesOf(feed)) {
      if (!inRuns.has(place)) await this.checkAlone(place, damaged)
    }
    const length = file.index.head(feed)?.length ?? 0
    // A snapshot is to hold its feeds from the beginning; an answer holds tails by its nature.
    if (file.kind === 'snapshot') {
      for (const { from, to } of subtract([{ from: 0, to: length }], file.index.held(feed))) {
        this.report(from, to, `Blocks ${from} to ${to} of feed ${shortFeedId(feed)} are not here.`)
      }
    }
    return this.problems
  }

  private async *runs(damaged: SegmentPlace[], inRuns: Set<SegmentPlace>): AsyncGenerator<Run> {
    for (const place of this.file.index.runs(this.feed)) {
      const run = await this.reader.run(place)
      // Parts behind a damaged one are looked at by themselves.
      const broken = 'reason' in run ? place.parts.indexOf(run.place) : place.parts.length
      for (const part of place.parts.slice(0, broken + 1)) inRuns.add(part)
      if ('reason' in run) {
        damaged.push(run.place)
        this.unreadable(place.from, place.to, run)
      } else yield run
    }
  }

  private check(run: Run): void {
    const { feed, codec } = this
    // Behind a gap the tree cannot be built; the records' hashes and signatures still count.
    if (run.from > this.at) this.tree = null
    const fresh = Math.max(0, this.at - run.from)
    if (this.tree !== null) this.tree.appendAll(run.blocks.slice(fresh))
    this.at = Math.max(this.at, run.to)
    // A run that ends within what was there before is proven by its own signature alone.
    if (!isProven(run, this.at === run.to ? this.tree : null)) {
      this.unproven = true
      // What comes behind may be sound, and cannot be told from this tree any more.
      this.tree = null
      this.report(run.from, run.to, `The signature of feed ${shortFeedId(feed)} does not hold.`)
      return
    }
    for (const [i, block] of run.blocks.entries()) {
      const seq = run.from + i
      if (i < fresh || isCheckpoint(seq) || codec.decrypts(seq, block)) continue
      this.report(seq, seq + 1, `Entry ${seq} does not decrypt: its writer wrote nonsense.`)
    }
  }

  /** A part of a run whose end is not here. */
  private async checkAlone(place: SegmentPlace, damaged: SegmentPlace[]): Promise<void> {
    const segment = await this.reader.segment(place)
    if (!('reason' in segment)) return
    damaged.push(place)
    this.unreadable(place.from, place.from + place.count, segment)
  }

  private unreadable(from: number, to: number, { code, offset, reason, place }: Unreadable): void {
    const { feed } = this
    const path = this.volumes.medium.volumePath(place.volume)
    const message = `Blocks ${from} to ${to} of feed ${shortFeedId(feed)} cannot be read: ${reason}.`
    this.problems.push({ code, message, path, feed, from, to, offset })
  }

  private report(from: number, to: number, message: string): void {
    const { feed, volumes } = this
    this.problems.push({ code: 'SYNCFILE_DAMAGED', message, path: volumes.path, feed, from, to })
  }
}

function isProven(run: Run, tree: Frontier | null): boolean {
  const { feed, to: length, rootHash, signature } = run
  const fits = tree === null || b4a.equals(tree.rootHash(), rootHash)
  return fits && isSigned({ feed, length, rootHash, signature })
}

class Meter {
  private done = 0
  private told = 0

  constructor(
    private readonly total: number,
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
