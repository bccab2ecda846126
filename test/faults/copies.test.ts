// What people do to a device's folder: copy it, move it, restore it, touch it. Never a second
// writer of one feed, never a hang, and always a way on.

import { cp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import { createDevice, inputs, plainHeads, syncFilePath } from '../helpers/devices.js'
import { codeOf } from '../helpers/rejection.js'

interface Used {
  readonly dir: string
  readonly id: string
  readonly parent: string
}

/** A folder in which a device has recorded three observations and been closed. */
async function usedFolder(t: Assertion): Promise<Used> {
  const parent = await t.tmp()
  const dir = join(parent, 'device')
  const device = await createDevice(t, { dir, name: 'Laptop 1' })
  await device.observations.createMany(inputs(3))
  await device.close()
  return { dir, id: device.id, parent }
}

const harm: Record<string, { code: string; to: (used: Used) => Promise<string> }> = {
  'a folder copied with cp -r': {
    code: 'DEVICE_COPIED',
    to: async ({ dir, parent }) => {
      await cp(dir, join(parent, 'copy'), { recursive: true })
      return join(parent, 'copy')
    }
  },
  'a folder restored over itself by an archiver': {
    code: 'DEVICE_COPIED',
    to: async ({ dir, parent }) => {
      await cp(dir, join(parent, 'archive'), { recursive: true, preserveTimestamps: true })
      await rm(dir, { recursive: true })
      await cp(join(parent, 'archive'), dir, { recursive: true, preserveTimestamps: true })
      return dir
    }
  },
  'a folder whose CORESTORE was touched': {
    code: 'DEVICE_COPIED',
    to: async ({ dir }) => {
      const later = new Date(Date.now() + 3_600_000)
      await utimes(join(dir, 'feeds', 'CORESTORE'), later, later)
      return dir
    }
  },
  'a folder without HEAD': {
    code: 'DEVICE_ROLLED_BACK',
    to: async ({ dir }) => {
      await rm(join(dir, 'HEAD'))
      return dir
    }
  },
  'a folder whose HEAD is ahead': {
    code: 'DEVICE_ROLLED_BACK',
    to: async ({ dir }) => {
      const head = JSON.parse(await readFile(join(dir, 'HEAD'), 'utf8')) as { length: number }
      await writeFile(join(dir, 'HEAD'), JSON.stringify({ ...head, length: head.length + 5 }))
      return dir
    }
  }
}

for (const [what, { code, to }] of Object.entries(harm)) {
  test(`${what} is refused with ${code}`, async (t) => {
    const dir = await to(await usedFolder(t))
    t.is(await codeOf(() => createDevice(t, { dir })), code)
  })

  test(`${what} goes on under a fresh feed on request, and keeps what it had`, async (t) => {
    const used = await usedFolder(t)
    const dir = await to(used)
    const device = await createDevice(t, { dir, onCopied: 'new-feed', name: 'Laptop 1b' })
    t.not(device.id, used.id)
    t.is(await device.observations.count(), 3)
    await device.observations.createMany(inputs(2))
    await device.close()
    const again = await createDevice(t, { dir })
    t.is(again.id, device.id)
    t.is(await again.observations.count(), 5)
    const old = (await again.heads()).find(({ feed }) => feed === used.id)
    t.is(old?.length, 4, 'the old feed is here and did not grow')
  })
}

test('a copy that went on and its original exchange everything, old feed included', async (t) => {
  const used = await usedFolder(t)
  const dir = join(used.parent, 'copy')
  await cp(used.dir, dir, { recursive: true })
  const original = await createDevice(t, { dir: used.dir })
  const copy = await createDevice(t, { dir, onCopied: 'new-feed' })
  await original.observations.createMany(inputs(1, { by: 'original' }))
  await copy.observations.createMany(inputs(1, { by: 'copy' }))
  const path = await syncFilePath(t)
  for (const device of [original, copy, original]) {
    t.alike((await device.sync(path)).refused, [])
  }
  t.alike(plainHeads(await original.heads()), plainHeads(await copy.heads()))
  t.is(await original.observations.count(), 5)
})

test('the feed that goes on names the one it continues', async (t) => {
  const { dir, id } = await usedFolder(t)
  await rm(join(dir, 'HEAD'))
  await writeFile(join(dir, 'HEAD'), '')
  t.is(await codeOf(() => createDevice(t, { dir })), 'DEVICE_DAMAGED', 'an empty HEAD is damage')
  const other = await usedFolder(t)
  const copy = join(other.parent, 'copy')
  await cp(other.dir, copy, { recursive: true })
  const device = await createDevice(t, { dir: copy, onCopied: 'new-feed' })
  const status = await device.status()
  const feed = status.feeds.find(({ device: feedId }) => feedId === device.id)
  t.is(feed?.predecessor, other.id)
  t.not(other.id, id)
})

test('two copies of one folder that both go on begin different feeds', async (t) => {
  const { dir, parent } = await usedFolder(t)
  const copies = [join(parent, 'copy-1'), join(parent, 'copy-2')]
  for (const copy of copies) await cp(dir, copy, { recursive: true })
  const devices = []
  for (const copy of copies)
    devices.push(await createDevice(t, { dir: copy, onCopied: 'new-feed' }))
  t.not(devices[0]?.id, devices[1]?.id)
})

test('a folder that was only moved on its disk keeps its identity', async (t) => {
  const { dir, id, parent } = await usedFolder(t)
  await rename(dir, join(parent, 'moved'))
  const device = await createDevice(t, { dir: join(parent, 'moved') })
  t.is(device.id, id)
  await device.observations.create({ lat: 1, lon: 1 })
  t.is(await device.observations.count(), 4)
})

test('a store in recovery mode is written on without waiting for a peer', async (t) => {
  const { dir, id } = await usedFolder(t)
  await writeFile(join(dir, 'feeds', 'db', 'RECOVERING'), '')
  const device = await createDevice(t, { dir })
  await device.observations.create({ lat: 1, lon: 1 })
  t.is(device.id, id)
  t.is(await device.observations.count(), 4)
})

test('a lost laptop comes back from a sync file, and the new one says whom it succeeds', async (t) => {
  const lost = await createDevice(t, { name: 'Laptop 1' })
  await lost.observations.createMany(inputs(20))
  const path = await syncFilePath(t)
  await lost.createSyncFile(path)
  await lost.close()
  const device = await createDevice(t, { name: 'Laptop 1 (new)', succeeds: lost.id })
  await device.sync(path)
  t.is(await device.observations.count(), 20)
  const { feeds } = await device.status()
  t.is(feeds.find(({ device: id }) => id === device.id)?.predecessor, lost.id)
})
