// Queries against a judge of a few lines over what a scan of the whole view shows.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import test from 'brittle'
import { View, type Observation, type QueryOptions } from '../../lib/index/public.js'
import { distance } from '../../lib/index/place.js'
import { collect, openView, toUuid } from './helpers.js'
import { check } from './histories.js'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'

const FEEDS = ['a', 'b', 'c'].map(feedId)
const LATS = [-90, -45, -0.5, 0, 0.5, 45, 90]
const LONS = [-180, -179, -77, 0, 77, 179, 180]
const VALUES = ['river', 'lake', '', 1, '1', true, null, 0]

const content = fc.record({
  device: fc.nat(2),
  place: fc.option(fc.record({ lat: fc.constantFrom(...LATS), lon: fc.constantFrom(...LONS) })),
  type: fc.option(fc.oneof(fc.constantFrom(...VALUES), fc.array(fc.constantFrom('river', 'x')))),
  photo: fc.boolean(),
  time: fc.nat(5),
  /** Edits that link to the first version: two of them are a fork. */
  edits: fc.nat(2),
  deleted: fc.boolean()
})

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 3 })
const time = fc.nat(6).map((n) => START + n)
const queries: fc.Arbitrary<QueryOptions> = fc
  .record({
    bbox: maybe(
      fc
        .tuple(
          fc.constantFrom(...LONS),
          fc.constantFrom(...LATS),
          fc.constantFrom(...LONS),
          fc.constantFrom(...LATS)
        )
        .map(([w, a, e, b]) => [w, Math.min(a, b), e, Math.max(a, b)] as const)
    ),
    near: maybe(
      fc.record({
        lat: fc.constantFrom(...LATS),
        lon: fc.constantFrom(...LONS),
        radius: fc.constantFrom(1e5, 6e6, 1e9)
      })
    ),
    type: maybe(
      fc.oneof(
        fc.constantFrom(...VALUES),
        fc.array(fc.constantFrom(...VALUES), { maxLength: 3 }),
        fc.record({ present: fc.boolean() })
      )
    ),
    photo: maybe(fc.record({ present: fc.boolean() })),
    createdSince: maybe(time),
    createdUntil: maybe(time),
    updatedSince: maybe(time),
    updatedUntil: maybe(time),
    device: maybe(fc.constantFrom(...FEEDS, feedId('nobody'))),
    forked: maybe(fc.boolean()),
    deleted: maybe(fc.constantFrom(true, false, 'only' as const)),
    hasLocation: maybe(fc.boolean()),
    updated: fc.boolean(),
    reverse: maybe(fc.boolean()),
    limit: maybe(fc.nat(6))
  })
  .map(({ type, photo, updated, ...rest }) => {
    const tags = { ...(type !== undefined && { type }), ...(photo !== undefined && { photo }) }
    return { ...rest, tags, ...(updated && { order: 'updated' as const }) }
  })

test(
  'any query gives what the judge picks, in one go and page by page',
  { timeout: 120_000 },
  async (t) => {
    const property = fc.asyncProperty(
      fc.array(content, { maxLength: 14 }),
      fc.array(queries, { minLength: 4, maxLength: 12 }),
      async (items, list) => {
        const dir = await mkdtemp(join(tmpdir(), 'cairnlog-query-'))
        const view = await View.open(dir, write(items))
        try {
          await view.update()
          const all = await collect(view.query({ deleted: true }))
          for (const options of list) await compare(view, all, options)
        } finally {
          await view.close()
          await rm(dir, { recursive: true })
        }
      }
    )
    await check(t, property, 40)
  }
)

async function compare(view: View, all: Observation[], options: QueryOptions): Promise<void> {
  const { limit = Infinity, ...filter } = options
  const { order: _order, reverse: _reverse, ...countable } = filter
  const wanted = judge(all, options)
  same(ids(await collect(view.query(options))), ids(wanted).slice(0, limit))
  same(await view.count(countable), wanted.length)
  for (const byId of [true, false]) {
    const pages: Observation[] = []
    for (;;) {
      const last = pages.at(-1)
      const after = last && { after: byId ? last.id : last }
      const page = await collect(view.query({ ...filter, ...after, limit: 3 }))
      pages.push(...page)
      if (page.length < 3) break
    }
    same(ids(pages), ids(wanted))
  }
}

/** Plain and slow, and shares little with the view but the shape of an observation. */
function judge(all: readonly Observation[], q: QueryOptions): Observation[] {
  const at = (text: string): number => Date.parse(text)
  const chosen = all.filter((o) => {
    if (q.deleted === 'only' ? !o.deleted : o.deleted && q.deleted !== true) return false
    if (q.forked !== undefined && q.forked !== o.forks.length > 0) return false
    if (q.hasLocation !== undefined && q.hasLocation !== (o.lat !== undefined)) return false
    if (q.device !== undefined && q.device !== o.createdBy) return false
    if (at(o.createdAt) < Number(q.createdSince ?? -Infinity)) return false
    if (at(o.createdAt) >= Number(q.createdUntil ?? Infinity)) return false
    if (at(o.updatedAt) < Number(q.updatedSince ?? -Infinity)) return false
    if (at(o.updatedAt) >= Number(q.updatedUntil ?? Infinity)) return false
    if (q.bbox && !inside(q.bbox, o)) return false
    if (q.near && !(metres(q.near, o) <= (q.near.radius ?? Infinity))) return false
    return Object.entries(q.tags ?? {}).every(([key, wanted]) => {
      const value = o.tags[key]
      if (typeof wanted === 'object' && wanted !== null && 'present' in wanted) {
        return wanted.present === key in o.tags
      }
      if (!(key in o.tags)) return false
      const values = [value].flat()
      return [wanted].flat().some((w) => values.some((v) => v === w))
    })
  })
  const key = (o: Observation): number =>
    q.order === 'updated' ? at(o.updatedAt) : q.near ? metres(q.near, o) : 0
  const sorted = chosen.sort((a, b) => key(a) - key(b) || (a.id < b.id ? -1 : 1))
  return q.reverse === true ? sorted.reverse() : sorted
}

function inside([w, s, e, n]: NonNullable<QueryOptions['bbox']>, o: Observation): boolean {
  if (o.lat === undefined || o.lon === undefined || o.lat < s || o.lat > n) return false
  if (Math.abs(o.lat) === 90) return true
  const turns = [-360, 0, 360].map((turn) => o.lon! + turn)
  const east = w <= e ? e : e + 360
  return turns.some((lon) => lon >= w && lon <= east)
}

/** Distances have a test of their own; here the last bit of one may decide an order. */
function metres(from: { lat: number; lon: number }, to: Observation): number {
  return distance(from.lat, from.lon, to.lat ?? NaN, to.lon ?? NaN)
}

function write(items: readonly (typeof content extends fc.Arbitrary<infer T> ? T : never)[]) {
  const source = new MemorySource()
  for (const [i, feed] of FEEDS.entries()) source.hello(feed, `Laptop ${i}`)
  for (const [n, item] of items.entries()) {
    const id = observationId(START + (n % 4), n)
    const fields = {
      id,
      createdAt: START + item.time,
      updatedAt: START + item.time,
      tags: {
        ...(item.type !== null && { type: item.type }),
        ...(item.photo && { photo: n })
      },
      ...item.place
    }
    const ref = source.append(FEEDS[item.device]!, observation({ ...fields, clock: START + n }))
    for (let edit = 0; edit < item.edits; edit++) {
      const clock = START + n + 10 + edit
      const later = { links: [ref], clock, createdBy: FEEDS[item.device]!, updatedAt: START + edit }
      const deleted = item.deleted && edit === 0
      source.append(FEEDS[edit]!, observation({ ...fields, ...later, deleted }))
    }
  }
  return source
}

function ids(list: readonly Observation[]): string[] {
  return list.map(({ id }) => id)
}

function same(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (a !== b) throw new Error(`found  ${a}\nwanted ${b}`)
}

test('a tag of more values than are kept in memory is found, and counted', async (t) => {
  const source = new MemorySource()
  const feed = feedId('a')
  source.hello(feed, 'Laptop')
  for (let n = 0; n < 3000; n++) {
    const tags = { name: `place ${n % 1500}`, [`key ${n % 3}`]: true }
    source.append(feed, observation({ id: observationId(START + n), clock: START + n, tags }))
  }
  const { view } = await openView(t, source)
  for (const n of [0, 999, 1000, 1499]) {
    const tags = { name: `place ${n}` }
    t.is(await view.count({ tags }), 2)
    t.is((await collect(view.query({ tags, reverse: true, order: 'updated', limit: 1 }))).length, 1)
  }
  t.is(await view.count({ tags: { name: 'place 1500' } }), 0)
  t.is(await view.count({ tags: { name: ['place 1', 'place 1400', 'nowhere'] } }), 4)
  t.is(await view.count({ tags: { name: { present: true } } }), 3000)
  t.is(await view.count({ tags: { 'key 1': { present: false } } }), 2000)
})

test('what is written while a query runs does not disturb it', async (t) => {
  const source = new MemorySource()
  const feed = feedId('a')
  source.hello(feed, 'Laptop')
  const refs = Array.from({ length: 300 }, (_, n) =>
    source.append(feed, observation({ id: observationId(START + n), tags: { type: 'river' } }))
  )
  const { view } = await openView(t, source)
  const seen: string[] = []
  for await (const o of view.query({ tags: { type: 'river' } })) {
    if (seen.push(o.versionId) > 1) continue
    for (const [n, ref] of refs.entries()) {
      const edit = { id: observationId(START + n), links: [ref], clock: START + 999 }
      source.append(feed, observation({ ...edit, tags: { type: 'lake' } }))
    }
    await view.update()
    t.is(await view.count({ tags: { type: 'river' } }), 0)
  }
  t.is(seen.length, 300)
})

test('a page goes on where it was although its last one has been edited', async (t) => {
  const source = new MemorySource()
  const feed = feedId('a')
  source.hello(feed, 'Laptop')
  const at = (n: number) => ({ id: observationId(START + n), createdAt: START, clock: START + n })
  const refs = Array.from({ length: 6 }, (_, n) =>
    source.append(feed, observation({ ...at(n), updatedAt: START + n }))
  )
  const { view } = await openView(t, source)
  const [, , third] = await collect(view.query({ order: 'updated', limit: 3 }))
  const edit = { links: [refs[2]!], clock: START + 50, updatedAt: START + 50 }
  source.append(feed, observation({ ...at(2), ...edit }))
  await view.update()
  const rest = await collect(view.query({ order: 'updated', after: third! }))
  t.alike(
    ids(rest),
    [3, 4, 5, 2].map((n) => toUuid(observationId(START + n)))
  )
})

test('pages go on and end also where clocks ran beyond what a Date can hold', async (t) => {
  const source = new MemorySource()
  const feed = feedId('a')
  source.hello(feed, 'Laptop')
  const times = [-8.7e15, -8.7e15 - 1, START, 8.7e15, 8.7e15 + 1]
  for (const [n, updatedAt] of times.entries()) {
    source.append(feed, observation({ id: observationId(START + n), clock: START, updatedAt }))
  }
  const { view } = await openView(t, source)
  for (const reverse of [false, true]) {
    const seen: string[] = []
    let after: Observation | undefined
    while (seen.length <= times.length) {
      const page = { order: 'updated', reverse, limit: 1, ...(after && { after }) } as const
      after = (await collect(view.query(page)))[0]
      if (after === undefined) break
      seen.push(after.id)
    }
    const all = await collect(view.query({ order: 'updated', reverse }))
    t.alike([seen, seen.length], [ids(all), times.length])
  }
  t.is(await view.count({ updatedSince: new Date(8.64e15) }), 2)
})

test('a wrong option is a TypeError that names it', async (t) => {
  const { view } = await openView(t, new MemorySource())
  const wrong: Record<string, unknown>[] = [
    { bbox: [0, 10, 0, 5] },
    { near: { lat: 91, lon: 0 } },
    { tags: { type: { like: 'r%' } } },
    { tags: 'river' },
    { createdSince: 'yesterday' },
    { updatedUntil: {} },
    { device: 'Laptop 1' },
    { forked: 'yes' },
    { deleted: 1 },
    { hasLocation: null },
    { order: 'name' },
    { reverse: 1 },
    { limit: -1 },
    { after: 'x' },
    { colour: 'red' }
  ]
  for (const options of wrong) {
    const [name] = Object.keys(options)
    await t.exception.all(
      async () => await collect(view.query(options)),
      name === 'after' ? /observation id/ : new RegExp(`^TypeError: ${name}`)
    )
  }
  await t.exception.all(() => view.count({ limit: 3 } as object), /limit: there is no such option/)
})
