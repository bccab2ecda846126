import test from 'brittle'
import type { CairnError } from '../../lib/errors.js'
import { formatVersion } from '../../lib/log/version.js'
import { collect, contents, openView, toUuid } from './helpers.js'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'

const A = feedId('a')
const B = feedId('b')
const C = feedId('c')

function threeDevices(): MemorySource {
  const source = new MemorySource()
  source.hello(A, 'Laptop A')
  source.hello(B, 'Laptop B')
  source.hello(C, 'Laptop C')
  return source
}

function create(source: MemorySource, feed: string, n: number, fields = {}) {
  const id = observationId(START + n)
  return { id, ref: source.append(feed, observation({ id, clock: START + n, ...fields })) }
}

test('a fresh view over nothing is empty, and says nothing', async (t) => {
  const { view, events } = await openView(t, new MemorySource())
  t.alike(await view.update(), { entries: 0, observations: 0, rebuilt: false })
  t.is(await view.count(), 0)
  t.alike(await collect(view.query()), [])
  t.alike(events, [])
})

test('a device that has only begun gets its view without a word', async (t) => {
  const { view, events } = await openView(t, threeDevices())
  t.is((await view.update()).rebuilt, false)
  t.is(view.devices().length, 3)
  t.alike(events, [])
})

test('an update shows what was recorded since', async (t) => {
  const source = threeDevices()
  const { view } = await openView(t, source)
  await view.update()
  const { id, ref } = create(source, A, 1, { tags: { type: 'river' }, lat: 0, lon: 0 })
  create(source, B, 2)
  t.alike(await view.update(), { entries: 2, observations: 2, rebuilt: false })
  const o = await view.get(toUuid(id))
  t.is(o?.versionId, formatVersion(ref))
  t.alike(o?.tags, { type: 'river' })
  t.is(o?.lat, 0)
  t.is(await view.count(), 2)
  t.is((await view.get(toUuid(observationId(START + 2))))?.lat, undefined)
  t.is(await view.get(toUuid(observationId(START + 9))), null)
})

test('two edits of one version are a fork, and an update of both ends it', async (t) => {
  const source = threeDevices()
  const { id, ref } = create(source, A, 1)
  const { view } = await openView(t, source)
  await view.update()
  const edit = { id, links: [ref], createdBy: A }
  const b = source.append(B, observation({ ...edit, clock: START + 50 }))
  await view.update()
  const c = source.append(C, observation({ ...edit, clock: START + 60 }))
  await view.update()
  const forked = await view.get(toUuid(id))
  t.is(forked?.versionId, formatVersion(c))
  t.alike(
    forked?.forks.map((fork) => fork.versionId),
    [formatVersion(b)]
  )
  t.is(view.status().forked, 1)
  t.is(view.status().pendingLinks, 0)
  const merged = source.append(A, observation({ id, links: [b, c], clock: START + 70 }))
  await view.update()
  t.is((await view.get(toUuid(id)))?.versionId, formatVersion(merged))
  t.is(view.status().forked, 0)
})

test('three heads: when one of them is replaced the other two stay', async (t) => {
  const source = threeDevices()
  const { id, ref } = create(source, A, 1)
  const heads = [A, B, C].map((feed, i) =>
    source.append(feed, observation({ id, links: [ref], clock: START + 10 + i }))
  )
  const { view } = await openView(t, source)
  await view.update()
  t.is((await view.get(toUuid(id)))?.forks.length, 2)
  source.append(A, observation({ id, links: [heads[2]!], clock: START + 99 }))
  await view.update()
  const o = await view.get(toUuid(id))
  t.alike(
    o?.forks.map((fork) => fork.versionId),
    [formatVersion(heads[1]!), formatVersion(heads[0]!)]
  )
})

test('a deletion takes an observation out of the query, a restore brings it back', async (t) => {
  const source = threeDevices()
  const { id, ref } = create(source, A, 1)
  const gone = source.append(B, observation({ id, links: [ref], deleted: true, clock: START + 5 }))
  const { view } = await openView(t, source)
  await view.update()
  t.is((await view.get(toUuid(id)))?.deleted, true)
  t.is((await collect(view.query())).length, 0)
  t.is((await collect(view.query({ deleted: true }))).length, 1)
  t.is(await view.count(), 0)
  t.is(await view.count({ deleted: true }), 1)
  source.append(A, observation({ id, links: [gone], clock: START + 6 }))
  await view.update()
  t.is((await collect(view.query())).length, 1)
  t.is(await view.count(), 1)
})

test('beside a deletion the edit is shown; deleting both sticks', async (t) => {
  const source = threeDevices()
  const { id, ref } = create(source, A, 1)
  const gone = source.append(B, observation({ id, links: [ref], deleted: true, clock: START + 9 }))
  const edit = source.append(C, observation({ id, links: [ref], clock: START + 2 }))
  const { view } = await openView(t, source)
  await view.update()
  const o = await view.get(toUuid(id))
  t.is(o?.versionId, formatVersion(edit))
  t.is(o?.forks[0]?.deleted, true)
  t.is(await view.count(), 1)
  source.append(A, observation({ id, links: [gone, edit], deleted: true, clock: START + 10 }))
  await view.update()
  t.is(await view.count(), 0)
})

test('a link to a version that is not held waits, and is counted', async (t) => {
  const all = threeDevices()
  const { id, ref } = create(all, A, 1)
  all.append(B, observation({ id, links: [ref], clock: START + 5 }))
  const source = new MemorySource()
  source.receive(all, B, 99)
  const { view } = await openView(t, source)
  await view.update()
  t.is(view.status().pendingLinks, 1)
  source.receive(all, A, 99)
  await view.update()
  t.is(view.status().pendingLinks, 0)
  t.alike((await view.get(toUuid(id)))?.forks, [])
})

test('a link to a block that has another hash waits, though the place is held', async (t) => {
  const source = threeDevices()
  const { id, ref } = create(source, A, 1)
  const { view } = await openView(t, source)
  await view.update()
  const elsewhere = { ...ref, hash: Buffer.alloc(8, 0xee) }
  source.append(B, observation({ id, links: [elsewhere], clock: START + 5, tags: { n: 2 } }))
  await view.update()
  t.is(view.status().pendingLinks, 1)
  t.is((await view.get(toUuid(id)))?.forks.length, 1)
})

test('unknown and unreadable entries are counted, hellos name the devices', async (t) => {
  const source = threeDevices()
  create(source, A, 1)
  source.append(A, { kind: 'unknown', version: 2, kindCode: 1 })
  source.append(B, { kind: 'unreadable', reason: 'broken' })
  source.append(B, null)
  source.append(B, { kind: 'unreadable', reason: 'broken' })
  source.append(C, observation({ id: new Uint8Array(3) }))
  const { view, dir } = await openView(t, source)
  await view.update()
  const status = view.status()
  t.is(status.unknownEntries, 1)
  t.is(status.unreadableEntries, 3)
  t.is(status.observations, 1)
  t.alike(
    view.devices().map(({ name }) => name),
    ['Laptop A', 'Laptop B', 'Laptop C']
  )
  const before = await contents(view)
  await view.close()
  const again = await openView(t, source, dir)
  t.alike(await contents(again.view), before)
  t.alike(again.events, [])
})

test('7,000 creations and 3,000 deletions, deletions of deletions too, in any order', async (t) => {
  const all = threeDevices()
  for (let n = 0; n < 7000; n++) {
    const { id, ref } = create(all, A, n)
    if (n >= 3000) continue
    const gone = all.append(
      B,
      observation({ id, links: [ref], deleted: true, clock: START + n + 1 })
    )
    if (n < 500) {
      all.append(C, observation({ id, links: [gone], deleted: true, clock: START + n + 2 }))
    }
  }
  const routes: [string, number][][] = [
    [
      [A, 1e6],
      [B, 1e6],
      [C, 1e6]
    ],
    [
      [C, 1e6],
      [B, 1e6],
      [A, 1e6]
    ],
    [
      [B, 900],
      [A, 2500],
      [C, 300],
      [A, 5000],
      [B, 1e6],
      [A, 1e6],
      [C, 1e6]
    ]
  ]
  const results: unknown[] = []
  for (const route of routes) {
    const source = new MemorySource()
    const { view } = await openView(t, source)
    for (const [feed, length] of route) {
      source.receive(all, feed, length)
      await view.update()
    }
    t.is(await view.count(), 4000)
    t.is(await view.count({ deleted: true }), 7000)
    t.is((await collect(view.query())).length, 4000)
    t.is(view.status().pendingLinks, 0)
    results.push(await contents(view))
    await view.rebuild()
    results.push(await contents(view))
  }
  for (const result of results.slice(1)) t.alike(result, results[0])
})

test('history is newest first, over all branches', async (t) => {
  const source = threeDevices()
  const { id, ref } = create(source, A, 1)
  const b = source.append(B, observation({ id, links: [ref], clock: START + 10 }))
  const c = source.append(C, observation({ id, links: [ref], clock: START + 20 }))
  const merged = source.append(A, observation({ id, links: [b, c], clock: START + 30 }))
  const late = source.append(B, observation({ id, links: [b], clock: START + 15 }))
  create(source, A, 2)
  const { view } = await openView(t, source)
  await view.update()
  const versions = await collect(view.history(toUuid(id)))
  t.alike(
    versions.map((v) => v.versionId),
    [merged, c, late, b, ref].map(formatVersion)
  )
  t.alike(await collect(view.history(toUuid(observationId(1)))), [])
})

test('heads give the entry as recorded, and the clock to go beyond', async (t) => {
  const source = threeDevices()
  const { id, ref } = create(source, A, 1000, { unknown: { colour: 'green' } })
  source.append(B, observation({ id, links: [ref], clock: START, unknown: { colour: 'red' } }))
  const { view } = await openView(t, source)
  await view.update()
  const heads = await view.heads(toUuid(id))
  t.is(heads.length, 1)
  t.is(heads[0]?.clock, START + 1001)
  t.alike(heads[0]?.entry.unknown, { colour: 'red' })
  t.alike(heads[0]?.entry.id, id)
})

test('a head counts above a version that it replaced and another replaced before', async (t) => {
  const source = threeDevices()
  const { id, ref } = create(source, A, 100)
  const { view } = await openView(t, source)
  await view.update()
  source.append(B, observation({ id, links: [ref], clock: START + 50 }))
  await view.update()
  source.append(C, observation({ id, links: [ref], clock: START + 60 }))
  await view.update()
  const clocks = async () => (await view.heads(toUuid(id))).map((head) => head.clock)
  t.alike(await clocks(), [START + 101, START + 101])
  await view.rebuild()
  t.alike(await clocks(), [START + 101, START + 101])
})

test('query: order, limit and pages', async (t) => {
  const source = threeDevices()
  for (let n = 0; n < 600; n++) create(source, n % 2 ? A : B, n)
  const { view } = await openView(t, source)
  await view.update()
  const ids = Array.from({ length: 600 }, (_, n) => toUuid(observationId(START + n)))
  const found = async (options: object) => (await collect(view.query(options))).map((o) => o.id)
  t.alike(await found({}), ids)
  t.alike(await found({ reverse: true }), ids.toReversed())
  t.alike(await found({ limit: 7 }), ids.slice(0, 7))
  t.alike(await found({ limit: 0 }), [])
  t.alike(await found({ reverse: true, limit: 7 }), ids.toReversed().slice(0, 7))
  t.alike(await found({ after: ids[99], limit: 5 }), ids.slice(100, 105))
  t.alike(await found({ after: ids[100], reverse: true, limit: 5 }), ids.slice(95, 100).reverse())
})

test('query: what is written meanwhile does not disturb it', async (t) => {
  const source = threeDevices()
  const made = Array.from({ length: 2000 }, (_, n) => create(source, A, n))
  const { view } = await openView(t, source)
  await view.update()
  let seen = 0
  for await (const o of view.query()) {
    if (++seen === 10) {
      for (const { id, ref } of made) {
        source.append(B, observation({ id, links: [ref], tags: { edited: true }, deleted: true }))
      }
      await view.update()
      await view.rebuild()
    }
    if ('edited' in o.tags) t.fail('an edit shows in a snapshot')
  }
  t.is(seen, 2000)
  t.is(await view.count(), 0)
})

test('query: a wrong argument is a TypeError that names it', async (t) => {
  const { view } = await openView(t, new MemorySource())
  await t.exception.all(() => collect(view.query({ limit: -1 })), /limit/)
  await t.exception.all(() => collect(view.query({ reverse: 'yes' as never })), /reverse/)
  await t.exception.all(() => collect(view.query({ after: 'x' })), /observation id/)
  await t.exception.all(() => view.get('x'), /observation id/)
})

test('updates called at once run one after the other', async (t) => {
  const source = threeDevices()
  const { view } = await openView(t, source)
  for (let n = 0; n < 50; n++) create(source, A, n)
  const updates = await Promise.all([view.update(), view.update(), view.rebuild(), view.update()])
  t.alike(
    updates.map(({ entries }) => entries),
    [50, 0, 50, 0]
  )
})

test('progress counts what is read and what is written, and reaches the total', async (t) => {
  const source = threeDevices()
  for (let n = 0; n < 3000; n++) create(source, A, n)
  const { view } = await openView(t, source)
  const last = new Map<string, [number, number]>()
  await view.rebuild({ onProgress: ({ phase, done, total }) => last.set(phase, [done, total]) })
  t.alike(
    [...last],
    [
      ['reading', [3003, 3003]],
      ['writing', [3000, 3000]]
    ]
  )
})

test('a closed view answers everything with CLOSED', async (t) => {
  const source = threeDevices()
  for (let n = 0; n < 3000; n++) create(source, A, n)
  const { view } = await openView(t, source)
  await view.update()
  const running = view.query()
  await running.next()
  await view.close()
  await view.close()
  const id = toUuid(observationId(START))
  const uses: (() => unknown)[] = [
    () => view.update(),
    () => view.rebuild(),
    () => view.get(id),
    () => view.heads(id),
    () => collect(view.query()),
    () => collect(running),
    () => collect(view.history(id)),
    async () => view.count(),
    async () => view.status(),
    async () => view.devices()
  ]
  for (const use of uses) {
    await t.exception(async () => use(), { code: 'CLOSED' } as Partial<CairnError>)
  }
})
