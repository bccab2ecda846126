import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import {
  CairnError,
  defineKind,
  Device,
  type CheckProblem,
  type Document,
  type ViewEvent
} from '../lib/main.js'
import { connect } from '../lib/testing.js'
import { createDevice, PROJECT_KEY, syncFilePath } from './helpers/devices.js'
import { CONFIGURATION, START } from './helpers/fixed.js'

type Point = [lon: number, lat: number]

interface Track {
  name: string
  day: string
  points: Point[]
}

const track = defineKind<Track>({
  name: 'track',
  validate({ points }) {
    if (!Array.isArray(points) || points.length < 2) throw new TypeError('points: two at least')
  },
  keys: {
    day: ({ fields }) => fields.day,
    length: ({ fields }) => fields.points.length
  },
  bbox({ fields }) {
    const [lons, lats] = [fields.points.map(([lon]) => lon), fields.points.map(([, lat]) => lat)]
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
  }
})

function path(name: string, day = '2026-05-01', at: Point = [0, 0]): Track {
  return { name, day, points: [at, [at[0] + 0.01, at[1] + 0.01]] }
}

async function open(t: Assertion, options: Parameters<typeof createDevice>[1] = {}) {
  const device = await createDevice(t, { kinds: [track], ...options })
  return { device, tracks: device.documents(track) }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const names = (documents: readonly Document<Track>[]) => documents.map(({ fields }) => fields.name)

test('a document is created, edited, deleted and restored like an observation', async (t) => {
  const { device, tracks } = await open(t)
  const made = await tracks.create(path('north'), { author: 'Rosa', trustedAt: START })
  t.alike(await tracks.get(made.id), made)
  t.is(made.createdBy, device.id)
  t.is(made.author, 'Rosa')
  const edited = await tracks.update(made, { name: 'north ridge' }, { author: null })
  t.alike(edited.fields, path('north ridge'))
  t.alike([edited.author, edited.trustedAt], [undefined, '2026-05-01T00:00:00.000Z'])
  t.alike(edited.links, [made.versionId])
  const deleted = await tracks.delete(edited)
  t.ok(deleted.deleted)
  t.is((await tracks.delete(made.id)).versionId, deleted.versionId, 'twice is once')
  t.alike([await tracks.count(), await tracks.count({ deleted: 'only' })], [0, 1])
  const restored = await tracks.restore(made.id)
  t.alike([restored.deleted, restored.fields], [false, path('north ridge')])
  const versions = await all(tracks.history(made.id))
  t.alike(
    versions.map(({ versionId }) => versionId),
    [restored, deleted, edited, made].map(({ versionId }) => versionId)
  )
  t.is(await device.observations.count({ deleted: true }), 0, 'and is no observation')
})

test('what is wrong is refused before it is written, and names the field', async (t) => {
  const { device, tracks } = await open(t)
  await t.exception.all(tracks.create({ ...path('a'), points: [] }), /points: two at least/)
  await t.exception.all(tracks.create({ ...path('a'), at: new Date() } as never), /track\.at/)
  await t.exception.all(tracks.create(path('a'), { lat: 1 } as never), /lat/)
  const items = [path('a'), { ...path('b'), points: [] }]
  await t.exception.all(tracks.createMany(items), /item 1: points/)
  const made = await tracks.create(path('a'))
  await t.exception.all(tracks.update(made, { points: null }), /points/)
  await t.exception.all(all(tracks.query({ where: { height: 1 } })), /no key "height"/)
  await t.exception.all(all(tracks.query({ order: 'height' })), /no key "height"/)
  const twice = { length: { gt: 2, gte: 5 } }
  await t.exception.all(tracks.count({ where: twice }), /where\.length: gt or gte/)
  await t.exception.all(() => device.documents('area'), /No kind "area"/)
  const missing = '01900000-0000-7000-8000-000000000000'
  const error = await tracks.update(missing, {}).then(
    () => null,
    (reason: unknown) => reason
  )
  t.ok(error instanceof CairnError && error.code === 'DOCUMENT_NOT_FOUND')
  t.is(error instanceof CairnError && error.document, missing)
  t.is(await tracks.count(), 1)
})

test('a track that goes on while it is recorded is recorded as it was handed in', async (t) => {
  const { tracks } = await open(t)
  const live = path('live')
  const creating = tracks.create(live)
  live.points.push([1, 1])
  const { id, fields } = await creating
  t.is(fields.points.length, 2)
  const updating = tracks.update(id, { points: live.points })
  live.points.push([2, 2])
  await updating
  t.is((await tracks.get(id))?.fields.points.length, 3)
})

test('edits by id that are made at once go one after the other, whoever asked for the kind', async (t) => {
  const { device, tracks } = await open(t)
  const { id } = await tracks.create(path('north'))
  await Promise.all([
    tracks.update(id, { name: 'south' }),
    device.documents(track).update(id, { day: '2026-06-01' })
  ])
  const { fields, forks } = (await tracks.get(id))!
  t.alike([fields.name, fields.day, forks], ['south', '2026-06-01', []])
})

test('a kind that makes no sense is refused when the device is opened', async (t) => {
  const bad = [
    { name: 'a b' },
    { name: 'observation' },
    { name: 'a', keys: { day: 1 } },
    { name: 'a', keys: { created: () => 1 } },
    { name: 'a', validate: true }
  ]
  for (const kind of bad) await t.exception.all(() => defineKind(kind as never), /kind/)
  await t.exception.all(createDevice(t, { kinds: [track, { ...track }] }), /two of the name track/)
})

test('two edits made apart are a fork on both sides, over file and link, and a merge ends it', async (t) => {
  const { device: one, tracks } = await open(t, { name: 'One' })
  const { device: two, tracks: there } = await open(t, { name: 'Two' })
  const stick = await syncFilePath(t)
  const made = await tracks.create(path('north'))
  await one.sync(stick)
  const { changes } = await two.sync(stick, { listChanges: true })
  t.alike(changes[0]?.documents?.['track'], {
    created: 1,
    edited: 0,
    deleted: 0,
    restored: 0,
    ids: { created: [made.id], edited: [], deleted: [], restored: [] }
  })
  t.is(changes[0]?.created, 0)
  await tracks.update(made, { name: 'north ridge' })
  await there.update(made.id, { name: 'north valley' })
  const link = connect(one, two)
  await link.caughtUp
  await link.close()
  const [here, forked] = [await tracks.get(made.id), await there.get(made.id)]
  t.alike(here, forked)
  t.is(forked?.forks.length, 1)
  t.alike(
    [await tracks.count({ forked: true }), (await one.status()).documents['track']?.forked],
    [1, 1]
  )
  const merged = await there.update(forked!, { name: 'north' })
  t.alike([merged.forks, merged.links.length], [[], 2])
  await two.sync(stick)
  await one.sync(stick)
  t.alike(await tracks.get(made.id), merged)
  await one.rebuildIndex()
  t.alike(await tracks.get(made.id), merged)
})

test('an edit that arrived between showing and saving stays a fork', async (t) => {
  const { device: one, tracks } = await open(t)
  const { device: two, tracks: there } = await open(t)
  const stick = await syncFilePath(t)
  const shown = await tracks.create(path('north'))
  for (const device of [one, two]) await device.sync(stick)
  await there.update(shown.id, { name: 'theirs' })
  for (const device of [two, one]) await device.sync(stick)
  const saved = await tracks.update(shown, { name: 'ours' })
  t.alike([saved.fields.name, saved.forks.map(({ fields }) => fields.name)].flat().sort(), [
    'ours',
    'theirs'
  ])
})

test('documents are found by their keys, by place, and in the order of a key, page by page', async (t) => {
  const { tracks } = await open(t)
  const days = ['2026-05-03', '2026-05-01', '2026-05-02', '2026-05-01']
  for (const [i, day] of days.entries()) await tracks.create(path(`${i}`, day, [i * 10, 0]))
  const found = async (query: Parameters<typeof tracks.query>[0]) =>
    names(await all(tracks.query(query)))
  t.alike(await found({}), ['0', '1', '2', '3'])
  t.alike(await found({ order: 'day' }), ['1', '3', '2', '0'])
  t.alike(await found({ order: 'day', reverse: true, limit: 2 }), ['0', '2'])
  t.alike(await found({ where: { day: '2026-05-01' } }), ['1', '3'])
  t.alike(await found({ where: { day: { gt: '2026-05-01', lt: '2026-05-03' } } }), ['2'])
  t.alike(await found({ where: { day: ['2026-05-03', '2026-05-01'] }, order: 'day' }), [
    '1',
    '3',
    '0'
  ])
  t.alike(await found({ bbox: [9, -1, 21, 1] }), ['1', '2'])
  t.alike(await found({ bbox: [9, -1, 21, 1], where: { day: '2026-05-02' } }), ['2'])
  t.is(await tracks.count({ where: { length: { gte: 2 } } }), 4)
  const paged: Document<Track>[] = []
  for (;;) {
    const last = paged.at(-1)
    const page = await all(tracks.query({ order: 'day', limit: 1, ...(last && { after: last }) }))
    if (page.length === 0) break
    paged.push(...page)
  }
  t.alike(names(paged), ['1', '3', '2', '0'])
  t.alike(await found({ order: 'day', after: paged[1]!.id }), ['2', '0'])
})

test('a query is a snapshot', async (t) => {
  const { tracks } = await open(t)
  await tracks.createMany(Array.from({ length: 50 }, (_, i) => path(`${i}`)))
  let seen = 0
  for await (const document of tracks.query()) {
    if (seen++ === 0) await tracks.createMany([path('late')])
    await tracks.delete(document.id)
  }
  t.is(seen, 50)
  t.is(await tracks.count(), 1)
})

test('watching a kind tells of its documents alone', async (t) => {
  const { device, tracks } = await open(t)
  const leave = new AbortController()
  const told: string[] = []
  const watching = (async () => {
    for await (const { type, document } of tracks.watch({
      signal: leave.signal,
      where: { day: '2026-05-01' }
    })) {
      told.push(`${type} ${document?.fields.name}`)
      if (told.length === 2) leave.abort()
    }
  })()
  await device.observations.create({})
  await tracks.create(path('elsewhen', '2026-06-01'))
  const made = await tracks.create(path('north'))
  while (told.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
  await tracks.delete(made)
  await watching
  t.alike(told, ['created north', 'deleted north'])
})

test('documents of a kind that is not registered are carried and counted, and found once it is', async (t) => {
  const { device: one, tracks } = await open(t)
  const dir = join(await t.tmp(), 'two')
  const two = await createDevice(t, { dir })
  const stick = await syncFilePath(t)
  await tracks.createMany([path('b', '2026-05-02'), path('a', '2026-05-01')])
  await one.observations.create({ tags: { type: 'river' } })
  await one.sync(stick)
  await two.sync(stick)
  const { documents, otherDocuments, unknownEntries, observations } = await two.status()
  t.alike(
    { documents, otherDocuments, unknownEntries, observations },
    {
      documents: {},
      otherDocuments: 2,
      unknownEntries: 0,
      observations: 1
    }
  )
  await two.close()
  const events: ViewEvent[] = []
  const { device: again, tracks: there } = await open(t, { dir, onEvent: (e) => events.push(e) })
  t.alike(names(await all(there.query({ order: 'day' }))), ['a', 'b'])
  t.alike(await all(there.query()), await all(tracks.query()))
  t.ok(events.some((event) => event.type === 'view-rebuild' && event.reason === 'kinds'))
  t.is((await again.status()).otherDocuments, 0)
  t.is(await again.observations.count({ tags: { type: 'river' } }), 1)
  const third = await createDevice(t)
  await third.sync(stick)
  t.is((await third.status()).otherDocuments, 2, 'and were given on')
})

test('what changes while an app opens the device without the kind is found when it is back', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const { device, tracks } = await open(t, { dir })
  const other = await open(t)
  const stick = await syncFilePath(t)
  const made = await tracks.create(path('north'))
  await device.sync(stick)
  await device.close()
  const without = await createDevice(t, { dir })
  await without.close()
  const events: ViewEvent[] = []
  const back = await open(t, { dir, onEvent: (event) => events.push(event) })
  t.alike(names(await all(back.tracks.query({ order: 'day' }))), ['north'])
  t.alike(events, [], 'nothing changed, nothing is made anew')
  await back.device.close()
  await other.device.sync(stick)
  await other.tracks.update(made.id, { day: '2027-01-01' })
  await other.device.sync(stick)
  const tool = await createDevice(t, { dir })
  await tool.sync(stick)
  await tool.close()
  const { tracks: last } = await open(t, { dir })
  t.is(await last.count({ where: { day: { gte: '2027-01-01' } } }), 1)
  t.is(await last.count({ where: { day: { lt: '2027-01-01' } } }), 0)
})

test('a kind with other keys, or of another version, is indexed anew', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const { device, tracks } = await open(t, { dir })
  await tracks.createMany([path('b'), path('a')])
  await device.close()
  const named = defineKind<Track>({ name: 'track', keys: { name: ({ fields }) => fields.name } })
  const again = await createDevice(t, { dir, kinds: [named] })
  t.alike(names(await all(again.documents(named).query({ order: 'name' }))), ['a', 'b'])
  await again.close()
  const backwards = defineKind<Track>({
    name: 'track',
    version: 2,
    keys: { name: ({ fields }) => (fields.name === 'a' ? 2 : 1) }
  })
  const last = await createDevice(t, { dir, kinds: [backwards] })
  t.alike(names(await all(last.documents(backwards).query({ order: 'name' }))), ['b', 'a'])
})

test("an app's functions that throw never stop the view: it is counted, marked and named", async (t) => {
  const loose = defineKind<Record<string, unknown>>({ name: 'track' })
  const writer = await createDevice(t, { kinds: [loose] })
  const stick = await syncFilePath(t)
  const good = await writer.documents(loose).create({ ...path('good') })
  const bad = await writer.documents(loose).create({ name: 'bad', points: null })
  const odd = await writer.documents(loose).create({ ...path('odd'), day: { no: 'key' } })
  await writer.sync(stick)
  const { device, tracks } = await open(t)
  const report = await device.sync(stick)
  t.alike(report.refused, [])
  t.alike(
    (await all(tracks.query())).map(({ id, invalid }) => [id, invalid]),
    [
      [good.id, undefined],
      [bad.id, true],
      [odd.id, undefined]
    ]
  )
  t.alike([await tracks.count({ valid: true }), await tracks.count({ valid: false })], [2, 1])
  t.is(await tracks.count({ where: { day: { present: false } } }), 2)
  const { documents } = await device.status()
  t.alike(documents['track'], { documents: 3, deleted: 0, forked: 0, invalid: 1, failed: 2 })
  const problems: CheckProblem[] = await all(device.check())
  t.alike(
    problems.map(({ code, document }) => [code, document]),
    [
      ['DOCUMENT_INVALID', bad.id],
      ['DOCUMENT_INVALID', odd.id]
    ]
  )
  t.ok(problems[0]?.message.includes('points: two at least'))
  await tracks.update(bad.id, { ...path('mended') })
  await tracks.update(odd.id, { day: '2026-05-01' })
  t.alike(await all(device.check()), [])
})

test('documents and their clock survive a restart and a branch issued again', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const clock = { now: START }
  const { device, tracks } = await open(t, { dir, clock })
  const made = await tracks.create(path('north'))
  for (let i = 0; i < 20; i++) await tracks.update(made.id, { name: `${i}` })
  await device.close()
  const { tracks: again } = await open(t, { dir, clock: { now: 0 } })
  const later = await again.create(path('later'))
  t.ok(later.id > made.id, 'ids go on forward with a clock in 1970')
  t.is((await again.update(made.id, { name: 'last' })).fields.name, 'last')
})

test('a device opens without kinds as it always did', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const device = await Device.open(dir, {
    projectKey: PROJECT_KEY,
    name: 'Laptop',
    configuration: CONFIGURATION
  })
  const { documents, otherDocuments } = await device.status()
  t.alike({ documents, otherDocuments }, { documents: {}, otherDocuments: 0 })
  await device.close()
})
