// The configuration: which categories there are, and which fields their forms have. A JSON file in
// configurations/, so that a community can write its own without touching the program.

import { readFile, readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ConfigurationFile } from '../wire/api.js'
import { AppError, hasCode } from './trouble.js'

const FOLDER = new URL('../../configurations/', import.meta.url)

/** Those that come with the app, by name: what a laptop can change to. */
export async function configurationNames(): Promise<string[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.json'))
  return files.map((file) => basename(file, '.json')).sort()
}

/** Reads one by its name, or by the path of a JSON file. */
export async function readConfiguration(nameOrPath: string): Promise<ConfigurationFile> {
  const path = nameOrPath.endsWith('.json')
    ? nameOrPath
    : fileURLToPath(new URL(`${encodeURIComponent(nameOrPath)}.json`, FOLDER))
  try {
    return check(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (error instanceof AppError) throw error
    const why = hasCode(error, 'ENOENT') ? 'it is not there' : (error as Error).message
    throw new AppError('SETTINGS_DAMAGED', `The configuration cannot be read: ${why}`, path)
  }
}

function check(value: ConfigurationFile): ConfigurationFile {
  const { name, version, categories, fields, title } = value
  const lists = [categories, fields, title].every(Array.isArray)
  if (typeof name !== 'string' || typeof version !== 'string' || !lists) {
    throw wrong('it needs name, version, title, categories and fields')
  }
  const keys = new Set(fields.map(({ key }) => key))
  for (const category of categories) {
    const unknown = category.fields.find((key) => !keys.has(key))
    if (unknown !== undefined) throw wrong(`"${category.id}" names the field "${unknown}"`)
    if (!/^#[0-9a-f]{6}$/i.test(category.color)) throw wrong(`the color of "${category.id}"`)
  }
  return value
}

function wrong(what: string): AppError {
  return new AppError('SETTINGS_DAMAGED', `The configuration is not usable: ${what}.`)
}
