// Re-hashes and re-verifies everything in a file: with the project key every signature and entry
// too, without it the hashes alone. Reads each byte once, in memory that does not grow.

import b4a from 'b4a'
import { throwIfAborted } from '../errors.js'
import { BlockCodec } from '../log/block.js'
import { isCheckpoint } from '../log/checkpoint.js'
import { shortFeedId } from '../log/feed-id.js'
import { Frontier } from '../log/merkle.js'
import type { Project } from '../log/project.js'
import { readAhead } from '../log/read-ahead.js'
import type { Run } from '../log/replica.js'
import { isSigned } from '../log/signature.js'
import type { SegmentPlace } from './directory.js'
import type { LoadedFile } from './load.js'
import { FIRST_RECORD, RECORD_HEADER_BYTES, RECORD_TYPE, SUPERBLOCK_BYTES } from './format.js'
import { decodeRecordHeader, recordBytes } from './record.js'
import { RunReader } from './run-reader.js'
import { scan } from './scan.js'
import { decodeSuperblock } from './superblock.js'
import type { FileProblem, Volumes } from './volumes.js'

export interface VerifyProgress {
  /** Bytes of the file. */
  readonly done: number
  readonly total: number
}

export interface VerifyOptions {
  signal?: AbortSignal
  onProgress?: (progress: VerifyProgress) => void
}

/** Every problem of a file, with the key: hashes, then merkle trees, signatures and entries. */
export async function verifyFile(
  volumes: Volumes,
  project: Project,
  file: LoadedFile,
  options: VerifyOptions
): Promise<FileProblem[]> {
  const meter = new Meter(await volumes.byteLength(), options)
  const problems = volumes.problems.concat(await verifyRecords(volumes, meter, file.index.places()))
  const reader = new RunReader(volumes, file)
  for (const feed of file.index.ids) {
    problems.push(...(await verifyFeed(feed, volumes, project, file, reader, meter)))
  }
  meter.finish()
  return problems
}

/** Every problem that shows without a key. */
export async function verifySealed(
  volumes: Volumes,
  options: VerifyOptions
): Promise<FileProblem[]> {
  const meter = new Meter(await volumes.byteLength(), options)
  const problems = volumes.problems.concat(await verifyRecords(volumes, meter, []))
  meter.finish()
  return problems
}

/** Superblocks, records and trailers by their own hashes; `checked` are verified elsewhere. */
async function verifyRecords(
  volumes: Volumes,
  meter: Meter,
  checked: readonly SegmentPlace[]
): Promise<FileProblem[]> {
  const problems: FileProblem[] = []
  for (const volume of volumes.numbers) {
    const storage = volumes.at(volume)
    const path = volumes.medium.volumePath(volume)
    const size = await storage.size()
    const damaged = (offset: number, message: string): void => {
      problems.push({ code: 'SYNCFILE_DAMAGED', message, path, offset })
    }
    for (let offset = 0; offset < FIRST_RECORD; offset += SUPERBLOCK_BYTES) {
      const whole = offset + SUPERBLOCK_BYTES <= size
      const superblock = whole && decodeSuperblock(await storage.read(offset, SUPERBLOCK_BYTES))
      if (!superblock) damaged(offset, 'A copy of the first bytes is damaged.')
    }
    const listed = new Listed(checked.filter((place) => place.volume === volume))
    let at = Math.min(size, FIRST_RECORD)
    let from = at
    const scanUpTo = async (to: number): Promise<void> => {
      const found = await scan(storage, from, to, {
        volume,
        labelKey: () => null,
        signal: meter.signal
      })
      for (const part of found.unsound) {
        damaged(part.from, `${part.to - part.from} bytes hold nothing sound.`)
      }
      meter.add(to - from)
    }
    // Listed segments are stepped over from header to header; what lies between them is searched.
    while (at < size) {
      const head = await storage.read(at, Math.min(RECORD_HEADER_BYTES, size - at))
      const header = decodeRecordHeader(head)
      const end = header === null ? size + 1 : at + recordBytes(header)
      if (header?.type === RECORD_TYPE.segment && listed.has(at) && end <= size) {
        if (at > from) await scanUpTo(at)
        at = end
        from = end
      } else if (header !== null && end <= size) at = end
      else at = listed.after(at) ?? size
    }
    if (from < size) await scanUpTo(size)
  }
  return problems
}

async function verifyFeed(
  feed: string,
  volumes: Volumes,
  project: Project,
  file: LoadedFile,
  reader: RunReader,
  meter: Meter
): Promise<FileProblem[]> {
  const problems: FileProblem[] = []
  const path = volumes.path
  const report = (from: number, to: number, message: string, offset?: number): void => {
    const place = offset === undefined ? {} : { offset }
    problems.push({ code: 'SYNCFILE_DAMAGED', message, path, feed, from, to, ...place })
  }
  const codec = new BlockCodec(project, feed)
  const length = file.index.head(feed)?.length ?? 0
  let tree: Frontier | null = new Frontier()
  let at = 0
  const runs = reader.runs(feed, 0, length, (gap) => {
    const name = shortFeedId(feed)
    const message = `Blocks ${gap.from} to ${gap.to} of feed ${name} cannot be read: ${gap.reason}.`
    problems.push({ ...gap, message, path })
  })
  for await (const run of readAhead(runs, 1)) {
    meter.throwIfAborted()
    // Behind a gap the tree cannot be built; the records' hashes and signatures still count.
    if (run.from > at) tree = null
    if (tree !== null) tree.appendAll(run.blocks.slice(at - run.from))
    if (!isProven(run, tree)) {
      report(run.from, run.to, `The signature of feed ${shortFeedId(feed)} does not hold.`)
    }
    for (const [seq, reason] of unreadable(codec, run, at)) report(seq, seq + 1, reason)
    at = Math.max(at, run.to)
    meter.add(run.blocks.reduce((sum, block) => sum + block.byteLength + 4, 0))
  }
  return problems
}

function isProven(run: Run, tree: Frontier | null): boolean {
  const { feed, to: length, rootHash, signature } = run
  const fits = tree === null || b4a.equals(tree.rootHash(), rootHash)
  return fits && isSigned({ feed, length, rootHash, signature })
}

function* unreadable(codec: BlockCodec, run: Run, from: number): Generator<[number, string]> {
  for (const [i, block] of run.blocks.entries()) {
    const seq = run.from + i
    if (seq < from || isCheckpoint(seq)) continue
    if (!codec.decrypts(seq, block)) {
      yield [seq, `Entry ${seq} does not decrypt: its writer wrote nonsense.`]
    }
  }
}

/** Offsets of listed segments in one volume. */
class Listed {
  private readonly offsets: readonly number[]
  private readonly known: ReadonlySet<number>

  constructor(places: readonly SegmentPlace[]) {
    this.offsets = places.map(({ offset }) => offset).sort((a, b) => a - b)
    this.known = new Set(this.offsets)
  }

  has(offset: number): boolean {
    return this.known.has(offset)
  }

  after(offset: number): number | undefined {
    return this.offsets.find((other) => other > offset)
  }
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
