import test, { type Assertion } from 'brittle'
import { decodePlace } from '../../lib/index/batch.js'
import { Generation } from '../../lib/index/generation.js'
import { bringUpToDate } from '../../lib/index/indexer.js'
import { ROW_KEYS, rowId } from '../../lib/index/keys.js'
import { decodeRow } from '../../lib/index/row.js'
import { collect } from './helpers.js'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'

function filled(): MemorySource {
  const source = new MemorySource()
  const [a, b, c] = ['a', 'b', 'c'].map(feedId) as [string, string, string]
  for (const feed of [a, b, c]) source.hello(feed, feed.slice(0, 4))
  for (let n = 0; n < 4000; n++) {
    const id = observationId(START + n)
    const ref = source.append(n % 2 ? a : b, observation({ id, clock: START + n, tags: { n } }))
    const edit = observation({ id, links: [ref], clock: START + n + 1, deleted: n % 3 === 0 })
    if (n % 4 === 0) source.append(c, edit)
    if (n % 8 === 0) source.append(a, { ...edit, tags: { again: true } })
  }
  return source
}

/** Where the tree says that they are; the columns must say the same. */
async function rowsOf(t: Assertion, { tree, rows, feeds, shown }: Generation) {
  const items = await collect(tree.range(ROW_KEYS))
  const wanted = items.map(({ key, value }) => ({ id: rowId(key), ...decodePlace(value) }))
  t.alike(
    wanted,
    wanted.map((_, row) => shown.columns.wanted(row))
  )
  return (await rows.read(wanted)).map((row, i) => decodeRow(row, wanted[i]!.id, feeds))
}

test('rows do not depend on how many slabs they went through', async (t) => {
  const source = filled()
  const results = []
  for (const [bulk, bulkSlabBytes] of [
    [true, 1e9],
    [true, 1],
    [true, 100_000],
    [false, 1]
  ] as const) {
    const generation = await Generation.create(await t.tmp(), 1)
    const ends = source.ends()
    const { entries } = await bringUpToDate(generation, source, ends, { bulk, bulkSlabBytes })
    t.is(entries, 5500)
    t.ok(generation.summary.complete)
    results.push({ rows: await rowsOf(t, generation), counts: generation.summary.counts })
    await generation.close()
  }
  t.is(results[0]?.counts.forked, 500)
  for (const result of results.slice(1)) t.alike(result, results[0])
})

test('what a generation says of itself survives closing', async (t) => {
  const source = filled()
  const dir = await t.tmp()
  const generation = await Generation.create(dir, 3)
  await bringUpToDate(generation, source, source.ends(), { bulk: true })
  const { summary, rows } = generation
  const feeds = [...generation.feeds]
  await generation.close()
  const again = await Generation.load(dir, 3)
  t.alike(again.summary, summary)
  t.is(again.rows.length, rows.length)
  t.alike(
    [...again.feeds].map(({ feed, length, name }) => [feed, length, name]),
    feeds.map(({ feed, length, name }) => [feed, length, name])
  )
  await again.close()
})
