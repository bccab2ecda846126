// What the app keeps beside the device, in the same folder: the device's name, the project key and
// which configuration it uses. The library does not store the key; an app has to. It lies in a file
// that only this user of the computer may read; encrypt the disk.

import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, hasCode } from './trouble.js'

export interface Settings {
  readonly name: string
  /** 32 bytes, hex. */
  readonly projectKey: string
  /** A name in configurations/, or the path of a JSON file. */
  readonly configuration: string
}

/** Null in a folder that has not been set up. */
export async function readSettings(folder: string): Promise<Settings | null> {
  const path = fileIn(folder)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
  const settings = parse(text)
  if (settings === null) {
    throw new AppError('SETTINGS_DAMAGED', 'The settings of this folder cannot be read.', path)
  }
  return settings
}

/** Written whole or not at all: losing the key would lose the folder. */
export async function writeSettings(folder: string, settings: Settings): Promise<void> {
  await rename(await writeAside(folder, settings), fileIn(folder))
}

/** The same in a folder that has none. Throws NOT_READY where there are some, and leaves them. */
export async function createSettings(folder: string, settings: Settings): Promise<void> {
  const aside = await writeAside(folder, settings)
  try {
    // A rename would replace another's key.
    await link(aside, fileIn(folder))
  } catch (error) {
    if (hasCode(error, 'EEXIST') || (await readSettings(folder)) !== null) {
      throw new AppError('NOT_READY', 'This folder is set up already.')
    }
    // Sticks cannot link.
    await rename(aside, fileIn(folder))
  } finally {
    await rm(aside, { force: true })
  }
}

async function writeAside(folder: string, settings: Settings): Promise<string> {
  await mkdir(folder, { recursive: true })
  const path = `${fileIn(folder)}.${randomUUID()}.new`
  const text = `${JSON.stringify(settings, null, 2)}\n`
  await writeFile(path, text, { mode: 0o600, flush: true })
  return path
}

export function keyOf({ projectKey }: Settings): Uint8Array {
  return Uint8Array.from(Buffer.from(projectKey, 'hex'))
}

function fileIn(folder: string): string {
  return join(folder, 'field-map.json')
}

function parse(text: string): Settings | null {
  try {
    const { name, projectKey, configuration } = JSON.parse(text) as Settings
    const whole =
      typeof name === 'string' &&
      /^[0-9a-f]{64}$/.test(projectKey) &&
      typeof configuration === 'string'
    return whole ? { name, projectKey, configuration } : null
  } catch {
    return null
  }
}
