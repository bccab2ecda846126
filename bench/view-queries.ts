// What is asked of the view, the same of SQLite, and what of it stock hyperbee can answer.

import type { QueryOptions } from '../lib/index/public.js'
import { hasCities } from './cities.js'

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
  | 'count by tag in a box'
  | 'all'

type Box = readonly [west: number, south: number, east: number, north: number]

interface Area {
  /** Degrees. */
  readonly width: number
  readonly height: number
  readonly lat: number
  readonly lon: number
}

/** The whole globe, around Quito; and where walks are made up without cities (generator.ts). */
const GLOBE: Area = { width: 360, height: 180, lat: -0.2, lon: -78.5 }
const RIVERS: Area = { width: 3, height: 2, lat: -0.5, lon: -76.5 }

/** The box that takes a part of an area, around its middle. */
export function boxOf({ width, height, lat, lon }: Area, part: number): Box {
  const [east, north] = [(width / 2) * Math.sqrt(part), (height / 2) * Math.sqrt(part)]
  return [lon - east, lat - north, lon + east, lat + north].map((n) => Number(n.toFixed(4))) as [
    number,
    number,
    number,
    number
  ]
}

const area = hasCities() ? GLOBE : RIVERS
const { lat, lon } = area

/** `get` asks for one in 97, one after the other. */
export const QUERIES: Record<QueryName, QueryOptions | null> = {
  get: null,
  'newest 50': { reverse: true, limit: 50 },
  'last changed 50': { order: 'updated', reverse: true, limit: 50 },
  'nearest 50': { near: { lat, lon }, limit: 50 },
  'box, first 50': { bbox: boxOf(area, 0.05), limit: 50 },
  'box, 0.1 %': { bbox: boxOf(area, 0.001) },
  'box, 1 %': { bbox: boxOf(area, 0.01) },
  'box, 10 %': { bbox: boxOf(area, 0.1) },
  'by tag': { tags: { type: 'river' } },
  'count by tag': { tags: { type: 'river' } },
  'count by tag in a box': { tags: { type: 'river' }, bbox: boxOf(area, 0.1) },
  all: {}
}

export const QUERY_NAMES: readonly QueryName[] = Object.keys(QUERIES) as QueryName[]

/** The same rows, with an R-tree and three indexes. */
export const SCHEMA: string = `
  CREATE TABLE o (n INTEGER PRIMARY KEY, id TEXT UNIQUE, created TEXT, updated TEXT, type TEXT, json TEXT);
  CREATE INDEX byUpdated ON o (updated);
  CREATE INDEX byType ON o (type);
  CREATE VIRTUAL TABLE place USING rtree (n, west, east, south, north);`

function inBox(name: QueryName, what: string, more = ''): string {
  const [w, s, e, n] = QUERIES[name]?.bbox ?? []
  return `SELECT ${what} FROM place JOIN o USING (n)
   WHERE west >= ${w} AND east <= ${e} AND south >= ${s} AND north <= ${n} ${more}`
}

export const SQL: Record<QueryName, string> = {
  get: 'SELECT json FROM o WHERE id = ?',
  'newest 50': 'SELECT json FROM o ORDER BY id DESC LIMIT 50',
  'last changed 50': 'SELECT json FROM o ORDER BY updated DESC LIMIT 50',
  'nearest 50': `SELECT json FROM place JOIN o USING (n)
    ORDER BY (south - ${lat}) * (south - ${lat}) + (west - ${lon}) * (west - ${lon}) LIMIT 50`,
  'box, first 50': inBox('box, first 50', 'json', 'LIMIT 50'),
  'box, 0.1 %': inBox('box, 0.1 %', 'json'),
  'box, 1 %': inBox('box, 1 %', 'json'),
  'box, 10 %': inBox('box, 10 %', 'json'),
  'by tag': "SELECT json FROM o WHERE type = 'river'",
  'count by tag': "SELECT count(*) FROM o WHERE type = 'river'",
  'count by tag in a box': inBox('count by tag in a box', 'count(*)', "AND type = 'river'"),
  all: 'SELECT json FROM o'
}

/** With keys for id, updated and type; it has none for places. */
export const STOCK_ANSWERS: ReadonlySet<QueryName> = new Set<QueryName>([
  'get',
  'newest 50',
  'last changed 50',
  'by tag',
  'count by tag',
  'all'
])
