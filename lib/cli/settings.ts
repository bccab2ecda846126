// What a device's folder keeps for this program, beside what the library keeps there: name,
// configuration, and the project key, sealed with a passphrase as in an invite. The key itself is
// never written. Only the owner of the file can read it.

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Configuration } from '../main.js'
import { CommandError, EXIT } from './failures.js'
import { isThere } from './paths.js'

const FORMAT = 1
const NAME = 'cairnlog.json'

export interface Settings {
  readonly name: string
  readonly configuration: Configuration
  /** The project key under the device's passphrase. */
  readonly invite: string
}

/** Null where there are none. */
export async function findSettings(folder: string): Promise<Settings | null> {
  const path = join(folder, NAME)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
  const settings = parse(text)
  if (settings !== null) return settings
  throw new CommandError(
    `The file ${path} is damaged, or was written by a newer cairnlog.`,
    'Update cairnlog. If that is no help, put it aside and join again: cairnlog init --invite FILE',
    EXIT.device,
    'DEVICE_DAMAGED'
  )
}

export async function readSettings(folder: string): Promise<Settings> {
  const settings = await findSettings(folder)
  if (settings !== null) return settings
  throw new CommandError(
    `There is no device in ${folder}.`,
    'Give its folder with --device DIR or CAIRNLOG_DEVICE, or make one: cairnlog init --name NAME',
    EXIT.device,
    'PATH_UNUSABLE'
  )
}

/** A crash leaves the old or the new ones. Makes the folder, for its owner alone. */
export async function writeSettings(folder: string, settings: Settings): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { name, configuration, invite } = settings
  const text = JSON.stringify({ format: FORMAT, name, configuration, invite }, null, 2)
  const path = join(folder, NAME)
  await writePrivately(`${path}.new`, `${text}\n`, 'w')
  await rename(`${path}.new`, path)
}

export async function removeSettings(folder: string): Promise<void> {
  await rm(join(folder, NAME), { force: true })
}

/** Whether the library has made a device there, with settings or without. */
export async function hasDevice(folder: string): Promise<boolean> {
  return isThere(join(folder, 'HEAD'))
}

/** For its owner alone, and safe from a power cut; with the flag `wx` only where there is none. */
export async function writePrivately(path: string, text: string, flag: 'w' | 'wx'): Promise<void> {
  const file = await open(path, flag, 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

function parse(text: string): Settings | null {
  let fields: Record<string, unknown>
  try {
    fields = Object(JSON.parse(text))
  } catch {
    return null
  }
  const { format, name, configuration, invite } = fields
  const { name: called, version } = Object(configuration) as Record<string, unknown>
  const sound =
    format === FORMAT &&
    typeof name === 'string' &&
    typeof called === 'string' &&
    typeof version === 'string' &&
    typeof invite === 'string'
  return sound ? { name, configuration: { name: called, version }, invite } : null
}
