// Exchanges with sync files: one that lies on this computer or a stick, and one that was dropped on
// the page. A dropped file is kept in a temporary folder, synced there, and offered for download.

import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Device, type DeviceSyncReport, type MediaChoice, SyncFile } from 'cairnlog'
import type { Work, WorkOptions } from './jobs.js'
import { AppError, hasCode } from './trouble.js'

export const EXTENSION = '.cairn'

export interface SyncChoices {
  readonly verify?: boolean
  readonly media?: MediaChoice
}

/** A device, and what opens its project's files. */
export interface KeyedDevice {
  readonly device: Device
  readonly projectKey: Uint8Array
}

export function createFile(device: Device, path: string, media: MediaChoice): Work {
  const target = usablePath(path, true)
  return {
    kind: 'create',
    target,
    run: (options) => device.createSyncFile(target, { ...options, media })
  }
}

/** Unlike `device.sync`, never makes a file: a mistyped name is to be told, not made. */
export function syncFile(device: Device, path: string, choices: SyncChoices): Work {
  const target = usablePath(path, false)
  return {
    kind: 'sync',
    target,
    verified: choices.verify === true,
    run: async (options) => {
      await mustBeThere(target)
      return device.sync(target, { ...options, ...choices })
    }
  }
}

/**
 * With a file that does not stay where it is. `device.sync` would take note of it as one that holds
 * a copy of what was recorded here.
 */
export async function syncInPassing(
  { device, projectKey }: KeyedDevice,
  path: string,
  { verify = false, ...options }: WorkOptions & SyncChoices
): Promise<DeviceSyncReport> {
  await mustBeThere(path)
  await using file = await SyncFile.open(path, { projectKey })
  if (verify) await file.verify({ signal: options.signal })
  return await device.syncWith(file, options)
}

/** A file that came through the page. At most one is kept. */
export class Upload {
  #folder: string | null = null

  async take(name: string, content: Readable): Promise<string> {
    await this.clear()
    this.#folder = await mkdtemp(join(tmpdir(), 'field-map-'))
    const path = join(this.#folder, plainName(name))
    await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
    return path
  }

  work(keyed: KeyedDevice, path: string, choices: SyncChoices): Work {
    return {
      kind: 'upload',
      target: basename(path),
      verified: choices.verify === true,
      run: (options) => syncInPassing(keyed, path, { ...options, ...choices })
    }
  }

  /** Throws FILE_NOT_THERE where it is gone. */
  async path(): Promise<string> {
    const [name] = this.#folder === null ? [] : await readdir(this.#folder).catch(() => [])
    if (this.#folder === null || name === undefined) {
      throw new AppError('FILE_NOT_THERE', 'Drop the file again.')
    }
    return join(this.#folder, name)
  }

  async clear(): Promise<void> {
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true })
    this.#folder = null
  }
}

/** Sync files that may be meant: those used before, and those on sticks and in the home folder. */
export async function suggestions(device: Device): Promise<string[]> {
  const { writtenTo } = await device.status()
  const user = basename(homedir())
  const folders = [`/media/${user}`, `/run/media/${user}`, '/media', '/Volumes']
  const sticks = await Promise.all(folders.map(subfolders))
  const places = [...sticks.flat(), homedir(), join(homedir(), 'Desktop')]
  const found = await Promise.all(places.map(syncFilesIn))
  return [...new Set([...writtenTo.map(({ path }) => path), ...found.flat()])].slice(0, 20)
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
}

async function syncFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => name.endsWith(EXTENSION)).map((name) => join(folder, name))
}

export async function mustBeThere(path: string): Promise<void> {
  try {
    await stat(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw error
    throw new AppError('FILE_NOT_THERE', `There is no file ${path}.`, path)
  }
}

export function usablePath(path: string, create: boolean): string {
  const trimmed = path.trim().replace(/^(["'])(.*)\1$/, '$2')
  if (trimmed === '') throw new AppError('BAD_REQUEST', 'The path of a file is missing.')
  const home = trimmed.startsWith('~') ? join(homedir(), trimmed.slice(1)) : trimmed
  const whole = resolve(homedir(), home)
  const named = /\.[^./\\]+$/.test(basename(whole)) || !create ? whole : `${whole}${EXTENSION}`
  if (dirname(named) === named) throw new AppError('BAD_REQUEST', 'That is no file name.')
  return named
}

/** A name from a stranger, as a plain file name. */
function plainName(name: string): string {
  const plain = basename(name.replaceAll('\\', '/')).replace(/[^\p{L}\p{N}._ -]/gu, '_')
  return plain.replace(/^\.+/, '').slice(-100) || `dropped${EXTENSION}`
}
