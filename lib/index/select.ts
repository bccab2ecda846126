// Runs a query: the columns say which rows, in which order, and where they lie; the rows are then
// read from the row file, some at a time.

import { toFacts } from './column-row.js'
import { isOpen, matches, type CheckedFilter } from './filter.js'
import type { Generation, Shown } from './generation.js'
import type { Query } from './query.js'
import { decodeRow, type DecodedHead } from './row.js'
import { countRows, findRows, prepareSearch, type Search } from './search.js'

/** Rows of the first batch: one answers most pages. Then twice as many each time. */
const FIRST_BATCH = 64
const MAX_BATCH = 1024

export type Heads = readonly DecodedHead[]

/** The heads of every observation asked for, in batches, from the state that is shown now. */
export async function* select(
  generation: Generation,
  query: Query,
  shown: Shown = generation.shown
): AsyncGenerator<Heads[]> {
  const { feeds } = generation
  const search = prepare(generation, shown, query.filter)
  if (search === null || query.limit === 0) return
  let left = query.limit
  let size = FIRST_BATCH
  const found = findRows(query, search, shown.columns)
  for (;;) {
    const rows = take(found, search.verify ? size : Math.min(size, left))
    if (rows.length === 0) return
    const values = await generation.rows.read(rows.map((row) => shown.columns.wanted(row)))
    let batch = values.map((value, i) => decodeRow(value, shown.columns.id(rows[i]!), feeds))
    if (search.verify) batch = batch.filter((heads) => matches(query.filter, toFacts(heads)))
    yield batch.slice(0, left)
    left -= batch.length
    if (left <= 0) return
    size = Math.min(MAX_BATCH, size * 2)
  }
}

/** How many there are. Rows are read only where a tag has too many values to be kept in memory. */
export async function countMatches(generation: Generation, filter: CheckedFilter): Promise<number> {
  const { counts } = generation.summary
  if (isOpen(filter)) {
    const live = filter.deleted === true ? 0 : counts.observations
    return live + (filter.deleted === false ? 0 : counts.deleted)
  }
  const search = prepare(generation, generation.shown, filter)
  if (search === null) return 0
  if (!search.verify) return countRows(search, generation.shown.columns)
  const all = { filter, order: 'created', reverse: false, limit: Infinity, after: null } as const
  let count = 0
  for await (const batch of select(generation, all)) count += batch.length
  return count
}

function prepare(
  { tagCodes, feeds }: Generation,
  shown: Shown,
  filter: CheckedFilter
): Search | null {
  const feedNumber = (feed: string): number | undefined => feeds.find(feed)
  return prepareSearch(filter, { columns: shown.columns, tagCodes, feedNumber })
}

function take(rows: Iterator<number>, count: number): number[] {
  const taken: number[] = []
  while (taken.length < count) {
    const next = rows.next()
    if (next.done === true) break
    taken.push(next.value)
  }
  return taken
}
