// A search looks at the rows between two latitudes alone, and by time of update at those chunks
// alone that can hold the first. What it finds is what looking at every row finds.

import fc from 'fast-check'
import test from 'brittle'
import { LOCATED } from '../../lib/index/chunk.js'
import { ColumnsBuilder, type Columns } from '../../lib/index/columns.js'
import { checkFilter } from '../../lib/index/filter.js'
import { inBox, type BoundingBox } from '../../lib/index/place.js'
import { checkQuery } from '../../lib/index/query.js'
import { countRows, findRows, prepareSearch, type Search } from '../../lib/index/search.js'
import { TagCodes } from '../../lib/index/tag-codes.js'
import { check } from './histories.js'
import { observationId, START } from './memory-source.js'

/** Some are the same, some differ by less than the order of latitudes tells apart. */
const degrees = (limit: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.double({ min: -limit, max: limit, noNaN: true }),
    fc.constantFrom(-limit, -1, 0, -0, 1, 1 + 1e-12, 1 + 2e-12, 1 + 1e-9, limit),
    fc.nat(1000).map((n) => n / 1e11)
  )
const place = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(degrees(90), degrees(180)) },
  { weight: 1, arbitrary: fc.constant(null) }
)
const box = fc
  .tuple(degrees(180), degrees(90), degrees(180), degrees(90))
  .map(([w, a, e, b]): BoundingBox => [w, Math.min(a, b), e, Math.max(a, b)])

type Spot = readonly [lat: number, lon: number] | null

/** The same places over and over, so that there are several chunks. */
function build(
  spots: readonly Spot[],
  count: number,
  updatedAt: (i: number) => number = (i) => START + i
): { columns: Columns; all: Spot[] } {
  const builder = new ColumnsBuilder()
  const all: Spot[] = []
  for (let i = 0; i < count; i++) {
    const spot = spots[(i * 7 + (i >> 8)) % spots.length]!
    const [lat, lon] = spot ?? [NaN, NaN]
    const times = { createdAt: START + i, updatedAt: updatedAt(i) }
    const flags = spot === null ? 0 : LOCATED
    const row = { flags, lat, lon, ...times, device: 0, codes: [] }
    builder.push(observationId(START + i), row, { offset: i * 100, byteLength: 100 })
    all.push(spot)
  }
  return { columns: builder.take(), all }
}

test('a search by box finds what looking at every row finds', { timeout: 120_000 }, async (t) => {
  const property = fc.asyncProperty(
    fc.array(place, { minLength: 1, maxLength: 400 }),
    fc.constantFrom(5, 300, 9000),
    fc.array(box, { minLength: 1, maxLength: 6 }),
    async (spots, count, boxes) => {
      const { columns, all } = build(spots, count)
      const index = { columns, tagCodes: new TagCodes(), feedNumber: () => 0 }
      return boxes.every((bbox) => {
        const search: Search = prepareSearch(checkFilter({ bbox }), index)!
        const rows = [...findRows(checkQuery({ bbox }), search, columns)]
        const wanted = all.flatMap((spot, i) => (spot !== null && inBox(bbox, ...spot) ? [i] : []))
        const back = [...findRows(checkQuery({ bbox, reverse: true }), search, columns)]
        return (
          String(rows) === String(wanted) &&
          String(back) === String(wanted.toReversed()) &&
          countRows(search, columns) === wanted.length
        )
      })
    }
  )
  await check(t, property, 60)
})

test('the first by time of update are found in whatever chunk they lie', async (t) => {
  const property = fc.asyncProperty(
    fc.array(fc.nat(20_000), { minLength: 1, maxLength: 50 }),
    fc.integer({ min: -2, max: 2 }),
    fc.integer({ min: 1, max: 60 }),
    fc.boolean(),
    async (late, slope, limit, reverse) => {
      const updated = (i: number): number => START + slope * i + late[(i >> 5) % late.length]!
      const { columns } = build([[0, 0]], 9000, updated)
      const index = { columns, tagCodes: new TagCodes(), feedNumber: () => 0 }
      const query = checkQuery({ order: 'updated', limit, reverse })
      const rows = [...findRows(query, prepareSearch(query.filter, index)!, columns)]
      const sign = reverse ? -1 : 1
      const wanted = Array.from({ length: columns.count }, (_, i) => i)
        .sort((a, b) => (updated(a) - updated(b) || a - b) * sign)
        .slice(0, limit)
      return String(rows) === String(wanted)
    }
  )
  await check(t, property, 100)
})
