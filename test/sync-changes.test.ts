// What a sync says it changed, by the device that wrote it.

import test from 'brittle'
import { ViewDamage } from '../lib/index/damage.js'
import type { Device, Observation } from '../lib/main.js'
import { createDevice, inputs, START, syncFilePath } from './helpers/devices.js'

async function all(device: Device): Promise<Observation[]> {
  const list: Observation[] = []
  for await (const o of device.observations.query({ deleted: true })) list.push(o)
  return list
}

test('from Laptop 2: 12 new, 3 edited, 2 deleted, 1 restored', async (t) => {
  const path = await syncFilePath(t)
  const here = await createDevice(t, { name: 'Laptop 1' })
  const there = await createDevice(t, { name: 'Laptop 2' })
  await here.observations.createMany(inputs(10))
  await here.sync(path)
  const first = await there.sync(path)
  t.alike(first.changes, [
    { device: here.id, created: 10, edited: 0, deleted: 0, restored: 0, name: 'Laptop 1' }
  ])
  const shown = await all(there)
  await here.observations.delete(shown[9]!.id)
  await here.sync(path)
  await there.sync(path)

  await there.observations.createMany(inputs(12))
  for (const o of shown.slice(0, 3)) await there.observations.update(o, { tags: { edited: true } })
  for (const o of shown.slice(3, 5)) await there.observations.delete(o)
  await there.observations.restore(shown[9]!.id)
  await there.sync(path)
  // Written here, and not yet read: no part of what the sync brings.
  await here.observations.create({})
  const { changes } = await here.sync(path, { listChanges: true })
  t.is(changes.length, 1)
  const { ids, ...counts } = changes[0]!
  t.alike(counts, {
    device: there.id,
    created: 12,
    edited: 3,
    deleted: 2,
    restored: 1,
    name: 'Laptop 2'
  })
  t.alike(ids?.restored, [shown[9]!.id])
  t.alike(
    ids?.deleted.toSorted(),
    shown
      .slice(3, 5)
      .map((o) => o.id)
      .toSorted()
  )
  t.alike((await here.sync(path)).changes, [])
})

test('what somebody created and edited is new; created and deleted is deleted', async (t) => {
  const path = await syncFilePath(t)
  const [here, there] = [await createDevice(t), await createDevice(t)]
  const o = await there.observations.create({})
  await there.observations.update(o, { tags: { type: 'river' } })
  await there.observations.delete(await there.observations.create({}))
  await there.sync(path)
  const [change] = (await here.sync(path)).changes
  t.alike([change?.created, change?.edited, change?.deleted], [1, 0, 1])
})

test('a large first sync counts the same', async (t) => {
  const path = await syncFilePath(t)
  const [here, there] = [await createDevice(t), await createDevice(t)]
  await there.observations.createMany(inputs(5000))
  for (const o of (await all(there)).slice(0, 40)) await there.observations.delete(o)
  await there.sync(path)
  const [change] = (await here.sync(path)).changes
  t.alike([change?.created, change?.edited, change?.deleted], [4960, 0, 40])
})

test('a watcher hears of what is written here and of what a sync brings', async (t) => {
  const path = await syncFilePath(t)
  const [here, there] = [await createDevice(t), await createDevice(t)]
  const changes = here.observations.watch()
  const own = await here.observations.create({ tags: { type: 'river' } })
  const first = await changes.next()
  t.alike([first.value?.type, first.value?.observation?.id], ['created', own.id])
  await here.sync(path)
  await there.sync(path)
  await there.observations.delete(own.id)
  await there.sync(path)
  await here.sync(path)
  const second = await changes.next()
  t.alike([second.value?.type, second.value?.observation?.id], ['deleted', own.id])
})

test('what a sync brings is told also where the view breaks while it takes it in', async (t) => {
  const path = await syncFilePath(t)
  const [here, there] = [await createDevice(t), await createDevice(t)]
  await there.observations.createMany(inputs(5))
  await there.sync(path)
  const own = await here.observations.create({})
  await here.observations.get(own.id)
  const changes = here.observations.watch()
  const { upkeep } = (here as any).view
  const batch = upkeep.current().batch.bind(upkeep.current())
  upkeep.current().batch = () => {
    const failing = batch()
    failing.flush = () => Promise.reject(new ViewDamage('EIO'))
    return failing
  }
  const report = await here.sync(path)
  t.alike(
    report.changes.map(({ device, created }) => [device, created]),
    [[there.id, 5]]
  )
  for (let i = 0; i < 5; i++) t.is((await changes.next()).value?.type, 'created')
})

test('restoring brings back what was deleted, whole', async (t) => {
  const clock = { now: START }
  const device = await createDevice(t, { clock })
  const content = {
    lat: 0,
    lon: 0,
    tags: { type: 'river' },
    metadata: { accuracy: 4 },
    author: 'A'
  }
  const o = await device.observations.create(content)
  const gone = await device.observations.delete(o)
  clock.now += 1000
  const back = await device.observations.restore(gone)
  t.is(back.deleted, false)
  t.alike([back.lat, back.lon, back.tags, back.metadata, back.author], Object.values(content))
  t.alike(back.links, [gone.versionId])
  t.is(back.createdAt, o.createdAt)
  t.alike(await device.observations.get(o.id), back)
})

test('restoring what is not deleted writes nothing', async (t) => {
  const device = await createDevice(t)
  const o = await device.observations.create({})
  t.alike(await device.observations.restore(o), o)
  const gone = await device.observations.delete(o)
  const back = await device.observations.restore(gone)
  t.is((await device.observations.restore(gone)).versionId, back.versionId)
})

test('a deletion on another device and a restore at the same time: it is there', async (t) => {
  const path = await syncFilePath(t)
  const [here, there] = [await createDevice(t), await createDevice(t)]
  const o = await here.observations.create({ tags: { type: 'river' } })
  const gone = await here.observations.delete(o)
  await here.sync(path)
  await there.sync(path)
  await here.observations.restore(gone)
  await there.observations.restore(gone)
  await here.sync(path)
  await there.sync(path)
  await here.sync(path)
  const [a, b] = [await here.observations.get(o.id), await there.observations.get(o.id)]
  t.alike(a, b)
  t.is(a?.deleted, false)
  t.is(a?.forks.length, 1)
})
