// What a file holds of one feed, verified from its beginning: every record, then the merkle tree over
// the blocks against the signatures of its runs, then every entry.

import b4a from 'b4a'
import { subtract } from '../exchange/plan.js'
import { BlockCipher } from '../log/block-cipher.js'
import { isCheckpoint } from '../log/checkpoint.js'
import { shortFeedId } from '../log/feed-id.js'
import { Frontier } from '../log/merkle.js'
import type { Project } from '../log/project.js'
import { readAhead } from '../log/read-ahead.js'
import type { Run } from '../log/replica.js'
import { type SignedLength, isSigned } from '../log/signature.js'
import type { SegmentPlace } from './directory.js'
import type { LoadedFile } from './load.js'
import type { RunProof } from './prove.js'
import type { Provers } from './provers.js'
import type { RunReader, Unreadable } from './run-reader.js'
import { type RunPlace, blockBytes } from './segment-index.js'
import type { FileProblem } from './file-problem.js'
import type { Volumes } from './volumes.js'

/** Told how many bytes are done; throws where whoever asked has given up. */
interface Meter {
  add(bytes: number): void
  throwIfAborted(): void
}

interface PlacedRun extends Run {
  readonly place: RunPlace
}

/** Verifies all that a file holds of one feed, every segment once. */
export class FeedCheck {
  private readonly problems: FileProblem[] = []
  private readonly cipher: BlockCipher
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
    private readonly provers: Provers,
    private readonly meter: Meter
  ) {
    this.cipher = new BlockCipher(project.entryKey, feed)
  }

  async run(damaged: SegmentPlace[]): Promise<FileProblem[]> {
    const { feed, file, meter } = this
    const inRuns = new Set<SegmentPlace>()
    for await (const run of readAhead(this.runs(damaged, inRuns), 1)) {
      meter.throwIfAborted()
      if ('blocks' in run) this.check(run)
      else await this.checkProof(run.place, run.proof, damaged)
      const { parts } = run.place
      meter.add(parts.reduce((sum, part) => sum + blockBytes(part) + 4 * part.count, 0))
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

  private async *runs(
    damaged: SegmentPlace[],
    inRuns: Set<SegmentPlace>
  ): AsyncGenerator<PlacedRun | { place: RunPlace; proof: RunProof }> {
    for (const place of this.file.index.runs(this.feed)) {
      const proof = await this.provers.take(place)
      if (proof !== null) {
        for (const part of place.parts) inRuns.add(part)
        yield { place, proof }
        continue
      }
      const run = await this.reader.run(place)
      // Parts behind a damaged one are looked at by themselves.
      const broken = 'reason' in run ? place.parts.indexOf(run.place) : place.parts.length
      for (const part of place.parts.slice(0, broken + 1)) inRuns.add(part)
      if ('reason' in run) {
        damaged.push(run.place)
        this.unreadable(place.from, place.to, run)
      } else yield { ...run, place }
    }
  }

  /** The same as `check`, from what another thread has found to be sound by itself. */
  private async checkProof(
    place: RunPlace,
    proof: RunProof,
    damaged: SegmentPlace[]
  ): Promise<void> {
    const { feed, at } = this
    const { from, to: length } = place
    if (from < at) {
      const run = await this.reader.run(place)
      if (!('reason' in run)) return this.check(run)
      // It was sound a moment ago: the medium goes bad, or somebody writes to it.
      damaged.push(run.place)
      return this.unreadable(from, length, run)
    }
    if (from > at) this.tree = null
    for (const node of proof.nodes) this.tree?.appendNode(node)
    this.at = length
    const { rootHash, signature } = proof
    if (!isProven({ feed, length, rootHash, signature }, this.tree))
      this.reportUnproven(from, length)
  }

  private check(run: Run): void {
    const { cipher } = this
    // Behind a gap the tree cannot be built; the records' hashes and signatures still count.
    if (run.from > this.at) this.tree = null
    const fresh = Math.max(0, this.at - run.from)
    if (this.tree !== null) this.tree.appendAll(run.blocks.slice(fresh))
    this.at = Math.max(this.at, run.to)
    // A run that ends within what was there before is proven by its own signature alone.
    if (!isProven({ ...run, length: run.to }, this.at === run.to ? this.tree : null)) {
      this.reportUnproven(run.from, run.to)
      return
    }
    for (const [i, block] of run.blocks.entries()) {
      const seq = run.from + i
      if (i < fresh || isCheckpoint(seq) || cipher.isAuthentic(seq, block)) continue
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

  private reportUnproven(from: number, to: number): void {
    this.unproven = true
    // What comes behind may be sound, and cannot be told from this tree any more.
    this.tree = null
    this.report(from, to, `The signature of feed ${shortFeedId(this.feed)} does not hold.`)
  }

  private report(from: number, to: number, message: string): void {
    const { feed, volumes } = this
    this.problems.push({ code: 'SYNCFILE_DAMAGED', message, path: volumes.path, feed, from, to })
  }
}

function isProven(end: SignedLength, tree: Frontier | null): boolean {
  const fits = tree === null || b4a.equals(tree.rootHash(), end.rootHash)
  return fits && isSigned(end)
}
