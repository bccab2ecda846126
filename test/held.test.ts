// "14 observations are only on this laptop": what counts as held is another device's own word,
// carried in sync files and over links; a stick that they were written to is told apart.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import type { Device } from '../lib/main.js'
import { connect } from '../lib/testing.js'
import { backedUp, createDevice, inputs, syncFilePath } from './helpers/devices.js'
import { waitFor } from './helpers/wait-for.js'

test('what nobody else has is counted as only here', async (t) => {
  const device = await createDevice(t)
  t.is((await device.status()).onlyHere, 0)
  await device.observations.createMany(inputs(14))
  t.is((await device.status()).onlyHere, 14)
})

test('a stick is no device: what was written to it is still only here, and the stick is named', async (t) => {
  const device = await createDevice(t)
  await device.observations.createMany(inputs(14))
  const path = await syncFilePath(t)
  await device.sync(path)
  const { onlyHere, writtenTo } = await device.status()
  t.is(onlyHere, 14)
  t.is(writtenTo[0]?.path, path)
  t.is(writtenTo[0]?.length, 15)
})

test("another device's word comes back on the stick", async (t) => {
  const one = await createDevice(t)
  const two = await createDevice(t)
  const path = await syncFilePath(t)
  await one.observations.createMany(inputs(14))
  await one.sync(path)
  await two.sync(path)
  await one.observations.createMany(inputs(2))
  await one.sync(path)
  t.is((await one.status()).onlyHere, 2)
})

test('the word of a device is relayed over another stick', async (t) => {
  const one = await createDevice(t)
  const two = await createDevice(t)
  const three = await createDevice(t)
  const [first, second] = [await syncFilePath(t), await syncFilePath(t)]
  await one.observations.createMany(inputs(5))
  await one.sync(first)
  await two.sync(first)
  await three.sync(second)
  await two.sync(second)
  await one.sync(second)
  t.is((await one.status()).onlyHere, 0)
})

test('over a link the word comes with catching up, and live soon after', async (t) => {
  const one = await createDevice(t)
  const two = await createDevice(t)
  await one.observations.createMany(inputs(14))
  await connect(one, two).caughtUp
  t.is((await one.status()).onlyHere, 0)
  await one.observations.createMany(inputs(3))
  t.is((await one.status()).onlyHere, 3)
  await waitFor(async () => (await one.status()).onlyHere === 0)
  t.is(await two.observations.count(), 17)
})

test('the word that came over a link is remembered when the device is opened again', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const one = await createDevice(t, { dir })
  await one.observations.createMany(inputs(14))
  await connect(one, await createDevice(t)).caughtUp
  await one.close()
  t.is((await (await createDevice(t, { dir })).status()).onlyHere, 0)
})

test('it is remembered when the device is opened again', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const one = await createDevice(t, { dir })
  const two = await createDevice(t)
  const path = await syncFilePath(t)
  await one.observations.createMany(inputs(3))
  for (const device of [one, two, one]) await device.sync(path)
  await one.close()
  t.is((await (await createDevice(t, { dir })).status()).onlyHere, 0)
})

test('where there is nothing to exchange, the word alone is not written', async (t) => {
  const one = await createDevice(t)
  const two = await createDevice(t)
  const path = await syncFilePath(t)
  await one.observations.createMany(inputs(3))
  for (const device of [one, two, one]) await device.sync(path)
  const before = await readFile(path)
  for (const device of [one, two, one]) await device.sync(path)
  t.ok(before.equals(await readFile(path)))
})

test('a damaged file of words is forgotten and filled again', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const one = await createDevice(t, { dir })
  const two = await createDevice(t)
  const path = await syncFilePath(t)
  await one.observations.createMany(inputs(3))
  for (const device of [one, two, one]) await device.sync(path)
  await one.close()
  for (const content of ['', '{', '[]', '{"rows":7}', '{"rows":[[1]],"carriers":[{}]}']) {
    await writeFile(join(dir, 'held'), content)
    const again = await createDevice(t, { dir })
    t.is((await again.status()).onlyHere, 3)
    await again.close()
  }
  const last = await createDevice(t, { dir })
  await last.sync(path)
  t.is((await last.status()).onlyHere, 0)
})

test('what only a folder has is only here also after it went on under a fresh feed, twice', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const other = await createDevice(t)
  const renewed = async (): Promise<Device> => {
    const path = join(dir, 'HEAD')
    const head = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify({ ...head, length: head.length + 1 }))
    return createDevice(t, { dir, onCopied: 'new-feed' })
  }
  let device = await createDevice(t, { dir, succeeds: other.id })
  await other.observations.createMany(inputs(7))
  await connect(device, other).caughtUp
  await device.observations.createMany(inputs(10))
  for (const count of [10, 13]) {
    await device.close()
    device = await renewed()
    t.is((await device.status()).onlyHere, count)
    await device.observations.createMany(inputs(3))
  }
  t.is((await device.status()).onlyHere, 16)
  await connect(device, other).caughtUp
  t.is((await device.status()).onlyHere, 0)
})

test('what was written again of a feed that forked is counted once', async (t) => {
  const { dir, backup } = await backedUp(t)
  const one = await createDevice(t, { dir })
  const twin = await createDevice(t, { dir: backup })
  await one.observations.createMany(inputs(3))
  await twin.observations.createMany(inputs(4))
  const path = await syncFilePath(t)
  const other = await createDevice(t)
  for (const device of [twin, other, one]) await device.sync(path)
  t.is((await one.status()).onlyHere, 3)
  for (const device of [other, one]) await device.sync(path)
  t.is((await one.status()).onlyHere, 0)
})
