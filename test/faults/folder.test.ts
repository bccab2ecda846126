// What can be wrong with the place a device lies in: somebody else has it open, it is full, or it
// cannot be written.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { appendFile, cp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type Assertion } from 'brittle'
import Corestore from 'corestore'
import { Device, SyncFile } from '../../lib/main.js'
import {
  CONFIGURATION,
  PROJECT_KEY,
  createDevice,
  inputs,
  plainHeads,
  syncFilePath
} from '../helpers/devices.js'
import { readOnlyView, smallDisk } from '../helpers/mounts.js'
import { codeOf } from '../helpers/rejection.js'
import { connect } from '../../lib/testing.js'
import { waitFor } from '../helpers/wait-for.js'

test('a folder that another process has open is DEVICE_LOCKED until that process is gone', async (t) => {
  const { dir } = await closedDevice(t)
  const script = fileURLToPath(new URL('../helpers/hold-log.js', import.meta.url))
  const holder = spawn(process.execPath, [script, dir])
  t.teardown(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  t.is(await codeOf(() => createDevice(t, { dir })), 'DEVICE_LOCKED')
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const device = await createDevice(t, { dir })
  t.is(await device.observations.count(), 3)
})

test('a folder of which only the view is open elsewhere is DEVICE_LOCKED, and left unlocked', async (t) => {
  const { dir } = await closedDevice(t)
  const [generation = ''] = await readdir(join(dir, 'view'))
  const holder = new Corestore(join(dir, 'view', generation))
  await holder.ready()
  t.is(await codeOf(() => createDevice(t, { dir })), 'DEVICE_LOCKED')
  await holder.close()
  const device = await createDevice(t, { dir })
  t.is(await device.observations.count(), 3)
})

test('a full disk is NO_SPACE, costs nothing that was recorded, and ends with the next open', async (t) => {
  const disk = await smallDisk(t, 8 << 20)
  if (disk === null) return t.comment('skipped: a small disk needs root on Linux')
  const dir = join(disk, 'device')
  // Not closed once more at the end of the test, for that fails like the first time.
  const options = { projectKey: PROJECT_KEY, name: 'Laptop', configuration: CONFIGURATION }
  const device = await Device.open(dir, options)
  await writeFile(join(disk, 'ballast'), new Uint8Array(1 << 20))
  const ids = await fill(t, device)
  t.is(await codeOf(() => device.observations.create({})), 'NO_SPACE')
  t.is(await codeOf(() => device.flush()), 'NO_SPACE')
  t.is(await codeOf(() => device.sync(join(disk, 'territory.cairn'))), 'NO_SPACE')
  await rm(join(disk, 'ballast'))
  // RocksDB writes no more until it is opened again; what it has is all in its log.
  await device.close().catch(() => undefined)

  const again = await createDevice(t, { dir })
  t.is(await again.observations.count(), ids.length, 'each that was recorded, and no half')
  for (const id of [ids[0], ids.at(-1)]) t.ok(await again.observations.get(id ?? ''))
  await again.observations.create({})
  await again.flush()
  const path = await syncFilePath(t)
  t.is((await again.sync(path)).sent.entries, ids.length + 1)
})

test('a full disk that gets space again is written on, without opening the device anew', async (t) => {
  const disk = await smallDisk(t, 24 << 20)
  if (disk === null) return t.comment('skipped: a small disk needs root on Linux')
  const dir = join(disk, 'device')
  const device = await createDevice(t, { dir })
  const other = await createDevice(t)
  await writeFile(join(disk, 'ballast'), new Uint8Array(14 << 20))
  const ids = await fill(t, device)
  t.is(await codeOf(() => device.observations.create({})), 'NO_SPACE')
  await rm(join(disk, 'ballast'))
  const { id } = await device.observations.create({ tags: { after: true } })
  await device.flush()
  t.is(await device.observations.count(), ids.length + 1, 'each that was recorded, and no half')
  t.is((await device.observations.get(id))?.tags['after'], true)
  const { links, caughtUp } = connect(device, other)
  await caughtUp
  t.is(await other.observations.count(), ids.length + 1)
  await other.observations.create({})
  await waitFor(async () => (await device.observations.count()) === ids.length + 2)
  await Promise.all(links.map((side) => side.close()))
  await device.close()
  const again = await createDevice(t, { dir })
  t.is(await again.observations.count(), ids.length + 2)
})

test('a folder that cannot be written opens for reading and says so', async (t) => {
  const device = await readOnlyDevice(t)
  if (device === null) return
  t.is((await device.status()).readOnly, true)
  t.is(await device.observations.count(), 3)
  const found = []
  for await (const row of device.observations.query({ tags: { number: 2 } })) found.push(row)
  t.is(found.length, 1)
  for await (const problem of device.check()) t.fail(problem.message)
})

test('a folder that was cut off and cannot be mended where it is says so, and does not hang', async (t) => {
  const parent = await t.tmp()
  const [dir, image] = [join(parent, 'device'), join(parent, 'image')]
  const device = await createDevice(t, { dir })
  await device.observations.createMany(inputs(20))
  // As after a kill: what was written is in the log alone.
  await cp(dir, image, { recursive: true })
  const db = join(image, 'feeds', 'db')
  for (const name of await readdir(db)) {
    if (/^\d+\.log$/.test(name)) await appendFile(join(db, name), randomBytes(4 << 20))
  }
  const view = await readOnlyView(t, image)
  if (view === null) return t.comment('skipped: no folder can be made read-only here')
  t.is(await codeOf(() => createDevice(t, { dir: view })), 'DEVICE_READ_ONLY')
})

test('a folder that can be written says that, too', async (t) => {
  t.is((await (await createDevice(t)).status()).readOnly, false)
})

test('a folder that cannot be written refuses every write with DEVICE_READ_ONLY', async (t) => {
  const device = await readOnlyDevice(t)
  if (device === null) return
  const { observations } = device
  const [first] = await listOf(device)
  if (first === undefined) return t.fail('nothing is shown')
  const writes: Record<string, () => Promise<unknown>> = {
    create: () => observations.create({}),
    createMany: () => observations.createMany(inputs(2)),
    update: () => observations.update(first, { tags: {} }),
    delete: () => observations.delete(first)
  }
  for (const [name, write] of Object.entries(writes)) {
    t.is(await codeOf(write), 'DEVICE_READ_ONLY', name)
  }
  await t.execution(device.flush(), 'there is nothing to flush')
  t.is(await observations.count(), 3)
})

test('a folder that cannot be written gives what it has to a sync file and takes nothing', async (t) => {
  const device = await readOnlyDevice(t)
  if (device === null) return
  const path = await syncFilePath(t)
  const other = await createDevice(t, { name: 'Other' })
  await other.observations.createMany(inputs(2))
  await other.sync(path)
  const { sent, received, readOnly } = await device.sync(path)
  t.alike([sent.entries, received.entries, readOnly], [3, 0, true])
  await using file = await SyncFile.open(path, { projectKey: PROJECT_KEY })
  t.is((await file.heads()).size, 2)
  t.is((await other.sync(path)).received.entries, 3)
  t.is(plainHeads(await device.heads()).length, 1)
})

async function closedDevice(t: Assertion): Promise<{ dir: string }> {
  const dir = join(await t.tmp(), 'device')
  const device = await createDevice(t, { dir })
  await device.observations.createMany(inputs(3))
  await device.close()
  return { dir }
}

async function readOnlyDevice(t: Assertion): Promise<Device | null> {
  const { dir } = await closedDevice(t)
  const view = await readOnlyView(t, dir)
  if (view !== null) return createDevice(t, { dir: view })
  t.comment('skipped: no folder can be made read-only here')
  return null
}

async function listOf(
  device: Device
): Promise<Awaited<ReturnType<Device['observations']['create']>>[]> {
  const rows = []
  for await (const row of device.observations.query()) rows.push(row)
  return rows
}

/** Records until there is no more room; resolves to the ids of what was recorded. */
async function fill(t: Assertion, device: Device): Promise<string[]> {
  const ids: string[] = []
  const note = 'y'.repeat(3000)
  for (;;) {
    let code = ''
    await device.observations.create({ tags: { note, number: ids.length } }).then(
      ({ id }) => ids.push(id),
      (error: { code?: string }) => (code = error.code ?? 'none')
    )
    if (code === '') continue
    t.is(code, 'NO_SPACE')
    t.ok(ids.length > 100)
    return ids
  }
}
