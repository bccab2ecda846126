// The volumes of one file, opened: they fill in order, and what they hold never changes once followed
// by the next. Each names its set, its number and the last trailer of the one before, and says when it
// is followed, so that a missing, foreign or outdated volume is recognised; those that are there still
// give what they hold.

import b4a from 'b4a'
import { HASH_BYTES, randomBytes } from '../log/crypto.js'
import { type FileProblem, isMissing } from './file-problem.js'
import {
  FILE_ID_BYTES,
  FIRST_RECORD,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_COPIES,
  TRAILER_BYTES
} from './format.js'
import { type LostTrailer, findLostTrailer } from './lost-trailer.js'
import { MAX_VOLUME_GAP, type Medium } from './medium.js'
import { changedMeanwhile } from './prepare.js'
import { trailersFromEnd } from './scan.js'
import { type Storage, closedMeanwhile } from './storage.js'
import { readSuperblock, superblockCopies } from './superblock-copies.js'
import { type Superblock, encodeSuperblock } from './superblock.js'
import { isWritable } from './version-rule.js'
import { isOfSet, withoutStrangers } from './volume-set.js'

export class Volumes {
  private readonly opened = new Map<number, Storage>()
  readonly problems: FileProblem[] = []
  private isLockless = false
  /** False where the newest commit says that this version must not write. */
  continuable = true
  /** Damaged, and known all the same, by volume. */
  private readonly lostTrailers = new Map<number, LostTrailer>()
  /** The last volume that is here says that it is followed by another. */
  lacksEnd = false
  /** Volume numbers that the medium lists, as found at open. */
  private listed: readonly number[] = []

  constructor(
    readonly medium: Medium,
    /** Of the first volume; null where both of its copies are damaged. */
    public superblock: Superblock | null
  ) {}

  /**
   * Opens every volume that is there. With `lock`, other writers are kept out before anything is
   * read. Throws where the first one cannot be opened, SYNCFILE_LOCKED.
   */
  static async open(medium: Medium, lock = false): Promise<Volumes> {
    const first = await medium.open(1)
    const volumes = new Volumes(medium, null)
    volumes.opened.set(1, first)
    try {
      if (lock && !first.readOnly) volumes.lock()
      if (lock && !(await first.isCurrent())) throw changedMeanwhile(medium.path)
      volumes.superblock = await readSuperblock(first)
      await volumes.openOthers()
    } catch (error) {
      await volumes.close()
      throw error
    }
    return volumes
  }

  get path(): string {
    return this.medium.path
  }

  /** Keeps other writers out until the file is closed. Throws SYNCFILE_LOCKED. */
  lock(): void {
    this.isLockless = !this.first.lock()
  }

  /** It was tried to lock the file, and the file system knows no locks. */
  get lockless(): boolean {
    return this.isLockless
  }

  /** The number of the last volume. */
  get last(): number {
    return Math.max(...this.opened.keys())
  }

  get numbers(): number[] {
    return [...this.opened.keys()].sort((a, b) => a - b)
  }

  get first(): Storage {
    return this.at(1)
  }

  get readOnly(): boolean {
    const complete = !this.problems.some(isMissing)
    const writable = [...this.opened.values()].every((storage) => !storage.readOnly)
    const known = this.superblock !== null && isWritable(this.superblock) && this.continuable
    return !known || !complete || !writable
  }

  /** Whether the same volumes are there as when they were opened. */
  async areAsOpened(): Promise<boolean> {
    const listed = await this.medium.list()
    const same =
      listed.length === this.listed.length && listed.every((n, i) => n === this.listed[i])
    return same && (await this.first.isCurrent())
  }

  find(volume: number): Storage | undefined {
    return this.opened.get(volume)
  }

  at(volume: number): Storage {
    const storage = this.opened.get(volume)
    if (storage !== undefined) return storage
    if (this.opened.size === 0) throw closedMeanwhile(this.path)
    throw new Error(`volume ${volume} is not open`)
  }

  async byteLength(): Promise<number> {
    return [...(await this.sizes()).values()].reduce((sum, size) => sum + size, 0)
  }

  /** Bytes of each volume, by number. */
  async sizes(): Promise<Map<number, number>> {
    const sizes = [...this.opened].map(
      async ([volume, storage]) => [volume, await storage.size()] as const
    )
    return new Map(await Promise.all(sizes))
  }

  /** Begins the first volume of a new file. */
  async begin(superblock: Superblock): Promise<void> {
    await this.add(1, encodeSuperblock(superblock))
    this.superblock = superblock
  }

  /** Begins the next volume. Its first bytes are durable when this resolves. */
  async next(): Promise<number> {
    const volume = this.last + 1
    await this.add(volume, await this.superblockFor(volume))
    await this.at(volume).sync()
    await this.medium.syncNames()
    return volume
  }

  /** Takes back a volume that was begun; durably, before what it continues is cut as well. */
  async drop(volume: number): Promise<void> {
    await this.at(volume).close()
    this.opened.delete(volume)
    await this.medium.remove(volume)
    await this.medium.syncNames()
  }

  /** Whether some volume lost a copy of its superblock, or both, or its last trailer. */
  async needRepair(): Promise<boolean> {
    if (this.lostTrailers.size > 0) return true
    for (const storage of this.opened.values()) {
      if ((await superblockCopies(storage)).includes(null)) return true
    }
    return false
  }

  /** Writes what is known byte for byte anew; nothing else that is there is ever overwritten. */
  async repair(): Promise<void> {
    for (const [volume, storage] of this.opened) {
      const copies = await superblockCopies(storage)
      const sound = copies.find((copy) => copy !== null)
      for (const [i, copy] of copies.entries()) {
        if (copy !== null) continue
        await storage.write(i * SUPERBLOCK_BYTES, sound ?? (await this.superblockFor(volume)))
      }
    }
    for (const [volume, { offset, bytes }] of this.lostTrailers) {
      await this.at(volume).write(offset, bytes)
      await this.at(volume).sync()
      this.lostTrailers.delete(volume)
    }
  }

  /** The superblock of a volume after the first, from what is known of the set. */
  private async superblockFor(volume: number): Promise<Uint8Array> {
    const { superblock } = this
    if (superblock === null) throw new Error('a file that lost its beginning is not continued')
    const fileId = randomBytes(FILE_ID_BYTES)
    const previousTrailer = (await lastTrailerHash(this.at(volume - 1))) ?? b4a.alloc(HASH_BYTES)
    return encodeSuperblock({ ...superblock, fileId, volume, previousTrailer })
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.values()].map((storage) => storage.close()))
    this.opened.clear()
  }

  /** Throws where another file has taken the place of one that is about to get its name. */
  async publish(): Promise<void> {
    for (const storage of this.opened.values()) {
      if (!(await storage.isCurrent())) throw changedMeanwhile(this.path)
    }
    await this.medium.publish(this.numbers)
  }

  /**
   * Closes and deletes a file that never got its name; one that has it is only closed. The first
   * volume goes last, and all while they are locked: whoever begins the same file next makes others
   * of these names.
   */
  async discard(): Promise<void> {
    try {
      if (!this.medium.isUnfinished) return
      for (const volume of this.numbers.reverse()) await this.medium.remove(volume)
    } finally {
      await this.close()
    }
  }

  private async add(volume: number, superblock: Uint8Array): Promise<void> {
    const storage = await this.medium.create(volume)
    this.opened.set(volume, storage)
    await storage.write(0, b4a.concat(Array<Uint8Array>(SUPERBLOCK_COPIES).fill(superblock)))
  }

  private async openOthers(): Promise<void> {
    this.listed = await this.medium.list()
    const numbers = await withoutStrangers(this.medium, this.listed, this.superblock?.setId)
    let expected = 2
    for (const volume of numbers) {
      // A stranger can give a file a very high number.
      const named = Math.min(volume, expected + MAX_VOLUME_GAP)
      for (let gone = expected; gone < named; gone++) this.missing(gone, 'is not there')
      await this.openOne(volume, volume === numbers.at(-1))
      expected = volume + 1
    }
  }

  private async openOne(volume: number, isLast: boolean): Promise<void> {
    const storage = await this.medium.open(volume)
    const size = await storage.size()
    const superblock = await readSuperblock(storage)
    const set = this.superblock?.setId
    // A volume that was only just begun when everything stopped: it will be begun again.
    const unborn = isLast && (size < FIRST_RECORD || (superblock === null && size === FIRST_RECORD))
    if (unborn || !(await isOfSet(storage, superblock, volume, set))) {
      await storage.close()
      if (!unborn) this.missing(volume, 'belongs to another file or is damaged')
      return
    }
    this.opened.set(volume, storage)
    if (superblock === null) {
      const path = this.medium.volumePath(volume)
      const message = `The first bytes of ${path} are damaged.`
      this.problems.push({ code: 'SYNCFILE_DAMAGED', message, path, offset: 0 })
      return
    }
    const before = this.opened.get(volume - 1)
    if (before === undefined) return
    const trailer = (await lastTrailerHash(before)) ?? b4a.alloc(HASH_BYTES)
    if (b4a.equals(trailer, superblock.previousTrailer)) return
    const lost = await findLostTrailer(before, volume - 1, superblock, superblock.previousTrailer)
    if (lost !== null) {
      this.lostTrailers.set(volume - 1, lost)
      const path = this.medium.volumePath(volume - 1)
      const message = `The last trailer of ${path} is damaged.`
      this.problems.push({ code: 'SYNCFILE_DAMAGED', message, path, offset: lost.offset })
    } else {
      this.missing(volume - 1, `is another state than ${this.medium.volumePath(volume)} continues`)
    }
  }

  /** What comes behind the last volume that is here is missing. */
  missEnd(): void {
    if (this.lacksEnd) return
    this.lacksEnd = true
    this.missing(this.last + 1, 'is not there')
  }

  private missing(volume: number, how: string): void {
    const path = this.medium.volumePath(volume)
    if (this.problems.some((problem) => problem.path === path && isMissing(problem))) return
    this.problems.push({
      code: 'VOLUME_MISSING',
      message: `Volume ${volume}, ${path}, ${how}. Put all volumes of one state side by side; what the others hold was read.`,
      path
    })
  }
}

async function lastTrailerHash(storage: Storage): Promise<Uint8Array | null> {
  for await (const { offset } of trailersFromEnd(storage, await storage.size())) {
    return storage.read(offset + TRAILER_BYTES - HASH_BYTES, HASH_BYTES)
  }
  return null
}
