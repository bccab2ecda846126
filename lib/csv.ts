// Observations as a table (RFC 4180): one row each, one column per tag.

import { stringify } from 'csv-stringify/sync'
import type { Observation } from './index/public.js'

export interface CsvOptions {
  /** Begins with a byte order mark, which Excel wants before it reads text as UTF-8. */
  readonly bom?: boolean | undefined
}

/** Columns that every observation has; a tag's column is called `tag:` and its key. */
const COLUMNS = {
  id: (o) => o.id,
  lat: (o) => o.lat,
  lon: (o) => o.lon,
  createdAt: (o) => o.createdAt,
  updatedAt: (o) => o.updatedAt,
  createdBy: (o) => o.createdBy,
  updatedBy: (o) => o.updatedBy,
  createdAtDoubtful: (o) => o.createdAtDoubtful,
  updatedAtDoubtful: (o) => o.updatedAtDoubtful,
  trustedAt: (o) => o.trustedAt,
  author: (o) => o.author,
  deleted: (o) => o.deleted,
  versionId: (o) => o.versionId,
  forks: (o) => o.forks.map((fork) => fork.versionId),
  metadata: (o) => o.metadata,
  attachments: (o) => (o.attachments.length === 0 ? undefined : o.attachments)
} satisfies Record<string, (observation: Observation) => unknown>

const BATCH = 256

/** Gives the same observations each time it is called: first for their tags, then for the rows. */
export async function* toCSV(
  read: () => AsyncIterable<Observation>,
  { bom = false }: CsvOptions = {}
): AsyncGenerator<string> {
  const keys = new Set<string>()
  for await (const { tags } of read()) for (const key in tags) keys.add(key)
  const tagKeys = [...keys].sort()
  const header = [...Object.keys(COLUMNS), ...tagKeys.map((key) => toCell(`tag:${key}`))]
  let rows: string[][] = [header]
  let mark = bom ? '\uFEFF' : ''
  for await (const observation of read()) {
    const fields = Object.values(COLUMNS).map((column) => toCell(column(observation)))
    rows.push([...fields, ...tagKeys.map((key) => toCell(observation.tags[key]))])
    if (rows.length < BATCH) continue
    yield mark + toText(rows)
    mark = ''
    rows = []
  }
  yield mark + toText(rows)
}

/** Any rows as a table. */
export function toTable(rows: readonly (readonly unknown[])[]): string {
  return toText(rows.map((row) => row.map(toCell)))
}

function toText(rows: readonly string[][]): string {
  return stringify([...rows], { record_delimiter: '\r\n', quoted_match: /[\r\n]/ })
}

/** Lists of plain values are separated by semicolons, all else that is nested is JSON. */
function toCell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return neutral(value)
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
    return neutral(value.map(String).join('; '))
  }
  return JSON.stringify(value)
}

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV
 * Injection"). Numbers are written as numbers: -77.5 is a longitude.
 */
function neutral(text: string): string {
  return /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/.test(text) ? `'${text}` : text
}
