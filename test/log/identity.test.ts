// What is found out when a log is opened again: whether it is of this project, and whether its
// store still holds what HEAD says was durable.

import fs from 'node:fs'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import { Author, observation } from '../helpers/author.js'
import { OTHER_PROJECT_KEY } from '../helpers/fixed.js'
import { createLog } from '../helpers/logs.js'
import { codeOf, rejection } from '../helpers/rejection.js'

async function closedLog(t: Assertion, entries = 3): Promise<string> {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  for (let i = 0; i < entries; i++) await log.write([observation(1, i)])
  await log.close()
  return dir
}

async function editHead(dir: string, edit: (head: any) => void): Promise<void> {
  const path = join(dir, 'HEAD')
  const head = JSON.parse(await readFile(path, 'utf8'))
  edit(head)
  await writeFile(path, JSON.stringify(head))
}

/** The file that says where the store was made, as it is after a cut while it was written. */
async function spoilDeviceFile(dir: string, byteLength: number): Promise<void> {
  const path = join(dir, 'feeds', 'CORESTORE')
  const content = await readFile(path)
  await rm(path)
  await writeFile(path, content.subarray(0, byteLength))
}

test('the key of another project is PROJECT_MISMATCH with both ids, and nothing changes', async (t) => {
  const dir = await closedLog(t)
  const before = await readFile(join(dir, 'HEAD'), 'utf8')
  const error = await rejection(createLog(t, { dir, projectKey: OTHER_PROJECT_KEY }))
  t.is(error.code, 'PROJECT_MISMATCH')
  t.not(error.expected, error.found)
  t.is(error.path, dir)
  t.is(await readFile(join(dir, 'HEAD'), 'utf8'), before)
  await t.execution(createLog(t, { dir }))
})

test('a store that is behind HEAD is DEVICE_ROLLED_BACK with both lengths', async (t) => {
  const dir = await closedLog(t)
  await editHead(dir, (head) => (head.length = 9))
  const error = await rejection(createLog(t, { dir }))
  t.is(error.code, 'DEVICE_ROLLED_BACK')
  t.is(error.expected, 9)
  t.is(error.found, 4)
})

test('a store as long as HEAD with other content is DEVICE_ROLLED_BACK', async (t) => {
  const dir = await closedLog(t)
  await editHead(dir, (head) => (head.rootHash = 'ab'.repeat(32)))
  t.is(await codeOf(() => createLog(t, { dir })), 'DEVICE_ROLLED_BACK')
})

test('a HEAD that names another feed is DEVICE_ROLLED_BACK', async (t) => {
  const dir = await closedLog(t)
  await editHead(dir, (head) => (head.feed = new Author(9).feed))
  t.is(await codeOf(() => createLog(t, { dir })), 'DEVICE_ROLLED_BACK')
})

test("another device's HEAD is DEVICE_ROLLED_BACK", async (t) => {
  const dir = await closedLog(t)
  const other = await closedLog(t)
  await cp(join(other, 'HEAD'), join(dir, 'HEAD'))
  t.is(await codeOf(() => createLog(t, { dir })), 'DEVICE_ROLLED_BACK')
})

test('a store with entries and without a HEAD is DEVICE_ROLLED_BACK', async (t) => {
  const dir = await closedLog(t)
  await rm(join(dir, 'HEAD'))
  t.is(await codeOf(() => createLog(t, { dir })), 'DEVICE_ROLLED_BACK')
})

test('a device that died between its hello and its first HEAD opens', async (t) => {
  const dir = await closedLog(t, 0)
  await rm(join(dir, 'HEAD'))
  const log = await createLog(t, { dir })
  t.is(log.ends().get(log.id)?.length, 1)
})

for (const [what, bytes] of Object.entries({ empty: 0, half: 30 })) {
  test(`a folder whose making was cut off begins anew: the device file is ${what}`, async (t) => {
    const dir = await closedLog(t, 0)
    await rm(join(dir, 'HEAD'))
    await spoilDeviceFile(dir, bytes)
    const log = await createLog(t, { dir })
    t.is(log.ends().get(log.id)?.length, 1)
    await log.write([observation(1, 1)])
    await log.close()
    const again = await createLog(t, { dir })
    t.alike([again.id, again.ends().get(log.id)?.length], [log.id, 2])
  })
}

test('a folder with entries and without a HEAD is not taken for one that was cut off', async (t) => {
  const dir = await closedLog(t)
  await rm(join(dir, 'HEAD'))
  await spoilDeviceFile(dir, 30)
  for (const attempt of ['first', 'second']) {
    t.is(await codeOf(() => createLog(t, { dir })), 'DEVICE_COPIED', attempt)
  }
})

test('a HEAD that the store has gone beyond is no obstacle', async (t) => {
  const dir = await closedLog(t, 1)
  const head = await readFile(join(dir, 'HEAD'))
  const log = await createLog(t, { dir })
  await log.write([observation(1, 9)])
  await log.close()
  await writeFile(join(dir, 'HEAD'), head)
  const again = await createLog(t, { dir })
  t.is(again.ends().get(again.id)?.length, 3)
})

test('a damaged HEAD is DEVICE_DAMAGED', async (t) => {
  const dir = await closedLog(t)
  await writeFile(join(dir, 'HEAD'), '{')
  t.is(await codeOf(() => createLog(t, { dir })), 'DEVICE_DAMAGED')
})

test('an older copy of the whole store beside the newer HEAD is DEVICE_ROLLED_BACK', async (t) => {
  const dir = await closedLog(t)
  const backup = join(await t.tmp(), 'backup')
  await cp(join(dir, 'feeds'), backup, { recursive: true, preserveTimestamps: true })
  const log = await createLog(t, { dir })
  await log.write([observation(1, 9)])
  await log.close()
  await rm(join(dir, 'feeds'), { recursive: true })
  await cp(backup, join(dir, 'feeds'), { recursive: true, preserveTimestamps: true })
  const code = await codeOf(() => createLog(t, { dir }))
  t.ok(['DEVICE_ROLLED_BACK', 'DEVICE_COPIED'].includes(code), code)
})

test('of several that begin one device at the same time one does, and it can be opened again', async (t) => {
  const dir = join(await t.tmp(), 'log')
  delayMaking(t)
  const attempts = await Promise.allSettled([1, 2, 3].map(() => createLog(t, { dir })))
  const opened = attempts.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  t.is(opened.length, 1)
  await opened[0]!.write([observation(1, 1)])
  await opened[0]!.close()
  const again = await createLog(t, { dir })
  t.is(again.ends().get(again.id)?.length, 2)
  t.alike((await readdir(dir)).sort(), ['HEAD', 'feeds'])
})

/** Whoever finds no device file makes one a moment later, each at another. */
function delayMaking(t: Assertion): void {
  const open = Object.getOwnPropertyDescriptor(fs, 'open')!
  const openNow = fs.open as (...given: unknown[]) => void
  let wait = 0
  t.teardown(() => Object.defineProperty(fs, 'open', open))
  ;(fs as any).open = (path: unknown, flags: unknown, ...rest: unknown[]) => {
    const makes = flags === 'w' && String(path).endsWith('CORESTORE')
    if (makes) setTimeout(() => openNow(path, flags, ...rest), (wait += 50))
    else openNow(path, flags, ...rest)
  }
}
