// The steps of the suite `view` that measure what it is compared with: better-sqlite3, and stock
// hyperbee 2, both with the rows of the view as JSON.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import Corestore from 'corestore'
import Hyperbee from 'hyperbee'
import type { Prepared, Work } from './measure.js'
import { type QueryName, SCHEMA, SQL } from './view-queries.js'
import { type Asking, openView, type Place, readIds, sizeOf } from './view-place.js'

/** Keys in one write: sorted ones, as it likes them best. */
const STOCK_BATCH = 10_000
/** Rows looked up together. */
const LOOKUPS = 64

/** The columns of SQLite's table. */
interface PeerRow {
  readonly id: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly type: string
  readonly lat: number
  readonly lon: number
  readonly json: string
}

/** Read before anything is timed. */
async function peerRows(dir: string): Promise<PeerRow[]> {
  const { log, view, close } = await openView(dir)
  const rows: PeerRow[] = []
  for await (const o of view.query()) {
    const { id, createdAt, updatedAt, lat = 0, lon = 0 } = o
    const type = String(o.tags['type'])
    rows.push({ id, createdAt, updatedAt, type, lat, lon, json: JSON.stringify(o) })
  }
  await close(log)
  return rows
}

export async function sqliteBuild({ dir }: Place): Promise<Prepared> {
  const rows = await peerRows(dir)
  const db = openSqlite(dir)
  return {
    async run() {
      db.exec(SCHEMA)
      const put = db.prepare('INSERT INTO o VALUES (?, ?, ?, ?, ?, ?)')
      const place = db.prepare('INSERT INTO place VALUES (?, ?, ?, ?, ?)')
      db.transaction(() => {
        for (const [n, o] of rows.entries()) {
          put.run(n, o.id, o.createdAt, o.updatedAt, o.type, o.json)
          place.run(n, o.lon, o.lon, o.lat, o.lat)
        }
      })()
      return { blocks: rows.length, bytes: await sizeOf(join(dir, 'sqlite')) }
    },
    close: async () => void db.close()
  }
}

export async function sqliteAsk({ dir, name, warm }: Asking): Promise<Prepared> {
  const db = openSqlite(dir)
  const select = db.prepare(SQL[name])
  const ids = name === 'get' ? await readIds(dir) : []
  const run = async (): Promise<Work> => {
    if (name.startsWith('count')) return { blocks: select.pluck().get(), bytes: 0 }
    let blocks = 0
    for (const id of name === 'get' ? ids : [null]) {
      for (const { json } of id === null ? select.iterate() : select.iterate(id)) {
        if (JSON.parse(json) !== null) blocks++
      }
    }
    return { blocks, bytes: 0 }
  }
  return { run, warm, close: async () => void db.close() }
}

function openSqlite(dir: string): any {
  const Database = createRequire(import.meta.url)(PEERS)
  return new Database(join(dir, 'sqlite'))
}

/** From build/bench, where this runs. */
const PEERS = '../../bench/peers/node_modules/better-sqlite3'

const NOTHING = Buffer.alloc(0)

/** Three keys a row: by id with the row, by time of update and by type without. */
export async function stockBuild({ dir }: Place): Promise<Prepared> {
  const rows = await peerRows(dir)
  const keys = rows.flatMap(({ id, updatedAt, type, json }) => [
    [`o/${id}`, json],
    [`t/${type}/${id}`, ''],
    [`u/${updatedAt}/${id}`, '']
  ]) as [string, string][]
  keys.sort(([a], [b]) => (a < b ? -1 : 1))
  const bee = await openStock(dir)
  return {
    async run() {
      for (let at = 0; at < keys.length; at += STOCK_BATCH) {
        const write = bee.write()
        for (const [key, value] of keys.slice(at, at + STOCK_BATCH)) {
          write.tryPut(Buffer.from(key), value === '' ? NOTHING : Buffer.from(value))
        }
        await write.flush()
      }
      await bee.store.storage.db.flush()
      return { blocks: rows.length, bytes: await sizeOf(join(dir, 'stock')) }
    },
    close: () => bee.close()
  }
}

export async function stockAsk({ dir, name, warm }: Asking): Promise<Prepared> {
  const ids = name === 'get' ? await readIds(dir) : []
  const bee = await openStock(dir)
  const run = async (): Promise<Work> => ({ blocks: await answers(bee, name, ids), bytes: 0 })
  return { run, warm, close: () => bee.close() }
}

/** How many rows were found, each parsed; of the queries in STOCK_ANSWERS. */
async function answers(bee: any, name: QueryName, ids: readonly string[]): Promise<number> {
  let count = 0
  const read = async (id: string): Promise<void> => {
    const item = await bee.get(Buffer.from(`o/${id}`))
    if (JSON.parse(String(item.value)) !== null) count++
  }
  const range = (
    prefix: string,
    more: object = {}
  ): AsyncIterable<{ key: Buffer; value: Buffer }> =>
    bee.createReadStream({ gte: Buffer.from(prefix), lt: Buffer.from(`${prefix}\uffff`), ...more })
  const newest = { reverse: true, limit: 50 }
  if (name === 'get') for (const id of ids) await read(id)
  else if (name === 'count by tag') for await (const _ of range('t/river/')) count++
  else if (name === 'newest 50' || name === 'all') {
    for await (const { value } of range('o/', name === 'all' ? {} : newest)) {
      if (JSON.parse(String(value)) !== null) count++
    }
  } else {
    const some: Promise<void>[] = []
    const found = name === 'by tag' ? range('t/river/') : range('u/', newest)
    for await (const { key } of found) {
      some.push(read(String(key).slice(-36)))
      if (some.length === LOOKUPS) await Promise.all(some.splice(0))
    }
    await Promise.all(some)
  }
  return count
}

async function openStock(dir: string): Promise<any> {
  const bee = new Hyperbee(new Corestore(join(dir, 'stock')))
  await bee.ready()
  return bee
}
