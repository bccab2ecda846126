// Where the volumes of a sync file lie: `territory.cairn`, `territory.cairn.002` and so on, in one
// folder. A new file is made under unfinished names and gets its own when it is whole.

import fs from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CairnError } from '../errors.js'
import { giveName, isSameFile, isThere, syncFolder } from '../log/durable-file.js'
import { FIRST_RECORD, MIN_VOLUME_BYTES } from './format.js'
import { FileStorage, type Storage, fileExists, translateFileError } from './storage.js'

/** What a file is called until its first commit. */
export const UNFINISHED = '.part'

/** Of so many missing volumes in a row each is named; what comes later must prove that it is one. */
export const MAX_VOLUME_GAP = 32

/** A place for the volumes of one file. Tests put faults behind it. */
export interface Medium {
  /** The first volume's path: what people call the file. */
  readonly path: string
  /** True while the file has not got its name. */
  readonly isUnfinished: boolean
  /** A volume is filled at least so far, whatever a stranger's superblock says. */
  readonly minVolumeBytes: number
  volumePath(volume: number): string
  /** Numbers of the volumes that are there, ascending. */
  list(): Promise<number[]>
  open(volume: number): Promise<Storage>
  /** An empty volume, locked, instead of whatever an earlier attempt left in its place. */
  create(volume: number): Promise<Storage>
  /** Makes a volume's name survive a power cut. */
  syncNames(): Promise<void>
  remove(volume: number): Promise<void>
  /** Gives the volumes of an unfinished file their names. Throws SYNCFILE_EXISTS. */
  publish(volumes: readonly number[]): Promise<void>
  /** Puts an unfinished file of one volume in the place of the one that has the name. */
  replace(): Promise<void>
  /** Bytes free; null where that cannot be told. */
  free(): Promise<number | null>
}

export class FileMedium implements Medium {
  readonly minVolumeBytes: number = MIN_VOLUME_BYTES

  constructor(
    readonly path: string,
    private unfinished = false
  ) {}

  get isUnfinished(): boolean {
    return this.unfinished
  }

  volumePath(volume: number): string {
    return volume === 1 ? this.path : `${this.path}.${String(volume).padStart(3, '0')}`
  }

  async list(): Promise<number[]> {
    const folder = dirname(this.path)
    const volumes: number[] = []
    for (const name of await fs.readdir(folder).catch(() => [])) {
      const volume = this.numberIn(name)
      if (volume !== null && (await isFile(join(folder, name)))) volumes.push(volume)
    }
    return volumes.sort((a, b) => a - b)
  }

  open(volume: number): Promise<Storage> {
    return FileStorage.open(this.nameNow(volume))
  }

  async create(volume: number): Promise<Storage> {
    const [name, named] = [this.nameNow(volume), this.volumePath(volume)]
    if (!this.unfinished) await assertUnborn(named)
    // An attempt that stopped while it gave the name left the same file under both.
    else if (await isSameFile(name, named)) await fs.rm(name, { force: true })
    const storage = await FileStorage.create(name)
    try {
      if (this.unfinished && volume === 1) await this.removeAbandoned()
      return storage
    } catch (error) {
      await storage.close()
      throw error
    }
  }

  async syncNames(): Promise<void> {
    await syncFolder(dirname(this.path))
  }

  async remove(volume: number): Promise<void> {
    await fs.rm(this.nameNow(volume), { force: true })
  }

  /**
   * The first volume last: whoever sees it sees a whole file. Where one name is taken none is given,
   * for what stands beside somebody else's file would count as a volume of it.
   */
  async publish(volumes: readonly number[]): Promise<void> {
    const named: number[] = []
    try {
      for (const volume of [...volumes].sort((a, b) => b - a)) {
        const to = this.volumePath(volume)
        if (!(await giveName(this.nameNow(volume), to))) throw fileExists(to)
        named.push(volume)
      }
    } catch (error) {
      for (const volume of named) {
        await giveName(this.volumePath(volume), this.nameNow(volume)).catch(() => {})
      }
      throw translateFileError(error, this.path)
    }
    this.unfinished = false
    await this.syncNames()
  }

  async replace(): Promise<void> {
    try {
      await fs.rename(this.nameNow(1), this.volumePath(1))
    } catch (error) {
      throw translateFileError(error, this.path)
    }
    this.unfinished = false
    await this.syncNames()
  }

  async free(): Promise<number | null> {
    try {
      const { bavail, bsize } = await fs.statfs(dirname(this.path))
      return bavail * bsize
    } catch {
      return null
    }
  }

  /** An earlier attempt may have come to more volumes than this one will. */
  private async removeAbandoned(): Promise<void> {
    for (const volume of await this.list()) if (volume > 1) await this.remove(volume)
  }

  /** Which volume has this name; null where none has. */
  private numberIn(name: string): number | null {
    if (name === basename(this.nameNow(1))) return 1
    const digits = /^\.([0-9]{3,6})(?:\.|$)/.exec(name.slice(basename(this.path).length))?.[1]
    const isVolume = digits !== undefined && name === basename(this.nameNow(Number(digits)))
    return isVolume ? Number(digits) : null
  }

  private nameNow(volume: number): string {
    return this.volumePath(volume) + (this.unfinished ? UNFINISHED : '')
  }
}

/** A medium for a file that is there: its volumes lie beside it, not beside a link that leads to it. */
export async function existingFile(path: string): Promise<Medium> {
  const found = await fs.lstat(path).catch(() => null)
  const isLink = found?.isSymbolicLink() === true
  return new FileMedium(isLink ? await fs.realpath(path).catch(() => path) : path)
}

/** A medium for a file that is not there yet. Throws SYNCFILE_EXISTS, PATH_UNUSABLE. */
export async function newFile(path: string): Promise<Medium> {
  const there = await fs.stat(path).catch(() => null)
  if (there?.isDirectory() === true) {
    const message = `${path} is a folder. Give the name of a file in it, such as territory.cairn.`
    throw new CairnError('PATH_UNUSABLE', message, { path })
  }
  const [first] = await new FileMedium(path).list()
  if (first !== undefined && first <= 1 + MAX_VOLUME_GAP)
    throw fileExists(new FileMedium(path).volumePath(first))
  if (await isThere(path)) throw fileExists(path)
  return new FileMedium(path, true)
}

async function isFile(path: string): Promise<boolean> {
  return (await fs.stat(path).catch(() => null))?.isFile() === true
}

/** Throws where a volume that is about to be begun is there and holds something. */
async function assertUnborn(path: string): Promise<void> {
  const found = await fs.stat(path).catch(() => null)
  if (found === null || (found.isFile() && found.size <= FIRST_RECORD)) return
  if (!found.isFile()) {
    const message = `${path} is no file, and the next volume needs its name. Move it away, then sync again.`
    throw new CairnError('PATH_UNUSABLE', message, { path })
  }
  throw new CairnError(
    'SYNCFILE_LOCKED',
    `Another program has begun ${path} in the meantime. Sync again.`,
    { path }
  )
}
