import test, { type Assertion } from 'brittle'
import { Batch } from '../lib/index/batch.js'
import {
  CairnError,
  sync,
  type Device,
  type Observation,
  type ObservationInput
} from '../lib/main.js'
import type { Log } from '../lib/log/log.js'
import { observation } from './helpers/author.js'
import { START, createDevice, inputs, shown } from './helpers/devices.js'
import { codeOf, rejection } from './helpers/rejection.js'

async function two(t: Assertion): Promise<[Device, Device]> {
  return [await createDevice(t, { name: 'A' }), await createDevice(t, { name: 'B' })]
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all = []
  for await (const item of source) all.push(item)
  return all
}

test('what was created is returned, and shown the same from then on', async (t) => {
  const device = await createDevice(t)
  const created = await device.observations.create({
    lat: -1.05,
    lon: -77.6,
    tags: { type: 'river' }
  })
  t.alike(await device.observations.get(created.id), created)
  t.alike(await shown(device), [created])
  t.is(await device.observations.count(), 1)
})

test('a new observation says when, by whom and that it replaces nothing', async (t) => {
  const device = await createDevice(t)
  const created = await device.observations.create({})
  const time = new Date(START).toISOString()
  t.alike(created, {
    id: created.id,
    versionId: created.versionId,
    links: [],
    createdAt: time,
    updatedAt: time,
    createdBy: device.id,
    updatedBy: device.id,
    tags: {},
    attachments: [],
    deleted: false,
    forks: []
  })
})

test('latitude 0 and longitude 0 come back as a location, no location as none', async (t) => {
  const { observations } = await createDevice(t)
  const island = await observations.create({ lat: 0, lon: 0 })
  const nowhere = await observations.create({ tags: { a: 1 } })
  const [a, b] = [await observations.get(island.id), await observations.get(nowhere.id)]
  t.alike([a?.lat, a?.lon], [0, 0])
  t.absent('lat' in b! || 'lon' in b!)
})

test('ids are ordered by creation, also within one millisecond and with a clock that goes back', async (t) => {
  const clock = { now: START }
  const { observations } = await createDevice(t, { clock })
  const ids = []
  for (let i = 0; i < 20; i++) {
    if (i === 10) clock.now = 0
    ids.push((await observations.create({})).id)
  }
  t.alike([...ids].sort(), ids)
})

test('a wrong field is a TypeError, and nothing is recorded', async (t) => {
  const { observations } = await createDevice(t)
  await t.exception.all(observations.create({ lat: 91, lon: 0 }), /lat/)
  t.is(await observations.count(), 0)
})

test('an observation that is too large is BLOCK_TOO_LARGE, and nothing is recorded', async (t) => {
  const { observations } = await createDevice(t)
  const note = 'x'.repeat(300_000)
  const error = await rejection(observations.create({ tags: { note } }))
  t.is(error.code, 'BLOCK_TOO_LARGE')
  t.ok((error.found as number) > (error.expected as number))
  t.is(await observations.count(), 0)
})

async function* later(items: ObservationInput[]): AsyncGenerator<ObservationInput> {
  yield* items
}
function* now(items: ObservationInput[]): Generator<ObservationInput> {
  yield* items
}

for (const [what, iterable] of [
  ['an array', (items: ObservationInput[]) => items],
  ['a generator', now],
  ['an async generator', later]
] as const) {
  test(`createMany takes ${what} and says how many there were`, async (t) => {
    const device = await createDevice(t)
    const progress: number[] = []
    const count = await device.observations.createMany(iterable(inputs(2500)), {
      onProgress: ({ created }) => progress.push(created)
    })
    t.is(count, 2500)
    t.alike(progress, [1024, 2048, 2500])
    const numbers = (await shown(device)).map(({ tags }) => tags['number'])
    t.alike(
      numbers,
      inputs(2500).map(({ tags }) => tags?.['number'])
    )
  })
}

test('an object that is filled anew for each row is recorded as it was each time', async (t) => {
  const device = await createDevice(t)
  const { observations } = device
  const tags = { n: 0 }
  const each = (): { tags: { n: number } } => ({ tags: ((tags.n += 1), tags) })
  function* rows(): Generator<ObservationInput> {
    for (let i = 0; i < 3; i++) yield each()
  }
  await observations.createMany(rows())
  await Promise.all([1, 2, 3].map(() => observations.create(each())))
  const numbers = (await shown(device)).map((o) => o.tags['n'])
  t.alike(numbers, [1, 2, 3, 4, 5, 6])
  const [first] = await shown(device)
  const updating = observations.update(first!, { tags })
  tags.n = 100
  t.is((await updating).tags['n'], 6)
})

test('createMany of nothing records nothing', async (t) => {
  const { observations } = await createDevice(t)
  t.is(await observations.createMany([]), 0)
  t.is(await observations.count(), 0)
})

test('a wrong item is a TypeError with its number; whole batches before it are recorded', async (t) => {
  const device = await createDevice(t)
  const items = [...inputs(1500), { lat: 100, lon: 0 }]
  await t.exception.all(device.observations.createMany(items), /item 1500: lat:/)
  t.is(await device.observations.count(), 1024)
})

test('what is no list is a TypeError', async (t) => {
  const { observations } = await createDevice(t)
  for (const value of [undefined, null, 5, {}]) {
    await t.exception.all(observations.createMany(value as never), TypeError)
  }
})

test('createMany stopped between two batches is ABORTED and says what was recorded', async (t) => {
  const device = await createDevice(t)
  const controller = new AbortController()
  const { signal } = controller
  const error = await rejection(
    device.observations.createMany(inputs(3000), { signal, onProgress: () => controller.abort() })
  )
  t.is(error.code, 'ABORTED')
  t.ok(error.message.includes('1024'))
  t.is(await device.observations.count(), 1024)
})

test('createMany stopped once all is recorded says how many', async (t) => {
  const { observations } = await createDevice(t)
  const controller = new AbortController()
  const { signal } = controller
  const onProgress = (): void => controller.abort()
  t.is(await observations.createMany(inputs(5), { signal, onProgress }), 5)
  t.is(await observations.count(), 5)
})

/** While it runs, the view cannot be written. */
async function onFullDisk<T>(work: () => Promise<T>): Promise<T> {
  const flush = Object.getOwnPropertyDescriptor(Batch.prototype, 'flush')!
  Batch.prototype.flush = () => Promise.reject(new CairnError('NO_SPACE', 'The disk is full.'))
  try {
    return await work()
  } finally {
    Object.defineProperty(Batch.prototype, 'flush', flush)
  }
}

test('what was recorded is said to be, also where the view cannot be written', async (t) => {
  const { observations } = await createDevice(t)
  observations.watch()
  const created = await onFullDisk(async () => {
    const one = await observations.create({ tags: { n: 1 } })
    t.is(await observations.createMany(inputs(3)), 3)
    t.is(await codeOf(() => observations.count()), 'NO_SPACE', 'a read says it')
    return one
  })
  t.alike(await observations.get(created.id), created)
})

test('what was edited is shown as it stands, forks too, also where the view cannot be written', async (t) => {
  const [{ observations }, id] = await forked(t)
  const before = await observations.get(id)
  const edited = await onFullDisk(() => observations.update(id, { tags: { n: 'c' } }))
  t.alike(edited.forks, before!.forks)
  t.alike(await observations.get(id), edited)
  const deleted = await onFullDisk(() => observations.delete(id))
  t.is(deleted.versionId, before!.forks[0]!.versionId, 'a fork stands for what was deleted')
  t.alike(await observations.get(id), deleted)
  const merged = await onFullDisk(() => observations.update(deleted, { tags: {} }))
  t.alike(merged.forks, [])
  t.alike(await observations.get(id), merged)
})

test('createMany with a signal that has fired records nothing', async (t) => {
  const { observations } = await createDevice(t)
  const signal = AbortSignal.abort()
  t.is(await codeOf(() => observations.createMany(inputs(5), { signal })), 'ABORTED')
  t.is(await observations.count(), 0)
})

test('a source that fails is what createMany fails with', async (t) => {
  const { observations } = await createDevice(t)
  async function* failing(): AsyncGenerator<ObservationInput> {
    yield {}
    throw new Error('the file ended')
  }
  await t.exception(observations.createMany(failing()), /the file ended/)
})

test('an update replaces the fields that it names and keeps the rest', async (t) => {
  const clock = { now: START }
  const device = await createDevice(t, { clock })
  const created = await device.observations.create({
    lat: 1,
    lon: 2,
    tags: { type: 'river' },
    author: 'Rosa'
  })
  clock.now += 60_000
  const updated = await device.observations.update(created, { tags: { type: 'lake' } })
  t.alike(updated, {
    ...created,
    versionId: updated.versionId,
    links: [created.versionId],
    updatedAt: new Date(clock.now).toISOString(),
    tags: { type: 'lake' }
  })
  t.alike(await shown(device), [updated])
})

test("an update of somebody else's observation keeps who created it and when", async (t) => {
  const [a, b] = await two(t)
  const created = await a.observations.create({ tags: { n: 1 } })
  await sync(a, b)
  const updated = await b.observations.update(created.id, { tags: { n: 2 } })
  t.alike([updated.createdBy, updated.updatedBy], [a.id, b.id])
  t.is(updated.createdAt, created.createdAt)
  await sync(a, b)
  const back = await a.observations.update(created.id, { tags: { n: 3 } })
  t.alike([back.createdBy, back.updatedBy], [a.id, a.id])
})

test('an update of an observation as it was shown leaves what arrived since as a fork', async (t) => {
  const [a, b] = await two(t)
  const seen = await a.observations.create({ tags: { n: 0 } })
  await sync(a, b)
  const theirs = await b.observations.update(seen, { tags: { n: 'theirs' } })
  await sync(a, b)
  const now = await a.observations.update(seen, { tags: { n: 'mine' } })
  const heads = [now, ...now.forks]
  t.alike(new Set(heads.map(({ tags }) => tags['n'])), new Set(['mine', 'theirs']))
  t.alike(
    heads.map(({ links }) => links),
    [[seen.versionId], [seen.versionId]]
  )
  t.ok(heads.some(({ versionId }) => versionId === theirs.versionId))
  t.alike(await a.observations.get(seen.id), now)
})

test('an update by id replaces the winner and leaves its forks', async (t) => {
  const [a, id] = await forked(t)
  const before = await a.observations.get(id)
  const updated = await a.observations.update(id, { tags: { n: 'new' } })
  t.alike(updated.links, [before!.versionId])
  const after = await a.observations.get(id)
  t.is(after?.versionId, updated.versionId)
  t.alike(after?.forks, before?.forks)
})

test('an update of an observation shown with its forks merges them', async (t) => {
  const [a, id, b] = await forked(t)
  const before = await a.observations.get(id)
  t.is(before?.forks.length, 1)
  const merged = await a.observations.update(before!, { tags: { n: 'both' } })
  t.alike(
    merged.links,
    [before!, ...before!.forks].map(({ versionId }) => versionId)
  )
  await sync(a, b)
  t.alike(await b.observations.get(id), merged)
  t.alike(merged.forks, [])
})

test('both sides of a fork show the same winner and the same forks', async (t) => {
  const [a, id, b] = await forked(t)
  t.alike(await a.observations.get(id), await b.observations.get(id))
})

test('fields of a newer library survive an update and a deletion', async (t) => {
  const device = await createDevice(t)
  const log = device.replica as Log
  const entry = observation(1, 1, { tags: { n: 1 }, unknown: { mood: 'calm' } })
  await log.write([entry])
  const [first] = await shown(device)
  const updated = await device.observations.update(first!, { tags: { n: 2 } })
  await device.observations.delete(updated)
  const written = []
  for await (const batch of log.entries(log.id, 1, 4)) written.push(...batch)
  t.alike(
    written.map(({ entry: e }) => e.kind === 'observation' && e.unknown),
    [{ mood: 'calm' }, { mood: 'calm' }, { mood: 'calm' }]
  )
})

test('a deleted observation is left out, still found by id, and keeps its content', async (t) => {
  const { observations } = await createDevice(t)
  const created = await observations.create({ lat: 1, lon: 2, tags: { n: 1 } })
  await observations.delete(created)
  t.is(await observations.count(), 0)
  t.is(await observations.count({ deleted: true }), 1)
  t.alike(await collect(observations.query()), [])
  const deleted = await observations.get(created.id)
  t.ok(deleted?.deleted)
  t.alike([deleted?.lat, deleted?.tags], [1, { n: 1 }])
})

test('deleting what is deleted writes nothing', async (t) => {
  const device = await createDevice(t)
  const created = await device.observations.create({})
  const deleted = await device.observations.delete(created.id)
  const length = (await device.heads())[0]?.length
  t.alike(await device.observations.delete(created.id), deleted)
  t.alike(await device.observations.delete(deleted), deleted)
  t.is((await device.heads())[0]?.length, length)
})

test('a deletion beside an edit on another device shows the edit, and deleting again sticks', async (t) => {
  const [a, b] = await two(t)
  const seen = await a.observations.create({ tags: { n: 0 } })
  await sync(a, b)
  await a.observations.delete(seen)
  const edited = await b.observations.update(seen, { tags: { n: 1 } })
  await sync(a, b)
  const shownOnA = await a.observations.get(seen.id)
  t.is(shownOnA?.versionId, edited.versionId)
  await a.observations.delete(shownOnA!)
  await sync(a, b)
  t.is(await b.observations.count(), 0)
  t.alike((await b.observations.get(seen.id))?.forks, [])
})

test('an update of a deleted observation brings it back', async (t) => {
  const { observations } = await createDevice(t)
  const { id } = await observations.delete(await observations.create({ tags: { n: 1 } }))
  await observations.update(id, {})
  t.alike((await observations.get(id))?.tags, { n: 1 })
  t.is(await observations.count(), 1)
})

test('what is not there is null for get, nothing for history, OBSERVATION_NOT_FOUND for the rest', async (t) => {
  const { observations } = await createDevice(t)
  const id = '01890a5d-ac96-774b-bcce-b302099a8057'
  t.is(await observations.get(id), null)
  t.alike(await collect(observations.history(id)), [])
  t.is(await codeOf(() => observations.update(id, {})), 'OBSERVATION_NOT_FOUND')
  const error = await rejection(observations.delete(id))
  t.alike([error.code, error.observation], ['OBSERVATION_NOT_FOUND', id])
})

test('a version of another observation cannot be taken for one of this', async (t) => {
  const { observations } = await createDevice(t)
  const [a, b] = [await observations.create({}), await observations.create({})]
  const mixed = { ...a, versionId: b.versionId }
  t.is(await codeOf(() => observations.update(mixed, {})), 'OBSERVATION_NOT_FOUND')
  t.is(await codeOf(() => observations.delete({ ...a, forks: [b] })), 'OBSERVATION_NOT_FOUND')
})

test('an observation shown by another device is not found before it was synced', async (t) => {
  const [a, b] = await two(t)
  const created = await a.observations.create({})
  t.is(await codeOf(() => b.observations.update(created, {})), 'OBSERVATION_NOT_FOUND')
})

test('an observation shown by another device and edited there since is found after a sync', async (t) => {
  const [a, b] = await two(t)
  const created = await a.observations.create({})
  await a.observations.update(created, { tags: { n: 1 } })
  await sync(a, b)
  const updated = await b.observations.update(created, { tags: { n: 2 } })
  t.alike(updated.links, [created.versionId])
  t.is((await b.observations.get(created.id))?.forks.length, 1)
})

test('wrong arguments are TypeErrors', async (t) => {
  const { observations } = await createDevice(t)
  const created = await observations.create({})
  const cases: Array<[what: RegExp, call: () => Promise<unknown>]> = [
    [/observation/, () => observations.update(undefined as never, {})],
    [/observation/, () => observations.update(null as never, {})],
    [/observation/, () => observations.delete(5 as never)],
    [/version/, () => observations.update({ ...created, versionId: 'x' }, {})],
    [/version/, () => observations.delete({ id: created.id } as Observation)],
    [/patch/, () => observations.update(created, undefined as never)],
    [/patch/, () => observations.update(created, 'x' as never)],
    [/name/, () => observations.update(created, { name: 'x' } as never)],
    [/lon/, () => observations.update(created, { lat: 1 })],
    [/id/i, () => observations.get('x')],
    [/id/i, () => observations.get(undefined as never)],
    [/id/i, () => observations.history('x').next()],
    [/limit/, () => observations.query({ limit: -1 }).next()],
    [/limit/, () => observations.query({ limit: 1.5 }).next()],
    [/reverse/, () => observations.query({ reverse: 'yes' as never }).next()],
    [/deleted/, () => observations.query({ deleted: 1 as never }).next()]
  ]
  for (const [what, call] of cases) {
    const error = await call().then(
      () => null,
      (thrown: unknown) => thrown
    )
    t.ok(error instanceof TypeError && what.test(error.message), `${String(error)} (${what})`)
  }
  t.is(await observations.count(), 1)
})

test('a query gives a page, in either direction, and goes on after one', async (t) => {
  const { observations } = await createDevice(t)
  await observations.createMany(inputs(30))
  const all = await collect(observations.query())
  t.is(all.length, 30)
  t.alike(await collect(observations.query({ limit: 4 })), all.slice(0, 4))
  t.alike(await collect(observations.query({ limit: 4, reverse: true })), all.slice(-4).reverse())
  t.alike(await collect(observations.query({ after: all[9]!.id, limit: 5 })), all.slice(10, 15))
})

test('what is written while a query runs does not disturb it', async (t) => {
  const { observations } = await createDevice(t)
  await observations.createMany(inputs(20))
  const ids = []
  for await (const { id } of observations.query()) {
    ids.push(id)
    if (ids.length < 10) await observations.update(id, { tags: {} })
  }
  t.is(new Set(ids).size, 20)
  t.is(ids.length, 20)
})

test('the history is every version, newest first', async (t) => {
  const { observations } = await createDevice(t)
  const first = await observations.create({ tags: { n: 1 } })
  const second = await observations.update(first, { tags: { n: 2 } })
  const third = await observations.delete(second)
  const versions = await collect(observations.history(first.id))
  t.alike(
    versions.map(({ versionId }) => versionId),
    [third, second, first].map(({ versionId }) => versionId)
  )
  t.alike(versions.at(-1)?.tags, { n: 1 })
})

test('two edits at the same time are both kept', async (t) => {
  const { observations } = await createDevice(t)
  const seen = await observations.create({ tags: { n: 0 } })
  await Promise.all([1, 2].map((n) => observations.update(seen, { tags: { n } })))
  const now = await observations.get(seen.id)
  t.alike(new Set([now!, ...now!.forks].map(({ tags }) => tags['n'])), new Set([1, 2]))
})

test('edits by id that are made at once go one after the other', async (t) => {
  const { observations } = await createDevice(t)
  const { id } = await observations.create({})
  await Promise.all([
    observations.update(id, { lat: 1, lon: 2 }),
    observations.update(id.toUpperCase(), { author: 'Rosa' })
  ])
  const both = await observations.get(id)
  t.alike([both?.lat, both?.author, both?.forks], [1, 'Rosa', []])
  const deleted = await Promise.all([observations.delete(id), observations.delete(id)])
  t.alike(deleted[0], deleted[1])
  t.alike(deleted[0].forks, [])
})

/** Two devices that edited one observation apart and have synced since. */
async function forked(t: Assertion): Promise<[Device, string, Device]> {
  const [a, b] = await two(t)
  const seen = await a.observations.create({ tags: { n: 0 } })
  await sync(a, b)
  await a.observations.update(seen, { tags: { n: 'a' } })
  await b.observations.update(seen, { tags: { n: 'b' } })
  await sync(a, b)
  return [a, seen.id, b]
}

test('dates that can hardly be right are kept as they are and called doubtful', async (t) => {
  const clock = { now: 0 }
  const device = await createDevice(t, { clock })
  const made = await device.observations.create({})
  t.alike([made.createdAt, made.createdAtDoubtful], ['1970-01-01T00:00:00.000Z', true])
  clock.now = START
  const edited = await device.observations.update(made, { tags: { seen: true } })
  t.alike([edited.createdAtDoubtful, edited.updatedAtDoubtful], [true, undefined])
  const known = await device.observations.update(edited, { trustedAt: START })
  t.alike([known.createdAtDoubtful, known.updatedAtDoubtful], [undefined, undefined])
  clock.now = Date.UTC(2106, 0, 1)
  const ahead = await device.observations.create({})
  t.absent('createdAtDoubtful' in ahead, 'by its own clock it is now')
  clock.now = START
  const shown = await device.observations.get(ahead.id)
  t.alike([shown?.createdAtDoubtful, shown?.updatedAtDoubtful], [true, true])
  clock.now = 1
  t.absent((await device.observations.get(ahead.id))?.createdAtDoubtful, 'who is ahead of 1970?')
  clock.now = START
  let csv = ''
  for await (const piece of device.observations.toCSV()) csv += piece
  t.ok(csv.split('\r\n')[0]?.includes('createdAtDoubtful,updatedAtDoubtful'))
})
