import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import test from 'brittle'
import { Device, sync, type DeviceOptions, type Progress } from '../lib/main.js'
import {
  CONFIGURATION,
  OTHER_PROJECT_KEY,
  PROJECT_KEY,
  START,
  createDevice,
  inputs,
  plainHeads,
  shown,
  syncFilePath
} from './helpers/devices.js'
import { MemoryReplica } from './helpers/memory-replica.js'
import { codeOf, rejection } from './helpers/rejection.js'

test('a new device says who it is and has one feed with nothing but a hello', async (t) => {
  const device = await createDevice(t, { name: 'Canoe 1' })
  const status = await device.status()
  t.is(status.name, 'Canoe 1')
  t.is(status.id, device.id)
  t.alike(status.configuration, CONFIGURATION)
  const at = new Date(START).toISOString()
  t.alike(status.feeds, [
    { device: device.id, name: 'Canoe 1', length: 1, firstAt: at, lastAt: at }
  ])
})

test('a device that is opened again is the same device with the same observations', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const device = await createDevice(t, { dir })
  await device.observations.createMany(inputs(10))
  const [id, before] = [device.id, await shown(device)]
  await device.close()

  const again = await createDevice(t, { dir })
  t.is(again.id, id)
  t.alike(await shown(again), before)
})

test('a view that was deleted is made anew', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const device = await createDevice(t, { dir })
  await device.observations.createMany(inputs(10))
  const before = await shown(device)
  await device.close()
  await rm(join(dir, 'view'), { recursive: true })
  t.alike(await shown(await createDevice(t, { dir })), before)
})

test('two devices of one project have different ids and the same project id', async (t) => {
  const [a, b] = [await createDevice(t), await createDevice(t)]
  t.not(a.id, b.id)
  t.is(a.projectId, b.projectId)
  t.not(a.projectId, (await createDevice(t, { projectKey: OTHER_PROJECT_KEY })).projectId)
})

const wrong: Array<[field: string, dir: unknown, options: unknown]> = [
  ['dir', '', {}],
  ['dir', 5, {}],
  ['options', 'x', undefined],
  ['options', 'x', null],
  ['projectKey', 'x', { projectKey: undefined }],
  ['projectKey', 'x', { projectKey: 'secret' }],
  ['projectKey', 'x', { projectKey: new Uint8Array(31) }],
  ['name', 'x', { name: undefined }],
  ['name', 'x', { name: '' }],
  ['name', 'x', { name: 7 }],
  ['name', 'x', { name: 'é'.repeat(513) }],
  ['configuration', 'x', { configuration: undefined }],
  ['configuration', 'x', { configuration: null }],
  ['configuration', 'x', { configuration: { name: '', version: '1' } }],
  ['configuration', 'x', { configuration: { name: 'rivers' } }],
  ['configuration', 'x', { configuration: { name: 'rivers', version: 1 } }],
  ['configuration.name', 'x', { configuration: { name: 'r'.repeat(1025), version: '1' } }],
  ['configuration.version', 'x', { configuration: { name: 'rivers', version: '1'.repeat(1025) } }]
]

test('every wrong argument of open is a TypeError that begins with its name', async (t) => {
  const sound = { projectKey: PROJECT_KEY, name: 'Laptop', configuration: CONFIGURATION }
  for (const [field, dir, options] of wrong) {
    const given = options && { ...sound, ...options }
    const opening = Device.open(dir as string, given as DeviceOptions)
    await t.exception.all(opening, new RegExp(`^TypeError: ${field}:`), JSON.stringify(options))
  }
})

test('a wrong configuration is not set', async (t) => {
  const device = await createDevice(t)
  const set = (): void => device.setConfiguration({ name: '', version: '1' })
  await t.exception.all(set, /configuration/)
  t.alike(device.configuration, CONFIGURATION)
})

test('a device whose configuration was changed syncs with those of the new one', async (t) => {
  const [a, b] = [
    await createDevice(t),
    await createDevice(t, { configuration: { name: 'fires', version: '1' } })
  ]
  const error = await rejection(sync(a, b))
  t.is(error.code, 'CONFIGURATION_MISMATCH')
  b.setConfiguration({ name: 'rivers', version: '2.0.0' })
  await sync(a, b)
  t.alike(plainHeads(await a.heads()), plainHeads(await b.heads()))
})

test('opening with the key of another project is PROJECT_MISMATCH, and the device is unharmed', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const device = await createDevice(t, { dir })
  await device.observations.create({})
  await device.close()
  t.is(
    await codeOf(() => createDevice(t, { dir, projectKey: OTHER_PROJECT_KEY })),
    'PROJECT_MISMATCH'
  )
  t.is(await (await createDevice(t, { dir })).observations.count(), 1)
})

test('a device whose store lost durable entries is DEVICE_ROLLED_BACK', async (t) => {
  const dir = join(await t.tmp(), 'device')
  await (await createDevice(t, { dir })).close()
  const head = JSON.parse(await readFile(join(dir, 'HEAD'), 'utf8'))
  await writeFile(join(dir, 'HEAD'), JSON.stringify({ ...head, length: 40 }))
  const error = await rejection(createDevice(t, { dir }))
  t.alike([error.code, error.expected, error.found], ['DEVICE_ROLLED_BACK', 40, 1])
})

test('a folder that is open is DEVICE_LOCKED', async (t) => {
  const dir = join(await t.tmp(), 'device')
  await createDevice(t, { dir })
  t.is(await codeOf(() => createDevice(t, { dir })), 'DEVICE_LOCKED')
})

const none = async function* (): AsyncGenerator<never> {}
const calls: Array<[name: string, call: (device: Device, path: string) => unknown]> = [
  ['sync', (device, path) => device.sync(path)],
  ['createSyncFile', (device, path) => device.createSyncFile(path)],
  ['exportArchive', (device, path) => device.exportArchive(path)],
  ['syncWith', (device) => device.syncWith(new MemoryReplica({ projectId: device.projectId }))],
  ['heads', (device) => device.heads()],
  ['check', (device) => device.check().next()],
  ['replicate', async (device) => device.replicate(true)],
  ['status', (device) => device.status()],
  ['rebuildIndex', (device) => device.rebuildIndex()],
  ['confirmSuccessor', (device) => device.confirmSuccessor(device.id)],
  ['flush', (device) => device.flush()],
  ['observations.create', (device) => device.observations.create({})],
  ['observations.createMany', (device) => device.observations.createMany(none())],
  ['observations.update', (device) => device.observations.update('x', {})],
  ['observations.delete', (device) => device.observations.delete('x')],
  ['observations.restore', (device) => device.observations.restore('x')],
  ['observations.watch', async (device) => device.observations.watch()],
  ['observations.get', (device) => device.observations.get('x')],
  ['observations.query', (device) => device.observations.query().next()],
  ['observations.count', (device) => device.observations.count()],
  ['observations.toGeoJSON', (device) => device.observations.toGeoJSON().next()],
  ['observations.toCSV', (device) => device.observations.toCSV().next()],
  ['observations.fromGeoJSON', (device) => device.observations.fromGeoJSON('')],
  ['observations.history', (device) => device.observations.history('x').next()]
]

for (const [name, call] of calls) {
  test(`${name} of a closed device is CLOSED`, async (t) => {
    const device = await createDevice(t)
    const path = await syncFilePath(t)
    await device.close()
    t.is(await codeOf(() => call(device, path)), 'CLOSED')
  })
}

test('the methods tried on a closed device are all there are', (t) => {
  // Of what is declared, since that leaves out what is private.
  const methods = ['device', 'observations'].flatMap((file) => {
    const url = new URL(`../lib/${file}.d.ts`, import.meta.url)
    const [, ...classes] = readFileSync(url, 'utf8').split('export declare class')
    return [...classes.join('').matchAll(/^ {4}([a-z]\w*)\(/gm)].map(([, name]) => name)
  })
  const tried = calls.map(([name]) => name.split('.').at(-1))
  const others = ['constructor', 'close', 'setConfiguration']
  t.ok(methods.length > 15)
  t.alike(
    methods.filter((name) => !tried.includes(name) && !others.includes(name ?? '')),
    []
  )
})

test('closing twice, and at the same time, is fine', async (t) => {
  const device = await createDevice(t)
  await Promise.all([device.close(), device.close()])
  await t.execution(device.close())
})

test('closing while much is being created is CLOSED for that, and keeps its whole batches', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const device = await createDevice(t, { dir })
  const items = async function* (): AsyncGenerator<object> {
    for (let i = 0; i < 1500; i++) yield {}
    await device.close()
    for (let i = 0; i < 1500; i++) yield {}
  }
  t.is(await codeOf(() => device.observations.createMany(items())), 'CLOSED')
  t.is(await (await createDevice(t, { dir })).observations.count(), 1024)
})

test('a device closes at the end of an `await using` block', async (t) => {
  const device = await createDevice(t)
  await device[Symbol.asyncDispose]()
  t.is(await codeOf(() => device.flush()), 'CLOSED')
})

test('what a sync brings is visible when it resolves', async (t) => {
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await a.observations.createMany(inputs(1200))
  await sync(a, b)
  t.is(await b.observations.count(), 1200)
  t.alike(await shown(b), await shown(a))
  t.alike(plainHeads(await a.heads()), plainHeads(await b.heads()))
})

test('what came before an abort is visible, and the next sync brings the rest', async (t) => {
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await a.observations.createMany(inputs(3000))
  const controller = new AbortController()
  const phases: string[] = []
  const onProgress = ({ phase, entries }: Progress): void => {
    phases.push(phase)
    if (entries.done > 0) controller.abort()
  }
  const { signal } = controller
  t.is(await codeOf(() => b.syncWith(a.replica, { signal, onProgress })), 'ABORTED')
  const some = await b.observations.count()
  t.ok(some > 0 && some < 3000, `${some} so far`)
  t.absent(phases.includes('done'), 'what was stopped is not done')
  await b.syncWith(a.replica)
  t.is(await b.observations.count(), 3000)
})

test('devices know each other by the names in their hellos', async (t) => {
  const [a, b] = [await createDevice(t, { name: 'Canoe' }), await createDevice(t, { name: 'Camp' })]
  await sync(a, b)
  const { feeds } = await a.status()
  t.alike(new Set(feeds.map(({ name }) => name)), new Set(['Camp', 'Canoe']))
})

test('a rebuilt index shows the same', async (t) => {
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await a.observations.createMany(inputs(50))
  await sync(a, b)
  const before = await shown(b)
  await b.rebuildIndex()
  t.alike(await shown(b), before)
})

test('after a SIGKILL everything that had been created is there', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const writer = spawn(process.execPath, [
    fileURLToPath(new URL('./helpers/write-until-killed.js', import.meta.url)),
    dir
  ])
  t.teardown(() => writer.kill('SIGKILL'))
  const created: string[] = []
  for await (const id of createInterface(writer.stdout)) {
    if (created.push(id) === 60) writer.kill('SIGKILL')
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit')

  const device = await createDevice(t, { dir })
  const lost = []
  for (const id of created) if ((await device.observations.get(id)) === null) lost.push(id)
  t.alike(lost, [])
  t.ok(created.length >= 60)
  await t.execution(device.observations.create({}), 'and writing goes on')
})
