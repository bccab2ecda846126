// The adapter for random-access-file: bytes at offsets, synced when asked, and the errors of media
// in our codes. What random-access-file does not do is done here: fdatasync on its descriptor, a
// lock on one byte far past the end (so that other programs can still read and copy the file), and
// never making a folder (a missing mount point is an error, not a folder on the internal disk).

import fs from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { tryLock, unlock } from 'fs-native-extensions'
import RandomAccessFile from 'random-access-file'
import { CairnError } from '../errors.js'

/** Where the lock lies: beyond any file, within what 64-bit file offsets allow. */
const LOCK_OFFSET = 2 ** 62

const fdatasync = promisify(fs.fdatasync)

/** What a container needs of a medium. Tests put faults behind it. */
export interface Storage {
  readonly path: string
  readonly readOnly: boolean
  /** What another thread can read the same bytes from; -1 where there is none. */
  readonly descriptor: number
  size(): Promise<number>
  /** Exactly `byteLength` bytes. */
  read(offset: number, byteLength: number): Promise<Uint8Array>
  write(offset: number, bytes: Uint8Array): Promise<void>
  truncate(byteLength: number): Promise<void>
  /** Everything written is on the medium when this resolves. */
  sync(): Promise<void>
  /** Keeps other writers out until `close`. Throws SYNCFILE_LOCKED; false where locks do not work. */
  lock(): boolean
  /** Whether the path still leads to this file, and not to one that took its place. */
  isCurrent(): Promise<boolean>
  close(): Promise<void>
}

/**
 * All of it, or nothing where the medium takes no more than a part: what fits better may be written
 * next, and nothing may stand behind that.
 */
export async function writeAtEnd(
  storage: Storage,
  offset: number,
  bytes: Uint8Array
): Promise<void> {
  try {
    await storage.write(offset, bytes)
  } catch (error) {
    await storage.truncate(offset).catch(() => {})
    throw error
  }
}

export class FileStorage implements Storage {
  private constructor(
    readonly path: string,
    readonly readOnly: boolean,
    private readonly file: any
  ) {}

  /** Opens an existing file, for reading only where the medium allows no more. */
  static async open(path: string): Promise<FileStorage> {
    await assertRegularFile(path)
    try {
      return await FileStorage.openWith(path, true)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? ''
      if (!['EACCES', 'EROFS', 'EPERM'].includes(code)) throw translateFileError(error, path)
    }
    try {
      return await FileStorage.openWith(path, false)
    } catch (error) {
      throw translateFileError(error, path)
    }
  }

  /**
   * Makes an empty file and locks it; what an earlier attempt left in its place is unlinked, never
   * emptied, for the same bytes may go by another name as well. Its folder must exist. Throws
   * SYNCFILE_LOCKED where another program is making it right now.
   */
  static async create(path: string): Promise<FileStorage> {
    await assertFolder(dirname(path))
    let storage: FileStorage | null = null
    try {
      await FileStorage.removeAbandoned(path)
      // Exclusively: whatever has this name by now is somebody else's.
      await (await fs.promises.open(path, 'wx')).close()
      storage = await FileStorage.openWith(path, true)
      storage.lock()
      if (!(await storage.isCurrent())) throw locked(path)
      return storage
    } catch (error) {
      await storage?.close()
      // Made by another program, or taken away as abandoned, since it was looked for.
      const code = (error as NodeJS.ErrnoException).code ?? ''
      throw ['EEXIST', 'ENOENT'].includes(code) ? locked(path) : translateFileError(error, path)
    }
  }

  /** Under its lock: what has this name once that is let go of may be somebody else's. */
  private static async removeAbandoned(path: string): Promise<void> {
    const found = await fs.promises.lstat(path).catch(() => null)
    if (found === null) return
    if (!found.isFile()) return fs.promises.rm(path)
    const storage = await FileStorage.openWith(path, true)
    try {
      storage.lock()
      if (!(await storage.isCurrent())) throw locked(path)
      await fs.promises.rm(path)
    } finally {
      await storage.close()
    }
  }

  private static async openWith(path: string, writable: boolean): Promise<FileStorage> {
    const file = new RandomAccessFile(path, { writable })
    await call((done) => file.open(done))
    return new FileStorage(path, !writable, file)
  }

  get descriptor(): number {
    return this.file.fd
  }

  async size(): Promise<number> {
    return (await this.guard<{ size: number }>((done) => this.file.stat(done))).size
  }

  async read(offset: number, byteLength: number): Promise<Uint8Array> {
    // random-access-file would wait for a read that fs never began, and never close.
    if (!Number.isSafeInteger(offset) || offset < 0) throw tooShort(this.path)
    return this.guard((done) => this.file.read(offset, byteLength, done))
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await this.guard((done) => this.file.write(offset, bytes, done))
  }

  async truncate(byteLength: number): Promise<void> {
    await this.guard((done) => this.file.truncate(byteLength, done))
  }

  async sync(): Promise<void> {
    if (this.file.closed) throw closedMeanwhile(this.path)
    try {
      await fdatasync(this.file.fd)
    } catch (error) {
      // Some network and user-space file systems cannot; then the medium does what it can.
      const code = (error as NodeJS.ErrnoException).code ?? ''
      if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(code)) {
        throw translateFileError(error, this.path)
      }
    }
  }

  lock(): boolean {
    let granted: boolean
    try {
      granted = tryLock(this.file.fd, LOCK_OFFSET, 1)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? ''
      if (!['EACCES', 'EBUSY', 'EAGAIN', 'EWOULDBLOCK'].includes(code)) return false
      granted = false
    }
    if (granted) return true
    throw locked(this.path)
  }

  async isCurrent(): Promise<boolean> {
    const here = fs.fstatSync(this.file.fd, { bigint: true })
    const there = await fs.promises.stat(this.path, { bigint: true }).catch(() => null)
    return there !== null && here.ino === there.ino && here.dev === there.dev
  }

  async close(): Promise<void> {
    try {
      unlock(this.file.fd, LOCK_OFFSET, 1)
    } catch {
      // It was not locked, or locks do not work here; closing releases all the same.
    }
    await this.guard((done) => this.file.close(done))
  }

  private async guard<T>(operation: (done: Callback<T>) => void): Promise<T> {
    try {
      return await call(operation)
    } catch (error) {
      throw this.file.closed ? closedMeanwhile(this.path) : translateFileError(error, this.path)
    }
  }
}

type Callback<T> = (error: Error | null, value?: T) => void

function call<T>(operation: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    operation((error, value) => {
      if (error) reject(error)
      else resolve(value as T)
    })
  })
}

async function assertRegularFile(path: string): Promise<void> {
  let stats
  try {
    stats = await fs.promises.stat(path)
  } catch (error) {
    throw translateFileError(error, path)
  }
  if (stats.isFile()) return
  throw new CairnError(
    'PATH_UNUSABLE',
    `${path} is ${stats.isDirectory() ? 'a folder' : 'a device, not a file'}. Choose a file that ends in .cairn.`,
    { path }
  )
}

async function assertFolder(path: string): Promise<void> {
  const stats = await fs.promises.stat(path).catch(() => null)
  if (stats?.isDirectory() === true) return
  throw new CairnError(
    'PATH_UNUSABLE',
    `The folder ${path} is not there. Is the stick plugged in? It is not made here, so that nothing lands on the wrong disk.`,
    { path }
  )
}

function locked(path: string): CairnError {
  return new CairnError(
    'SYNCFILE_LOCKED',
    `Another program is syncing with ${path} right now. Wait until it is done, then try again.`,
    { path }
  )
}

/** What is to be read does not lie within the file. */
function tooShort(path: string, cause?: unknown): CairnError {
  return new CairnError(
    'SYNCFILE_DAMAGED',
    `${path} is shorter than it says. It may not have been copied to its end.`,
    { path, cause }
  )
}

/** Somebody closed the file while it was being read or written. */
export function closedMeanwhile(path: string): CairnError {
  return new CairnError('CLOSED', `${path} has been closed.`, { path })
}

export function fileExists(path: string): CairnError {
  return new CairnError(
    'SYNCFILE_EXISTS',
    `${path} is already there and was not touched. Sync with it, or choose another name.`,
    { path }
  )
}

export function translateFileError(error: unknown, path: string): unknown {
  if (error instanceof CairnError) return error
  const code = (error as NodeJS.ErrnoException | null)?.code ?? ''
  const facts = { path, cause: error }
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new CairnError(
      'NO_SPACE',
      `There is not enough space for ${path}. The file is as it was before; free some space and sync again.`,
      facts
    )
  }
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') {
    return new CairnError('PATH_UNUSABLE', `There is no file ${path}.`, facts)
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new CairnError('PATH_UNUSABLE', `${path} may not be opened or written.`, facts)
  }
  if (code === 'EPARTIALREAD') return tooShort(path, error)
  if (code === '') return error
  if (code === 'EBADF') return closedMeanwhile(path)
  return new CairnError(
    'IO_FAILED',
    `${path} can no longer be read or written (${code}). Was the stick pulled out? Nothing is lost; plug it in and sync again.`,
    facts
  )
}
