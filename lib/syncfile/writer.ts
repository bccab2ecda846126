// The writing side of an open sync file: takes the lock, makes sure that the file is still what was
// read from it, and keeps the commit that is under way. Nothing is written outside of it.

import { Mutex } from 'async-mutex'
import type { Acknowledgment, Intake, MediaAcknowledgment, Run } from '../log/replica.js'
import { Commit } from './commit.js'
import { type Committed, committedState } from './committed.js'
import type { DirectoryHead, SegmentPlace, VoidRange } from './directory.js'
import { Doubts } from './doubts.js'
import { isMissing } from './file-problem.js'
import { load } from './load.js'
import type { ChunkName } from './media-record.js'
import type { ChunkPlace } from './media-rows.js'
import type { SyncFileParts } from './open.js'
import { assertSpace, changedMeanwhile } from './prepare.js'
import { closedMeanwhile } from './storage.js'

export class Writer {
  committed: Committed
  private pending: Commit | null = null
  private mayWrite: boolean
  private unfinished: boolean
  private ended = false
  private readonly doubts: Doubts
  private readonly turn = new Mutex()

  constructor(private readonly parts: SyncFileParts) {
    this.committed = committedState(parts.file, parts.now())
    this.mayWrite = parts.locked && parts.file.size <= parts.file.end.offset
    this.unfinished = parts.unfinished
    this.doubts = new Doubts(parts.volumes, parts.file)
  }

  /** True where this object has not given the file its name yet. */
  get isUnfinished(): boolean {
    return this.unfinished
  }

  /** True where nothing is to be written: it cannot be, or the file is a request or an answer. */
  get isClosed(): boolean {
    const { volumes, file } = this.parts
    return volumes.readOnly || (file.kind !== 'snapshot' && !this.unfinished)
  }

  /** Something was found damaged, and no commit says so yet. */
  get hasDropped(): boolean {
    return this.doubts.size > 0 || this.pending?.hasDropped === true
  }

  /** Damaged bytes that the newest directory lists as such: nothing is lost with them any more. */
  get voids(): readonly VoidRange[] {
    const { committed, parts } = this
    return committed.generation === parts.file.generation ? parts.file.voids : committed.voids
  }

  /** What load found damaged or cut off, and no commit has dealt with yet. */
  private get isUnsettled(): boolean {
    const { file } = this.parts
    if (this.committed.generation !== file.generation) return false
    const damaged = file.problems.some((problem) => !isMissing(problem))
    const unlisted = file.unlisted.length + file.unlistedMedia.length
    return damaged || unlisted > 0 || this.committed.size > this.committed.end.offset
  }

  /**
   * Keeps other writers out until the file is closed. Throws SYNCFILE_LOCKED, also where the file is
   * not what was read of it: what somebody committed since must not be written over, nor what was
   * read wrong be cut off.
   */
  async begin(): Promise<void> {
    const { volumes, project, file, locked } = this.parts
    if (this.mayWrite || volumes.readOnly) return
    if (!locked) volumes.lock()
    const now = (await volumes.areAsOpened()) ? await load(volumes, project) : null
    const same =
      now?.generation === file.generation &&
      now.trailer.offset === file.trailer.offset &&
      now.end.volume === file.end.volume &&
      now.end.offset === file.end.offset &&
      now.size === file.size
    if (!same) throw changedMeanwhile(volumes.path)
    this.mayWrite = true
  }

  /** Throws SYNCFILE_LOCKED and NO_SPACE before the first write. */
  async prepare(intake: Intake): Promise<void> {
    if (this.isClosed) return
    await this.begin()
    if (intake.blocks > 0) await assertSpace(this.parts.volumes.medium, intake)
  }

  async write(run: Run): Promise<void> {
    await this.inTurn(async () => {
      await this.begin()
      await this.underWay().write(run)
    })
  }

  async writeChunk(name: ChunkName, chunk: Uint8Array): Promise<void> {
    await this.inTurn(async () => {
      await this.begin()
      await this.underWay().writeChunk(name, chunk)
    })
  }

  setHead(head: DirectoryHead): void {
    this.underWay().setHead(head)
  }

  /** Proven to be not what they say, so no longer counted as held. */
  drop(places: readonly SegmentPlace[]): void {
    if (!this.isClosed && places.length > 0) this.underWay().drop(places)
  }

  /** The same for pieces of photos and files. */
  dropMedia(ranges: readonly VoidRange[]): void {
    if (!this.isClosed && ranges.length > 0) this.underWay().drop([], ranges)
  }

  /** Met damaged: no longer counted as held, and dropped where it still is at the next commit. */
  doubt(places: readonly SegmentPlace[], media: readonly ChunkPlace[]): void {
    if (!this.isClosed) this.doubts.doubt(places, media)
  }

  /** Says another head of a feed, or none, than a member's that is not signed. */
  restate(feed: string, head: DirectoryHead | null): void {
    if (!this.isClosed) this.underWay().restate(feed, head)
  }

  /** The same while reading: counted as held until the reading is done. */
  noteDamaged(place: SegmentPlace): void {
    if (!this.isClosed) this.doubts.note(place)
  }

  /** Who holds what: written down where it is news. */
  acknowledge(rows: readonly Acknowledgment[]): void {
    const news = this.isClosed ? [] : this.parts.file.held.merge(rows)
    if (news.length > 0) this.underWay().acknowledge(news)
  }

  /** The same of photos and files. */
  acknowledgeMedia(rows: readonly MediaAcknowledgment[]): void {
    const news = this.isClosed ? [] : this.parts.file.heldMedia.merge(rows)
    if (news.length > 0) this.underWay().acknowledge([], news)
  }

  giveUp(range: VoidRange): void {
    if (!this.isClosed) this.underWay().giveUp(range)
  }

  /** Makes what was written the new snapshot; writes nothing where there is nothing to say. */
  async commit(): Promise<void> {
    if (!this.isClosed) await this.inTurn(() => this.commitNow())
  }

  private async commitNow(): Promise<void> {
    const due = this.unfinished || this.isUnsettled || (await this.parts.volumes.needRepair())
    if (due) this.underWay()
    await this.dropDamaged()
    if (this.pending !== null) {
      await this.begin()
      this.committed = await this.pending.finish(this.parts.now())
      this.pending = null
    }
    this.doubts.clear()
    if (!this.unfinished) return
    await this.parts.volumes.publish()
    this.unfinished = false
  }

  private async dropDamaged(): Promise<void> {
    const { segments, media } = await this.doubts.settle()
    if (segments.length + media.length === 0) return
    this.underWay().drop(segments, media)
    for (const place of [...segments, ...media]) this.underWay().giveUp(place)
  }

  /** Cuts off what was written since the last commit, when what is being written has ended. */
  async rollback(): Promise<void> {
    await this.turn.runExclusive(() => this.rollbackNow())
  }

  /** The same where the file stays, and nothing is written any more: it is about to be closed. */
  async end(): Promise<void> {
    this.ended = true
    await this.turn.runExclusive(async () => {
      if (!this.unfinished) await this.rollbackNow()
    })
  }

  private async rollbackNow(): Promise<void> {
    const { pending } = this
    this.pending = null
    try {
      await pending?.undo()
    } finally {
      this.doubts.takeBack()
      if (pending !== null) await this.measure()
    }
  }

  /** Throws CLOSED. */
  private async inTurn(work: () => Promise<void>): Promise<void> {
    await this.turn.runExclusive(async () => {
      if (this.ended) throw closedMeanwhile(this.parts.volumes.path)
      await work()
    })
  }

  /** Whatever lies there now, under our lock nobody else has written it. */
  private async measure(): Promise<void> {
    const { volume } = this.committed.end
    const size = await this.parts.volumes
      .at(volume)
      .size()
      .catch(() => this.committed.size)
    this.committed = { ...this.committed, size }
  }

  /** The commit that is being written; lists first what an earlier one left unlisted. */
  private underWay(): Commit {
    if (this.pending === null) {
      const { file } = this.parts
      this.pending = new Commit(this.parts, this.committed)
      if (this.committed.generation === file.generation) {
        this.pending.adopt(file.unlisted, file.unlistedMedia)
      }
    }
    return this.pending
  }
}
