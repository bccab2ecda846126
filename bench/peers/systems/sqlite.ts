// SQLite by better-sqlite3: the same rows with an R-tree and two indexes. It does not sync; it is
// the yardstick for recording, rebuilding and reading.

import { join } from 'node:path'
import { mkdirSync, rmSync } from 'node:fs'
import { observations } from '../../generator.js'
import type { Prepared, Work } from '../../measure.js'
import { load } from '../installed.js'
import type { Params } from '../system.js'
import { BOX, SEED, someOf } from '../task.js'

const DONE: Work = { blocks: 0, bytes: 0 }
const SCHEMA = `
  CREATE TABLE o (n INTEGER PRIMARY KEY, id TEXT, createdAt INTEGER, type TEXT, json TEXT);
  CREATE UNIQUE INDEX id ON o (id);
  CREATE INDEX createdAt ON o (createdAt);
  CREATE INDEX type ON o (type);
  CREATE VIRTUAL TABLE place USING rtree (n, west, east, south, north);
`

/** A transaction each, as durable as the WAL mode makes it by default; synced to the disk at the end. */
export async function recordEach({ dir, count, run }: Params): Promise<Prepared> {
  return recording(join(dir, `each-${run}`), count, 1)
}

export async function record({ dir, count, run }: Params): Promise<Prepared> {
  return recording(join(dir, `device-${run}`), count, 1000)
}

export async function rebuild({ dir, count, run }: Params): Promise<Prepared> {
  return recording(join(dir, `rebuilt-${run}`), count, Infinity)
}

export async function all({ dir }: Params): Promise<Prepared> {
  return ask(dir, 'SELECT json FROM o ORDER BY id')
}

export async function box({ dir }: Params): Promise<Prepared> {
  const [west, south, east, north] = BOX
  return ask(
    dir,
    `SELECT json FROM o JOIN place USING (n)
     WHERE west >= ${west} AND east <= ${east} AND south >= ${south} AND north <= ${north}`
  )
}

export async function newest({ dir }: Params): Promise<Prepared> {
  return ask(dir, 'SELECT json FROM o ORDER BY createdAt DESC LIMIT 50')
}

export async function get({ dir }: Params): Promise<Prepared> {
  const db = open(join(dir, 'device-0'))
  const ids = someOf<string>(db.prepare('SELECT id FROM o ORDER BY id').pluck().all())
  const select = db.prepare('SELECT json FROM o WHERE id = ?').pluck()
  return {
    async run() {
      for (const id of ids) JSON.parse(select.get(id))
      return { ...DONE, blocks: ids.length }
    },
    close: async () => db.close()
  }
}

async function recording(dir: string, count: number, atOnce: number): Promise<Prepared> {
  rmSync(dir, { recursive: true, force: true })
  const db = open(dir)
  return {
    async run() {
      db.exec(SCHEMA)
      const put = db.prepare('INSERT INTO o VALUES (?, ?, ?, ?, ?)')
      const place = db.prepare('INSERT INTO place VALUES (?, ?, ?, ?, ?)')
      let [n, open] = [0, 0]
      for (const o of observations(count, SEED)) {
        if (open === 0) db.exec('BEGIN')
        const id = n.toString(16).padStart(32, '0')
        put.run(n, id, Date.UTC(2026, 0, 1) + n, String(o.tags?.['type']), JSON.stringify(o))
        place.run(n++, o.lon, o.lon, o.lat, o.lat)
        if (++open >= atOnce) open = db.exec('COMMIT') && 0
      }
      if (open > 0) db.exec('COMMIT')
      db.pragma('wal_checkpoint(TRUNCATE)')
      return { ...DONE, blocks: count }
    },
    close: async () => db.close()
  }
}

async function ask(dir: string, sql: string): Promise<Prepared> {
  const db = open(join(dir, 'device-0'))
  return {
    async run() {
      let blocks = 0
      for (const json of db.prepare(sql).pluck().iterate()) if (JSON.parse(json)) blocks++
      return { ...DONE, blocks }
    },
    close: async () => db.close()
  }
}

function open(dir: string): any {
  mkdirSync(dir, { recursive: true })
  const db = load('.', 'better-sqlite3')(join(dir, 'db'))
  db.pragma('journal_mode = WAL')
  return db
}
