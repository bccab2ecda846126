// A device's folder of media.
//
//   media/y/yx3q...        whole blobs, by the first character of their names
//   media/unfinished/...   what is still arriving: goes on at the next whole chunk
//   media/damaged/...      what turned out damaged: never given out, healed in place
//   media/new/...          what is being put; its hash is not known yet
//   media/purged           what was purged here (purge-marks.ts)
//
// A blob gets its place by a rename, when its bytes are on the disk.

import type { Stats } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomBytes } from '../crypto.js'
import { syncFolder } from '../durable-file.js'
import { toHex } from '../feed-id.js'
import type { Project } from '../project.js'
import type { BlobName } from '../replica.js'
import { BlobNames } from './blob-name.js'

export type Place = 'unfinished' | 'damaged'

/** Left free on the disk, so that a device full of photos still takes entries, and opens again. */
export const RESERVE_BYTES: number = 64 * 1024 * 1024
/** Left free by what is put here, so that it can be recorded, and space be freed by a purge. */
export const PUT_RESERVE_BYTES: number = 4 * 1024 * 1024

export class BlobFolder {
  private readonly names: BlobNames

  constructor(
    readonly path: string,
    project: Project
  ) {
    this.names = new BlobNames(project)
  }

  whole(name: BlobName): string {
    const fileName = this.names.fileName(name)
    return join(this.path, fileName.slice(0, 1), fileName)
  }

  in(place: Place, name: BlobName): string {
    return join(this.path, place, this.names.fileName(name))
  }

  /** Bytes of its disk that are free beyond a reserve; null where that cannot be told. */
  async room(reserve: number): Promise<number | null> {
    for (const path of [this.path, dirname(this.path)]) {
      const found = await statfs(path).catch(() => null)
      if (found !== null) return Math.max(0, found.bavail * found.bsize - reserve)
    }
    return null
  }

  /** A path for something that is being put. */
  async fresh(): Promise<string> {
    const path = join(this.path, 'new', toHex(randomBytes(16)))
    await this.make(path)
    return path
  }

  /** Visits the whole blobs, from the folder alone. There may be a hundred thousand of them. */
  async visitWhole(visitor: (hash: Uint8Array, size: number) => void): Promise<void> {
    const folders = (await list(this.path)).filter((name) => name.length === 1)
    for (const folder of folders) {
      for (const fileName of await list(join(this.path, folder))) {
        const name = this.names.open(fileName)
        if (name !== null) visitor(name.hash, name.size)
      }
    }
  }

  async *list(place: Place): AsyncGenerator<BlobName> {
    for (const fileName of await list(join(this.path, place))) {
      const name = this.names.parse(fileName)
      if (name !== null) yield name
    }
  }

  /** Bytes of a file; null where there is none. */
  async bytes(path: string): Promise<number | null> {
    return (await found(path))?.size ?? null
  }

  /** Milliseconds since 1970; null where there is none. */
  async changedAt(path: string): Promise<number | null> {
    return (await found(path))?.mtimeMs ?? null
  }

  /** Makes the folder that a file is to be in. */
  async make(path: string): Promise<void> {
    const made = await mkdir(dirname(path), { recursive: true })
    if (made === undefined) return
    for (const above of [this.path, dirname(this.path)]) await syncFolder(above)
  }

  /** Gives a file that is on the disk its name, durably. */
  async move(from: string, to: string): Promise<void> {
    await this.make(to)
    await rename(from, to)
    await syncFolder(dirname(to))
  }

  /** Removes what there is of a blob besides the whole one. */
  async removeParts(name: BlobName): Promise<void> {
    for (const place of ['unfinished', 'damaged'] as const) {
      await rm(this.in(place, name), { force: true })
    }
  }

  /** Removes what a killed put left behind. Only for whoever holds the lock on the device. */
  async sweep(): Promise<void> {
    await rm(join(this.path, 'new'), { recursive: true, force: true })
  }
}

async function found(path: string): Promise<Stats | null> {
  try {
    return await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
