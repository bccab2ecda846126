// Where the steps of the suite `view` work: one device's log and view in a folder, and beside them
// the ids that are asked for.

import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { View } from '../lib/index/public.js'
import { Log } from '../lib/log/log.js'
import { Project } from '../lib/log/project.js'
import { START } from './authors.js'
import type { QueryName } from './view-queries.js'

export const project: Project = new Project(new Uint8Array(32).fill(7))
export const configuration = { name: 'bench', version: '1.0.0' }

/** Minutes pass between two observations, as they do. */
export const STEP = 120_000

/** Where a device is, and how many observations it has or gets. */
export interface Place {
  readonly dir: string
  readonly count: number
}

/** A query to be timed: the first in its process, or after it has been run before. */
export interface Asking {
  readonly dir: string
  readonly name: QueryName
  readonly warm: boolean
}

export interface Opened {
  readonly log: Log
  readonly view: View
  readonly close: (log: Log) => Promise<void>
}

export async function openLog(dir: string): Promise<Log> {
  let now = START
  return Log.open(dir, { project, name: 'Laptop', configuration, wallClock: () => (now += STEP) })
}

export async function openView(dir: string, empty = false): Promise<Opened> {
  const log = await openLog(dir)
  // A view that is to be made anew is not made while it is opened.
  const source = empty ? { ...logless(), ends: () => new Map() } : log
  const view = await View.open(join(dir, 'view'), source)
  if (empty) Object.assign(source, bound(log))
  else await view.update()
  const close = async (opened: Log): Promise<void> => {
    await view.close()
    await opened.close()
  }
  return { log, view, close }
}

function logless(): ReturnType<typeof bound> {
  const none = (): never => {
    throw new Error('there is no log yet')
  }
  return { ends: none, rootHash: none, entries: none, entry: none }
}

function bound(log: Log): Pick<Log, 'ends' | 'rootHash' | 'entries' | 'entry'> {
  return {
    ends: () => log.ends(),
    rootHash: (...args) => log.rootHash(...args),
    entries: (...args) => log.entries(...args),
    entry: (...args) => log.entry(...args)
  }
}

/** One id in so many is asked for by `get`. */
const ASKED = 97

export async function writeIds(dir: string, ids: readonly string[]): Promise<void> {
  const asked = ids.filter((_, i) => i % ASKED === 0)
  await writeFile(join(dir, 'ids'), asked.join('\n'))
}

export async function readIds(dir: string): Promise<string[]> {
  return (await readFile(join(dir, 'ids'), 'utf8')).split('\n')
}

/** Bytes of a file, or of all files in a folder. */
export async function sizeOf(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isDirectory()) return found.size
  let bytes = 0
  for (const name of await readdir(path, { recursive: true })) {
    const file = await stat(join(path, name))
    if (file.isFile()) bytes += file.size
  }
  return bytes
}
