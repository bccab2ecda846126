// The volumes of one file, opened: they fill in order and never change once followed by the next.
// Each names its set, its number and the last trailer of the one before, so that a missing,
// foreign or outdated volume is recognised; those that are there still give what they hold.

import b4a from 'b4a'
import { CairnError } from '../errors.js'
import { HASH_BYTES, randomBytes } from '../log/crypto.js'
import {
  FILE_ID_BYTES,
  FIRST_RECORD,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_COPIES,
  TRAILER_BYTES,
  WRITE_VERSION
} from './format.js'
import type { Medium } from './medium.js'
import { trailersFromEnd } from './scan.js'
import type { Storage } from './storage.js'
import { type Superblock, decodeSuperblock, encodeSuperblock } from './superblock.js'

/** Something in the file that is not as it was written. */
export interface FileProblem {
  readonly code: 'SYNCFILE_DAMAGED' | 'VOLUME_MISSING'
  readonly message: string
  /** The volume's path. */
  readonly path: string
  readonly offset?: number
  readonly feed?: string
  readonly from?: number
  readonly to?: number
}

export class Volumes {
  private readonly opened = new Map<number, Storage>()
  readonly problems: FileProblem[] = []

  constructor(
    readonly medium: Medium,
    /** Of the first volume; null where both of its copies are damaged. */
    public superblock: Superblock | null
  ) {}

  /** Opens every volume that is there. Throws where the first one cannot be opened. */
  static async open(medium: Medium): Promise<Volumes> {
    const first = await medium.open(1)
    const volumes = new Volumes(medium, null)
    volumes.opened.set(1, first)
    try {
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
    const complete = this.problems.every(({ code }) => code !== 'VOLUME_MISSING')
    const writable = [...this.opened.values()].every((storage) => !storage.readOnly)
    const known = this.superblock !== null && this.superblock.writeVersion <= WRITE_VERSION
    return !known || !complete || !writable
  }

  find(volume: number): Storage | undefined {
    return this.opened.get(volume)
  }

  at(volume: number): Storage {
    const storage = this.opened.get(volume)
    if (storage === undefined) throw new Error(`volume ${volume} is not open`)
    return storage
  }

  async byteLength(): Promise<number> {
    const sizes = await Promise.all([...this.opened.values()].map((storage) => storage.size()))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  /** Begins the first volume of a new file. */
  async begin(superblock: Superblock): Promise<void> {
    await this.add(1, superblock)
    this.superblock = superblock
  }

  /** Begins the next volume. Its first bytes are durable when this resolves. */
  async next(): Promise<number> {
    const { superblock } = this
    if (superblock === null) throw new Error('a damaged file is not continued')
    const volume = this.last + 1
    const previousTrailer = (await lastTrailerHash(this.at(volume - 1))) ?? b4a.alloc(HASH_BYTES)
    await this.add(volume, {
      ...superblock,
      fileId: randomBytes(FILE_ID_BYTES),
      volume,
      previousTrailer
    })
    await this.at(volume).sync()
    await this.medium.syncNames()
    return volume
  }

  /** Takes back a volume that was begun. */
  async drop(volume: number): Promise<void> {
    await this.at(volume).close()
    this.opened.delete(volume)
    await this.medium.remove(volume)
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.values()].map((storage) => storage.close()))
    this.opened.clear()
  }

  /** Closes and deletes a file that never got its name. */
  async discard(): Promise<void> {
    const { numbers } = this
    await this.close()
    for (const volume of numbers) await this.medium.remove(volume)
  }

  private async add(volume: number, superblock: Superblock): Promise<void> {
    const storage = await this.medium.create(volume)
    this.opened.set(volume, storage)
    const encoded = encodeSuperblock(superblock)
    await storage.write(0, b4a.concat(Array<Uint8Array>(SUPERBLOCK_COPIES).fill(encoded)))
  }

  private async openOthers(): Promise<void> {
    const numbers = (await this.medium.list()).filter((volume) => volume > 1)
    const highest = numbers.at(-1) ?? 1
    for (let volume = 2; volume <= highest; volume++) {
      if (numbers.includes(volume)) await this.openOne(volume, volume === highest)
      else this.missing(volume, 'is not there')
    }
  }

  private async openOne(volume: number, isLast: boolean): Promise<void> {
    const storage = await this.medium.open(volume)
    const superblock = await readSuperblock(storage)
    const set = this.superblock?.setId
    // A volume that was only just begun when everything stopped: it will be begun again.
    const unborn = superblock === null && isLast && (await storage.size()) <= FIRST_RECORD
    const foreign =
      superblock === null ||
      superblock.volume !== volume ||
      (set !== undefined && !b4a.equals(superblock.setId, set))
    if (unborn || foreign) {
      await storage.close()
      if (!unborn) this.missing(volume, 'belongs to another file or is damaged')
      return
    }
    this.opened.set(volume, storage)
    const before = this.opened.get(volume - 1)
    if (before === undefined) return
    const trailer = (await lastTrailerHash(before)) ?? b4a.alloc(HASH_BYTES)
    if (!b4a.equals(trailer, superblock.previousTrailer)) {
      this.missing(volume - 1, `is another state than ${this.medium.volumePath(volume)} continues`)
    }
  }

  private missing(volume: number, how: string): void {
    const path = this.medium.volumePath(volume)
    this.problems.push({
      code: 'VOLUME_MISSING',
      message: `Volume ${volume}, ${path}, ${how}. Put all volumes of one state side by side; what the others hold was read.`,
      path
    })
  }
}

/** The superblock, from whichever copy is sound; null where neither is. */
export async function readSuperblock(storage: Storage): Promise<Superblock | null> {
  const size = await storage.size()
  for (let copy = 0; copy < SUPERBLOCK_COPIES; copy++) {
    const offset = copy * SUPERBLOCK_BYTES
    if (offset + SUPERBLOCK_BYTES > size) return null
    const superblock = decodeSuperblock(await storage.read(offset, SUPERBLOCK_BYTES))
    if (superblock !== null) return superblock
  }
  return null
}

async function lastTrailerHash(storage: Storage): Promise<Uint8Array | null> {
  for await (const { offset } of trailersFromEnd(storage, await storage.size())) {
    return storage.read(offset + TRAILER_BYTES - HASH_BYTES, HASH_BYTES)
  }
  return null
}

/** Throws where a file that is not the first of its set was opened as if it were. */
export function assertFirstVolume(superblock: Superblock, path: string): void {
  if (superblock.volume === 1) return
  throw new CairnError(
    'VOLUME_MISSING',
    `${path} is volume ${superblock.volume} of a sync file. Open the first one, whose name has no number at its end.`,
    { path, expected: 1, found: superblock.volume }
  )
}
