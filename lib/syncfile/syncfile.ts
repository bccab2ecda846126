// A sync file as a Replica: a snapshot of feeds in one file, opened in place. Reading needs no lock,
// for nothing that is written ever changes; writing takes the lock, then appends one commit.

import { throwIfAborted } from '../errors.js'
import type { MediaPolicy } from '../log/media/reference.js'
import { Project } from '../log/project.js'
import type {
  Acknowledgment,
  Head,
  Intake,
  ReadOptions,
  Replica,
  ReplicaDescription,
  Run
} from '../log/replica.js'
import { isVerified } from '../log/verified.js'
import { type SyncFileInfo, inspectFile } from './inspect.js'
import {
  type CompactOptions,
  type CompactReport,
  assertReplaceable,
  writeCompacted
} from './compact.js'
import { withCutOff } from './cut-off.js'
import { FileBlobs } from './file-blobs.js'
import type { Kind } from './format.js'
import { NO_PROOF, type SegmentPlace } from './directory.js'
import { FileMedium, existingFile } from './medium.js'
import { type SalvageOptions, type SalvageReport, salvageFile } from './salvage.js'
import { SealedSyncFile } from './sealed.js'
import { closedMeanwhile } from './storage.js'
import { type VerifyOptions, verifyFile } from './verify.js'
import { type SyncFileParts, openParts } from './open.js'
import { disprove } from './disprove.js'
import { RunReader } from './run-reader.js'
import { RunVerifier } from './run-verifier.js'
import type { FileProblem } from './file-problem.js'
import { Writer } from './writer.js'

export interface SyncFileOptions {
  /** 32 secret bytes. */
  projectKey: Uint8Array
  /** Stops a search through a long stretch of damage. */
  signal?: AbortSignal
}

export class SyncFile implements Replica {
  private parts!: SyncFileParts
  private reader!: RunReader
  private verifier!: RunVerifier
  private writer!: Writer
  private media!: FileBlobs
  private closing: Promise<void> | null = null
  private verified: readonly FileProblem[] | null = null

  /** Use `SyncFile.open`. */
  constructor(parts: SyncFileParts) {
    this.use(parts)
  }

  /**
   * Opens a sync file; changes nothing. Without the project key it can be inspected and verified
   * by its hashes alone. Throws NOT_A_SYNCFILE, SYNCFILE_VERSION, SYNCFILE_DAMAGED,
   * PROJECT_MISMATCH, VOLUME_MISSING, PATH_UNUSABLE, IO_FAILED, ABORTED.
   */
  static async open(path: string, options: SyncFileOptions): Promise<SyncFile>
  static async open(path: string): Promise<SealedSyncFile>
  static async open(path: string, options?: SyncFileOptions): Promise<SyncFile | SealedSyncFile> {
    if (options === undefined) return SealedSyncFile.open(path)
    const project = new Project(options.projectKey)
    const { signal } = options
    return new SyncFile(await openParts(await existingFile(path), project, Date.now, false, signal))
  }

  /**
   * Takes everything sound out of a damaged file into a new one, and says feed by feed what is
   * lost. Does not write to the damaged file. Throws SYNCFILE_EXISTS, NOT_A_SYNCFILE, ABORTED.
   */
  static async salvage(
    damaged: string,
    target: string,
    { projectKey, configuration, signal, onProgress }: SyncFileOptions & SalvageOptions
  ): Promise<SalvageReport> {
    const settings = { project: new Project(projectKey), configuration, signal, onProgress }
    return salvageFile(damaged, target, settings, (parts) => new SyncFile(parts))
  }

  get kind(): Kind {
    return this.parts.file.kind
  }

  get path(): string {
    return this.parts.volumes.path
  }

  /** Nothing can be written: the medium forbids it, the beginning is damaged, a volume is missing. */
  get readOnly(): boolean {
    return this.parts.volumes.readOnly
  }

  /** The tiers of media that this file takes, where somebody chose when it was made. */
  get tiers(): MediaPolicy | null {
    return this.parts.tiers
  }

  /** What was found damaged or unfinished: by `verify` if it was called, else when it was opened. */
  get problems(): readonly FileProblem[] {
    return this.verified ?? this.parts.file.problems
  }

  /** What the file is and holds: project, devices, counts, dates, sizes. Writes nothing. */
  async inspect(): Promise<SyncFileInfo> {
    this.assertOpen()
    return inspectFile(this.parts, this.reader, this.writer.committed)
  }

  /**
   * Re-hashes and re-verifies everything; an empty list means that all is sound. Writes nothing,
   * but what it finds damaged counts as held no more: a sync with this object puts it right.
   * Throws ABORTED.
   */
  async verify(options: VerifyOptions = {}): Promise<FileProblem[]> {
    this.assertOpen()
    const { voids } = this.writer
    const found = await verifyFile(this.parts, voids, options)
    const { damaged, media, unsound, unproven } = found
    const problems = await withCutOff(found.problems, this.parts.volumes, this.writer.committed)
    this.writer.doubt(damaged, media.damaged)
    this.writer.dropMedia(media.forged)
    for (const feed of unproven) await this.distrust(feed, options)
    for (const range of unsound) this.writer.giveUp(range)
    this.verified = problems
    return problems
  }

  /**
   * Writes a fresh file of the same content, which takes the old one's place once it has been
   * verified. Throws SYNCFILE_DAMAGED, SYNCFILE_LOCKED, SYNCFILE_VERSION, VOLUME_MISSING,
   * PATH_UNUSABLE, NO_SPACE, ABORTED; then nothing changed.
   */
  async compact(options: CompactOptions = {}): Promise<CompactReport> {
    this.assertOpen()
    assertReplaceable(this.parts.volumes, this.writer.hasDropped)
    await this.writer.begin()
    const { path } = this
    const sizes = await writeCompacted(this.parts, options)
    await this.parts.volumes.close()
    const parts = await openParts(new FileMedium(path), this.parts.project, this.parts.now, false)
    if (this.closing === null) this.use(parts)
    else await parts.volumes.close()
    return sizes
  }

  /** Lists heads without their blocks: what a request is made of. */
  listHeads(heads: Iterable<Head>): void {
    for (const { feed, length, rootHash } of heads) {
      this.writer.setHead({ feed, length, rootHash, signature: NO_PROOF })
    }
  }

  async close(): Promise<void> {
    this.closing ??= this.closeOnce()
    await this.closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  // --- Replica

  get blobs(): FileBlobs {
    return this.media
  }

  async describe(): Promise<ReplicaDescription> {
    this.assertOpen()
    return {
      label: this.path,
      projectId: this.parts.project.id,
      configuration: this.parts.configuration,
      readOnly: this.readOnly,
      oneWay: this.parts.file.kind !== 'snapshot',
      contiguous: false,
      lockless: this.parts.volumes.lockless
    }
  }

  async heads(): Promise<Map<string, Head>> {
    this.assertOpen()
    const { index } = this.parts.file
    const heads = index.heads().map((head) => ({ ...head, held: index.held(head.feed) }))
    return new Map(heads.map((head) => [head.feed, head]))
  }

  async *read(
    feed: string,
    from: number,
    to: number,
    { signal, onGap }: ReadOptions = {}
  ): AsyncGenerator<Run> {
    this.assertOpen()
    // Once known to be damaged it counts as held no more, so a replica that has it will send it.
    const onDamaged = (place: SegmentPlace): void => this.writer.noteDamaged(place)
    const runs = this.reader.runs(feed, from, to, onGap, onDamaged)
    for await (const run of runs) {
      throwIfAborted(signal, `${this.path} was only read.`)
      yield run
    }
  }

  async byteLength(feed: string, from: number, to: number): Promise<number> {
    this.assertOpen()
    return this.reader.byteLength(feed, from, to)
  }

  async rootHash(feed: string, length: number): Promise<Uint8Array | null> {
    this.assertOpen()
    return this.reader.rootHash(feed, length)
  }

  async prepare(intake: Intake): Promise<void> {
    this.assertOpen()
    await this.writer.prepare(intake)
  }

  async append(run: Run): Promise<void> {
    this.assertOpen()
    if (!isVerified(run)) await this.verifier.verify(run)
    await this.writer.write(run)
  }

  async commit(): Promise<void> {
    this.assertOpen()
    await this.writer.commit()
  }

  async distrust(feed: string, { signal }: ReadOptions = {}): Promise<void> {
    this.assertOpen()
    if (this.writer.isClosed) return
    const { damaged, places, head } = await disprove(this.parts, this.reader, feed, signal)
    this.writer.doubt(damaged, [])
    this.writer.drop(places)
    if (head !== undefined) this.writer.restate(feed, head)
  }

  async acknowledgments(): Promise<Acknowledgment[]> {
    return this.parts.file.held.rows()
  }

  async acknowledge(rows: readonly Acknowledgment[]): Promise<void> {
    this.writer.acknowledge(rows)
  }

  async rollback(): Promise<void> {
    this.verifier.reset()
    await this.writer.rollback()
  }

  // --- helpers

  private use(parts: SyncFileParts): void {
    this.parts = parts
    this.writer = new Writer(parts)
    this.reader = new RunReader(parts.volumes, parts.file)
    this.verifier = new RunVerifier(parts.project, this.reader, parts.volumes.path)
    this.media = new FileBlobs(parts, this.writer)
  }

  private assertOpen(): void {
    if (this.closing === null) return
    throw closedMeanwhile(this.path)
  }

  private async closeOnce(): Promise<void> {
    const { volumes } = this.parts
    try {
      await this.writer.end()
    } finally {
      if (this.writer.isUnfinished) await volumes.discard()
      else await volumes.close()
    }
  }
}
