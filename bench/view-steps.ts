// The steps of the suite `view`. They work on log and view alone, so that nothing but the view is
// measured; the peers are given the same rows.

import { createRequire } from 'node:module'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Filter, type Observation, View } from '../lib/index/public.js'
import { Log } from '../lib/log/log.js'
import { Project } from '../lib/log/project.js'
import { newEntry, nextEntry } from '../lib/observation-entries.js'
import { checkInput } from '../lib/observation-input.js'
import { observations } from './generator.js'
import type { Prepared, Work } from './measure.js'
import { QUERIES, type QueryName, SCHEMA, SQL } from './view-queries.js'

const project = new Project(new Uint8Array(32).fill(7))
const configuration = { name: 'bench', version: '1.0.0' }
/** Minutes pass between two observations, as they do. */
const STEP = 120_000
const BATCH = 1024

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

export async function record({ dir, count }: Place): Promise<Prepared> {
  const log = await openLog(dir)
  return {
    async run() {
      const entries = []
      for (const input of observations(count, 1)) {
        entries.push(newEntry(log, checkInput(input)))
        if (entries.length === BATCH) await log.write(entries.splice(0))
      }
      if (entries.length > 0) await log.write(entries)
      await log.flush()
      return { blocks: count, bytes: 0 }
    },
    close: () => log.close()
  }
}

export async function rebuild({ dir }: Place): Promise<Prepared> {
  const { log, view, close } = await openView(dir, true)
  return {
    async run() {
      const { observations: rows } = await view.rebuild()
      return { blocks: rows, bytes: 0 }
    },
    close: () => close(log)
  }
}

/** Takes in so many new ones. */
export async function grow({ dir, count }: Place): Promise<Prepared> {
  const { log, view, close } = await openView(dir)
  await log.write([...observations(count, 2)].map((input) => newEntry(log, checkInput(input))))
  return { run: () => update(view), close: () => close(log) }
}

/** Takes in edits of so many, anywhere. */
export async function edit({ dir, count }: Place): Promise<Prepared> {
  const { log, view, close } = await openView(dir)
  await writeEdits(log, view, await idsOf(view), count, 1)
  return { run: () => update(view), close: () => close(log) }
}

/** Rounds of 2,000 edits each; what is timed is the whole. */
export async function rounds({ dir, count }: Place): Promise<Prepared> {
  const { log, view, close } = await openView(dir)
  const ids = await idsOf(view)
  return {
    async run() {
      let blocks = 0
      for (let round = 0; round < count; round++) {
        await writeEdits(log, view, ids, Math.min(2000, ids.length / 2), round)
        blocks += (await update(view)).blocks
      }
      return { blocks, bytes: 0 }
    },
    close: () => close(log)
  }
}

/** Bytes on disk of a view that is closed. */
export async function size({ dir }: Place): Promise<Prepared> {
  return { run: async () => ({ blocks: 0, bytes: await sizeOf(join(dir, 'view')) }) }
}

export async function ask({ dir, name, warm }: Asking): Promise<Prepared> {
  const query = QUERIES[name]
  const ids = query === null ? await someIds(dir) : []
  const { log, view, close } = await openView(dir)
  const run = async (): Promise<Work> => {
    let blocks = 0
    if (query === null) for (const id of ids) blocks += (await view.get(id)) === null ? 0 : 1
    else if (name.startsWith('count')) blocks = await view.count(query as Filter)
    else for await (const _ of view.query(query)) blocks++
    return { blocks, bytes: 0 }
  }
  if (warm) for (let i = 0; i < 3; i++) await run()
  return { run, close: () => close(log) }
}

/** The same rows in SQLite, with an R-tree and three indexes. */
export async function sqliteBuild({ dir }: Place): Promise<Prepared> {
  const { log, view, close } = await openView(dir)
  const rows: Observation[] = []
  for await (const row of view.query()) rows.push(row)
  const db = openSqlite(dir)
  return {
    async run() {
      db.exec(SCHEMA)
      const put = db.prepare('INSERT INTO o VALUES (?, ?, ?, ?, ?, ?)')
      const place = db.prepare('INSERT INTO place VALUES (?, ?, ?, ?, ?)')
      db.transaction(() => {
        for (const [n, o] of rows.entries()) {
          put.run(n, o.id, o.createdAt, o.updatedAt, String(o.tags['type']), JSON.stringify(o))
          place.run(n, o.lon, o.lon, o.lat, o.lat)
        }
      })()
      return { blocks: rows.length, bytes: await sizeOf(join(dir, 'sqlite')) }
    },
    async close() {
      db.close()
      await close(log)
    }
  }
}

export async function sqliteAsk({ dir, name, warm }: Asking): Promise<Prepared> {
  const db = openSqlite(dir)
  const select = db.prepare(SQL[name])
  const all = name === 'get' ? db.prepare('SELECT id FROM o').pluck().all() : []
  const ids = all.filter((_: unknown, i: number) => i % 97 === 0)
  const run = async (): Promise<Work> => {
    if (name === 'count by tag') return { blocks: select.pluck().get(), bytes: 0 }
    let blocks = 0
    for (const id of name === 'get' ? ids : [null]) {
      for (const { json } of id === null ? select.iterate() : select.iterate(id)) {
        if (JSON.parse(json) !== null) blocks++
      }
    }
    return { blocks, bytes: 0 }
  }
  if (warm) for (let i = 0; i < 3; i++) await run()
  return { run, close: async () => void db.close() }
}

function openSqlite(dir: string): any {
  const Database = createRequire(import.meta.url)(PEERS)
  return new Database(join(dir, 'sqlite'))
}

/** From build/bench, where this runs. */
const PEERS = '../../bench/peers/node_modules/better-sqlite3'

async function openLog(dir: string): Promise<Log> {
  let now = Date.UTC(2020, 0, 1)
  return Log.open(dir, { project, name: 'Laptop', configuration, wallClock: () => (now += STEP) })
}

interface Opened {
  readonly log: Log
  readonly view: View
  readonly close: (log: Log) => Promise<void>
}

async function openView(dir: string, empty = false): Promise<Opened> {
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

async function update(view: View): Promise<Work> {
  const { entries } = await view.update()
  return { blocks: entries, bytes: 0 }
}

async function writeEdits(
  log: Log,
  view: View,
  ids: readonly string[],
  count: number,
  round: number
): Promise<void> {
  const entries = []
  for (let i = 0; i < count; i++) {
    // Steps by a prime: all over the tree, and never the same twice in a round.
    const id = ids[(i * 7919 + round * 104_729) % ids.length]!
    const [head] = await view.heads(id)
    if (head === undefined) continue
    const { tags, attachments, lat, lon } = head.entry
    const place = lat === undefined || lon === undefined ? {} : { lat, lon }
    const content = { ...place, tags: { ...tags, round }, attachments }
    entries.push(nextEntry(log, [head], content, false))
  }
  for (let at = 0; at < entries.length; at += BATCH) await log.write(entries.slice(at, at + BATCH))
}

/** From a view that is closed again, so that nothing is left in memory. */
async function someIds(dir: string): Promise<string[]> {
  const { log, view, close } = await openView(dir)
  const ids = await idsOf(view)
  await close(log)
  return ids.filter((_, i) => i % 97 === 0)
}

async function idsOf(view: View): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of view.query()) ids.push(id)
  return ids
}

/** Bytes of a file, or of all files in a folder. */
async function sizeOf(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isDirectory()) return found.size
  let bytes = 0
  for (const name of await readdir(path, { recursive: true })) {
    const file = await stat(join(path, name))
    if (file.isFile()) bytes += file.size
  }
  return bytes
}
