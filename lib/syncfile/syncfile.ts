// A sync file as a Replica: a snapshot of feeds in one file, opened in place. Reading needs no lock,
// for nothing that is written ever changes; writing takes the lock, then appends one commit.

import { Mutex } from 'async-mutex'
import { CairnError, throwIfAborted } from '../errors.js'
import { Project } from '../log/project.js'
import type { Head, Intake, ReadOptions, Replica, ReplicaDescription, Run } from '../log/replica.js'
import { isVerified } from '../log/verified.js'
import { Commit, type Committed, committedState } from './commit.js'
import type { SegmentPlace } from './directory.js'
import { type SyncFileInfo, inspectFile } from './inspect.js'
import { type CompactOptions, type CompactReport, writeCompacted } from './compact.js'
import type { Kind } from './format.js'
import { FileMedium } from './medium.js'
import { type SalvageOptions, type SalvageReport, salvageFile } from './salvage.js'
import { SealedSyncFile } from './sealed.js'
import { assertSpace } from './space.js'
import { type VerifyOptions, verifyFile } from './verify.js'
import { type SyncFileParts, openParts } from './open.js'
import { RunReader } from './run-reader.js'
import { RunVerifier } from './run-verifier.js'
import type { FileProblem } from './volumes.js'

export interface SyncFileOptions {
  /** 32 secret bytes. */
  projectKey: Uint8Array
}

export class SyncFile implements Replica {
  private parts!: SyncFileParts
  private reader!: RunReader
  private verifier!: RunVerifier
  private committed!: Committed
  private pending: Commit | null = null
  private unfinished = false
  private locking: 'none' | 'held' | 'unsupported' = 'none'
  private closing: Promise<void> | null = null
  private readonly writing = new Mutex()
  /** Bytes of the last volume, as this object knows it. */
  private size = 0

  /** Use `SyncFile.open`. */
  constructor(parts: SyncFileParts) {
    this.use(parts)
  }

  /**
   * Opens a sync file; changes nothing. Without the project key it can be inspected and verified
   * by its hashes alone. Throws NOT_A_SYNCFILE, SYNCFILE_VERSION, SYNCFILE_DAMAGED,
   * PROJECT_MISMATCH, VOLUME_MISSING, PATH_UNUSABLE, IO_FAILED.
   */
  static async open(path: string, options: SyncFileOptions): Promise<SyncFile>
  static async open(path: string): Promise<SealedSyncFile>
  static async open(path: string, options?: SyncFileOptions): Promise<SyncFile | SealedSyncFile> {
    if (options === undefined) return SealedSyncFile.open(path)
    const project = new Project(options.projectKey)
    return new SyncFile(await openParts(new FileMedium(path), project, Date.now, false))
  }

  /**
   * Takes everything sound out of a damaged file into a new one, and says feed by feed what is
   * lost. Does not write to the damaged file. Throws SYNCFILE_EXISTS, NOT_A_SYNCFILE, ABORTED.
   */
  static async salvage(
    damaged: string,
    target: string,
    { projectKey, configuration, signal }: SyncFileOptions & SalvageOptions
  ): Promise<SalvageReport> {
    const project = new Project(projectKey)
    return salvageFile(damaged, target, { project, configuration, signal }, (parts) => {
      return new SyncFile(parts)
    })
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

  /** What was found damaged so far. */
  get problems(): readonly FileProblem[] {
    return this.parts.file.problems
  }

  /** What the file is and holds: project, devices, counts, dates, sizes. Writes nothing. */
  async inspect(): Promise<SyncFileInfo> {
    this.assertOpen()
    return inspectFile(this.parts, this.reader, this.committed)
  }

  /**
   * Re-hashes and re-verifies everything; an empty list means that all is sound. Writes nothing.
   * Throws ABORTED.
   */
  async verify(options: VerifyOptions = {}): Promise<FileProblem[]> {
    this.assertOpen()
    const { volumes, project, file } = this.parts
    return verifyFile(volumes, project, file, options)
  }

  /**
   * Writes a fresh file of the same content, which takes the old one's place once it has been
   * verified. Throws SYNCFILE_DAMAGED, SYNCFILE_LOCKED, NO_SPACE, ABORTED; then nothing changed.
   */
  async compact(options: CompactOptions = {}): Promise<CompactReport> {
    this.assertOpen()
    this.lock()
    const { path } = this
    const sizes = await writeCompacted(this, this.parts, options)
    await this.parts.volumes.close()
    this.use(await openParts(new FileMedium(path), this.parts.project, this.parts.now, false))
    return sizes
  }

  /** Lists heads without their blocks: what a request is made of. */
  listHeads(heads: Iterable<Head>): void {
    const commit = this.commitUnderWay()
    for (const { feed, length, rootHash, signature } of heads) {
      commit.setHead({ feed, length, rootHash, signature })
    }
  }

  /** Keeps other writers out until `close`. Throws SYNCFILE_LOCKED. */
  lock(): void {
    if (this.locking !== 'none' || this.readOnly) return
    this.locking = this.parts.volumes.first.lock() ? 'held' : 'unsupported'
  }

  async close(): Promise<void> {
    this.closing ??= this.closeOnce()
    await this.closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  // --- Replica

  async describe(): Promise<ReplicaDescription> {
    this.assertOpen()
    return {
      label: this.path,
      projectId: this.parts.project.id,
      configuration: this.parts.configuration,
      readOnly: this.readOnly,
      oneWay: this.parts.file.kind !== 'snapshot',
      contiguous: false
    }
  }

  async heads(): Promise<Map<string, Head>> {
    this.assertOpen()
    const { index } = this.parts.file
    const heads = new Map<string, Head>()
    for (const head of index.heads()) heads.set(head.feed, { ...head, held: index.held(head.feed) })
    return heads
  }

  async *read(
    feed: string,
    from: number,
    to: number,
    { signal, onGap }: ReadOptions = {}
  ): AsyncGenerator<Run> {
    this.assertOpen()
    const runs = this.reader.runs(feed, from, to, (gap, places) => {
      onGap?.(gap)
      // Once known to be damaged they no longer count as held, so a replica that has them sends them.
      if (this.readOnly || this.parts.file.kind !== 'snapshot') return
      for (const place of places) this.commitUnderWay().drop(place)
    })
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
    this.lock()
    const { volumes } = this.parts
    const size = await volumes.at(this.committed.end.volume).size()
    if (this.pending === null && size !== this.size) {
      throw new CairnError(
        'SYNCFILE_LOCKED',
        `Another program changed ${this.path} in the meantime. Sync again.`,
        { path: this.path }
      )
    }
    if (intake.blocks > 0) await assertSpace(volumes.medium, intake)
  }

  async append(run: Run): Promise<void> {
    this.assertOpen()
    await this.writing.runExclusive(async () => {
      if (!isVerified(run)) await this.verifier.verify(run)
      const commit = this.commitUnderWay()
      // What a cut-off commit left behind its last sound segment is of no use to anybody.
      const { volume, offset } = this.committed.end
      if (this.size > offset) {
        await this.parts.volumes.at(volume).truncate(offset)
        this.size = offset
      }
      await commit.write(run)
    })
  }

  async commit(): Promise<void> {
    await this.writeCommit()
    if (!this.unfinished || this.readOnly) return
    await this.parts.volumes.medium.publish()
    this.unfinished = false
  }

  async rollback(): Promise<void> {
    const { pending } = this
    this.pending = null
    this.verifier.reset()
    await pending?.undo()
  }

  // --- helpers

  private async writeCommit(): Promise<void> {
    this.assertOpen()
    if (this.readOnly) return
    if (this.unlisted.length > 0 || this.unfinished) this.commitUnderWay()
    if (this.pending === null) return
    this.committed = await this.pending.finish(this.parts.now())
    this.size = this.committed.end.offset
    this.pending = null
  }

  private use(parts: SyncFileParts): void {
    this.parts = parts
    this.size = parts.file.size
    this.committed = committedState(parts.file, parts.now())
    this.reader = new RunReader(parts.volumes, parts.file)
    this.verifier = new RunVerifier(parts.project, this.reader, parts.volumes.path)
    this.unfinished = parts.unfinished
    this.locking = 'none'
  }

  /** The commit that is being written; lists first what an earlier one left unlisted. */
  private commitUnderWay(): Commit {
    if (this.pending === null) {
      this.pending = new Commit(this.parts, this.committed)
      this.pending.adopt(this.unlisted)
    }
    return this.pending
  }

  /** Sound segments in the file that no directory lists yet. */
  private get unlisted(): readonly SegmentPlace[] {
    const { file } = this.parts
    return this.committed.generation === file.generation ? file.unlisted : []
  }

  private assertOpen(): void {
    if (this.closing === null) return
    throw new CairnError('CLOSED', `${this.path} has been closed.`, { path: this.path })
  }

  private async closeOnce(): Promise<void> {
    const { volumes } = this.parts
    if (this.unfinished) await volumes.discard()
    else {
      await this.rollback()
      await volumes.close()
    }
  }
}
