// A new laptop that carries on for an old one: a claim, until the old one confirms it.

import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import type { Device } from '../lib/main.js'
import { connect } from '../lib/testing.js'
import { createDevice, inputs, syncFilePath } from './helpers/devices.js'
import { codeOf } from './helpers/rejection.js'
import { waitFor } from './helpers/wait-for.js'

interface Pair {
  readonly old: Device
  readonly next: Device
  readonly dir: string
  readonly path: string
}

/** An old device with three observations and a new one with two that claims to carry on for it. */
async function pair(t: Assertion): Promise<Pair> {
  const dir = join(await t.tmp(), 'old')
  const path = await syncFilePath(t)
  const old = await createDevice(t, { dir, name: 'Old laptop' })
  await old.observations.createMany(inputs(3))
  const next = await createDevice(t, { name: 'New laptop', succeeds: old.id })
  await next.observations.createMany(inputs(2))
  for (const device of [next, old, next]) await device.sync(path)
  return { old, next, dir, path }
}

async function feedOf(device: Device, id: string): Promise<any> {
  return (await device.status()).feeds.find((feed) => feed.device === id)
}

test('a successor is a claim until the old device confirms it, and everybody can see which', async (t) => {
  const { old, next, path } = await pair(t)
  const third = await createDevice(t)
  await third.sync(path)
  t.alike(
    [(await feedOf(third, next.id)).predecessor, (await feedOf(third, next.id)).confirmed],
    [old.id, false]
  )
  t.is(await third.observations.count({ device: old.id }), 3)
  t.is(await third.observations.count({ device: next.id }), 2)
  await old.confirmSuccessor(next.id)
  for (const device of [old, third]) await device.sync(path)
  for (const device of [old, third]) {
    t.is((await feedOf(device, next.id)).confirmed, true)
    t.is((await feedOf(device, old.id)).successor, next.id)
    t.is(await device.observations.count({ device: old.id }), 5, 'both are one')
    t.is(await device.observations.count({ device: next.id }), 5)
    t.is(await device.observations.count({ device: [next.id] }), 5, 'in a list, too')
  }
})

test('watching a device tells of its successor, also of one that is confirmed meanwhile', async (t) => {
  const { old, next, path } = await pair(t)
  const stranger = await createDevice(t)
  const changes = next.observations.watch({ device: old.id })
  await stranger.observations.create({})
  await old.confirmSuccessor(next.id)
  for (const device of [stranger, old, next]) await device.sync(path)
  const { id } = await next.observations.create({})
  const { value } = await changes.next()
  t.is(value?.observation?.id, id)
})

test('an archive of what a device recorded holds what its successor did', async (t) => {
  const { old, next, path } = await pair(t)
  await old.confirmSuccessor(next.id)
  await old.sync(path)
  const query = { device: next.id }
  const { observations } = await old.exportArchive(join(await t.tmp(), 'all.zip'), { query })
  t.is(observations, 5)
})

test('what was handed over records nothing more, also after it is opened again', async (t) => {
  const { old, next, dir } = await pair(t)
  const [first] = await listOf(old)
  await old.confirmSuccessor(next.id)
  await t.execution(old.confirmSuccessor(next.id), 'once more is no other thing')
  t.is(await codeOf(() => old.observations.create({})), 'DEVICE_HANDED_OVER')
  await old.close()
  const again = await createDevice(t, { dir })
  t.is(await codeOf(() => again.observations.create({})), 'DEVICE_HANDED_OVER')
  t.is(await codeOf(() => again.observations.delete(first.id)), 'DEVICE_HANDED_OVER')
  t.is(await again.observations.count(), 5)
})

test('what was handed over still receives, shows and hands on', async (t) => {
  const { old, next } = await pair(t)
  await old.confirmSuccessor(next.id)
  await connect(old, next).caughtUp
  t.is((await feedOf(next, next.id)).confirmed, true)
  await next.observations.createMany(inputs(4))
  await waitFor(async () => (await old.observations.count()) === 9)
  const third = await createDevice(t)
  const path = await syncFilePath(t)
  await old.sync(path)
  await third.sync(path)
  t.is(await third.observations.count({ device: old.id }), 9)
})

test('only a device that claims it can be confirmed, and only one', async (t) => {
  const { old, next, path } = await pair(t)
  const other = await createDevice(t, { succeeds: old.id })
  const stranger = await createDevice(t)
  t.is(await codeOf(() => old.confirmSuccessor(other.id)), 'SUCCESSOR_UNKNOWN', 'not met yet')
  for (const device of [other, stranger, old]) await device.sync(path)
  t.is(await codeOf(() => old.confirmSuccessor(stranger.id)), 'SUCCESSOR_UNKNOWN')
  t.is(await codeOf(() => old.confirmSuccessor(old.id)), 'SUCCESSOR_UNKNOWN')
  await t.exception.all(() => old.confirmSuccessor('Laptop 2'), TypeError)
  await old.confirmSuccessor(next.id)
  t.is(await codeOf(() => old.confirmSuccessor(other.id)), 'DEVICE_HANDED_OVER')
  t.is((await feedOf(old, other.id)).confirmed, false)
})

test('a chain of three reads as one', async (t) => {
  const { old, next, path } = await pair(t)
  await old.confirmSuccessor(next.id)
  const last = await createDevice(t, { succeeds: next.id })
  await last.observations.createMany(inputs(1))
  for (const device of [last, next]) await device.sync(path)
  await next.confirmSuccessor(last.id)
  for (const device of [next, old, last]) await device.sync(path)
  for (const id of [old.id, next.id, last.id]) {
    t.is(await last.observations.count({ device: id }), 6)
  }
})

test('status says when each feed began and when it was last written', async (t) => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const device = await createDevice(t, { clock })
  t.alike((await device.status()).feeds, [
    {
      device: device.id,
      length: 1,
      name: 'Laptop',
      firstAt: '2026-06-01T00:00:00.000Z',
      lastAt: '2026-06-01T00:00:00.000Z'
    }
  ])
  clock.now = Date.UTC(2026, 5, 9)
  await device.observations.createMany(inputs(1023))
  t.is((await feedOf(device, device.id)).lastAt, '2026-06-09T00:00:00.000Z')
  clock.now = Date.UTC(2026, 5, 10)
  await device.observations.create({})
  const { length, firstAt, lastAt } = await feedOf(device, device.id)
  t.alike(
    [length, firstAt, lastAt],
    [1026, '2026-06-01T00:00:00.000Z', '2026-06-10T00:00:00.000Z'],
    'behind a checkpoint'
  )
})

async function listOf(device: Device): Promise<any[]> {
  const rows = []
  for await (const row of device.observations.query()) rows.push(row)
  return rows
}
