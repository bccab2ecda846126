// What is asked of the view, and the same of SQLite. The area is 3 by 2 degrees (generator.ts).

import type { QueryOptions } from '../lib/index/public.js'

export type QueryName =
  | 'get'
  | 'newest 50'
  | 'last changed 50'
  | 'nearest 50'
  | 'box, first 50'
  | 'box, 0.1 %'
  | 'box, 1 %'
  | 'box, 10 %'
  | 'by tag'
  | 'count by tag'
  | 'all'

/** `get` asks for one in 97, one after the other. */
export const QUERIES: Record<QueryName, QueryOptions | null> = {
  get: null,
  'newest 50': { reverse: true, limit: 50 },
  'last changed 50': { order: 'updated', reverse: true, limit: 50 },
  'nearest 50': { near: { lat: -0.5, lon: -76.5 }, limit: 50 },
  'box, first 50': { bbox: [-77, -1, -76, 0], limit: 50 },
  'box, 0.1 %': { bbox: [-76.6, -0.5, -76.5, -0.44] },
  'box, 1 %': { bbox: [-76.8, -0.6, -76.5, -0.4] },
  'box, 10 %': { bbox: [-77, -0.9, -76, -0.36] },
  'by tag': { tags: { type: 'river' } },
  'count by tag': { tags: { type: 'river' } },
  all: {}
}

export const QUERY_NAMES: readonly QueryName[] = Object.keys(QUERIES) as QueryName[]

/** The same rows, with an R-tree and three indexes. */
export const SCHEMA: string = `
  CREATE TABLE o (n INTEGER PRIMARY KEY, id TEXT UNIQUE, created TEXT, updated TEXT, type TEXT, json TEXT);
  CREATE INDEX byUpdated ON o (updated);
  CREATE INDEX byType ON o (type);
  CREATE VIRTUAL TABLE place USING rtree (n, west, east, south, north);`

function inBox(name: QueryName, more = ''): string {
  const [w, s, e, n] = QUERIES[name]?.bbox ?? []
  return `SELECT json FROM place JOIN o USING (n)
   WHERE west >= ${w} AND east <= ${e} AND south >= ${s} AND north <= ${n} ${more}`
}

export const SQL: Record<QueryName, string> = {
  get: 'SELECT json FROM o WHERE id = ?',
  'newest 50': 'SELECT json FROM o ORDER BY id DESC LIMIT 50',
  'last changed 50': 'SELECT json FROM o ORDER BY updated DESC LIMIT 50',
  'nearest 50': `SELECT json FROM place JOIN o USING (n)
    ORDER BY (south + 0.5) * (south + 0.5) + (west + 76.5) * (west + 76.5) LIMIT 50`,
  'box, first 50': inBox('box, first 50', 'LIMIT 50'),
  'box, 0.1 %': inBox('box, 0.1 %'),
  'box, 1 %': inBox('box, 1 %'),
  'box, 10 %': inBox('box, 10 %'),
  'by tag': "SELECT json FROM o WHERE type = 'river'",
  'count by tag': "SELECT count(*) FROM o WHERE type = 'river'",
  all: 'SELECT json FROM o'
}
