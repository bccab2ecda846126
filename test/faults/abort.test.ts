// Stopped on request at any moment of a sync with a real file: the code is ABORTED, the file is as
// it was or a newer snapshot, hardly anything is written after the request, and the next sync
// completes.

import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import { sync } from '../../lib/exchange/sync.js'
import { SYNC_EVERY_BYTES } from '../../lib/syncfile/format.js'
import { createFile, openOrCreate } from '../../lib/syncfile/files.js'
import { Author } from '../helpers/author.js'
import { syncFilePath } from '../helpers/devices.js'
import { CONFIGURATION, START } from '../helpers/fixed.js'
import { FaultyMedium } from './faulty-medium.js'
import {
  assertSurvives,
  failureOf,
  imageOf,
  openOn,
  project,
  replicaOf,
  truthOf,
  upTo
} from './stick.js'

const options = { project, configuration: CONFIGURATION, now: () => START }
const [a, b] = [Author.withEntries(1, 3000), Author.withEntries(2, 2500)]
const truth = truthOf(a, b)

test('stopped at any progress of a create: no file, nothing left beside it, and then it is made', async (t) => {
  const path = await syncFilePath(t)
  const whole = await replicaOf(a, b)
  let stops = 0
  for (let at = 1; ; at++) {
    const controller = new AbortController()
    let steps = 0
    const onProgress = (): void => {
      if (++steps === at) controller.abort()
    }
    const file = await createFile(path, options)
    const code = await failureOf(sync(whole, file, { signal: controller.signal, onProgress }))
    await file.close()
    if (code === null) break
    t.is(code, 'ABORTED')
    t.alike(await readdir(dirname(path)), [])
    stops++
  }
  t.ok(stops >= 6, `${stops} stops`)
  const file = await openOrCreate(path, options)
  t.alike(await file.verify(), [])
  t.is((await file.heads()).size, 2)
  await file.close()
})

test('stopped at any progress of a two-way sync: the file is as it was, what came stays', async (t) => {
  const path = await syncFilePath(t)
  const first = await createFile(path, options)
  await sync(await replicaOf(upTo(a, 1500), upTo(b, 2000)), first)
  await first.close()
  const before = await readFile(path)
  let stops = 0
  for (let at = 1; ; at++) {
    const device = await replicaOf(a)
    const controller = new AbortController()
    let steps = 0
    const onProgress = (): void => {
      if (++steps === at) controller.abort()
    }
    const file = await openOrCreate(path, options)
    const code = await failureOf(sync(device, file, { signal: controller.signal, onProgress }))
    await file.close()
    if (code === null) break
    t.is(code, 'ABORTED')
    t.ok(b4a.equals(await readFile(path), before), `stopped at ${at}`)
    t.is(device.feeds.get(a.feed)!.blocks.length, a.blocks.length)
    stops++
  }
  t.ok(stops >= 5, `${stops} stops`)
  const file = await openOrCreate(path, options)
  await sync(await replicaOf(a, b), file)
  t.alike(await file.verify(), [])
  await file.close()
})

test('stopped at any operation of the medium: nothing committed is lost, the next sync completes', async (t) => {
  const image = await imageOf([[upTo(a, 1100), upTo(b, 5)]])
  const committed = new Map([
    [a.feed, 1100],
    [b.feed, 5]
  ])
  const expected = { truth, committed, whole: await replicaOf(a, b) }
  for (let at = 1; ; at++) {
    const medium = new FaultyMedium(image)
    const controller = new AbortController()
    const perform = medium.perform.bind(medium)
    medium.perform = (operation) => {
      perform(operation)
      if (medium.operations.length === at) controller.abort()
    }
    const file = await openOn(medium)
    const device = await replicaOf(upTo(a, 2100))
    const code = await failureOf(sync(device, file, { signal: controller.signal }))
    await file.close()
    if (code !== null) t.is(code, 'ABORTED')
    await t.execution(assertSurvives(medium.image, expected))
    if (medium.operations.length < at) break
  }
})

test('after the request at most one sync period is written', async (t) => {
  const huge = new Author(7).hello()
  for (let i = 0; i < 400; i++) huge.observe({ tags: { note: 'x'.repeat(100_000) } })
  const medium = new FaultyMedium(await imageOf([[upTo(a, 3)]]))
  const device = await replicaOf()
  for (let at = 0; at < 401; at += 50) await device.append(huge.run(at, Math.min(401, at + 50)))
  const controller = new AbortController()
  const perform = medium.perform.bind(medium)
  let after = 0
  medium.perform = (operation) => {
    if (controller.signal.aborted && operation.kind === 'write') after += operation.bytes.byteLength
    perform(operation)
    if (operation.kind === 'write' && medium.operations.length > 2) controller.abort()
  }
  const file = await openOn(medium)
  t.is(await failureOf(sync(device, file, { signal: controller.signal })), 'ABORTED')
  t.ok(after <= SYNC_EVERY_BYTES, `${after} bytes`)
  await file.close()
  medium.perform = perform
  await assertSurvives(medium.image, {
    truth: truthOf(huge, upTo(a, 3)),
    committed: new Map([[a.feed, 3]]),
    whole: await replicaOf(huge, upTo(a, 3))
  })
})

test('closed at any operation of the file: the sync is CLOSED or done, at worst the file has an unfinished end', async (t) => {
  await closedAtAny(t, 0)
})

test('closed at any operation of a slow file, where a write may end after the close begins: the same', async (t) => {
  await closedAtAny(t, 5)
})

async function closedAtAny(t: Assertion, msToWrite: number): Promise<void> {
  const path = await syncFilePath(t)
  for (let at = 1; ; at++) {
    await rm(path, { force: true })
    const first = await createFile(path, options)
    await sync(await replicaOf(upTo(a, 1500)), first)
    await first.close()
    const file = await openOrCreate(path, options)
    const storage = file['parts'].volumes.at(1) as any
    let count = 0
    // Closing takes longer, so that a write which it does not wait for lands.
    for (const name of ['size', 'read', 'write', 'sync', 'close']) {
      const method = storage[name].bind(storage)
      storage[name] = async (...args: unknown[]) => {
        if (name !== 'close' && ++count === at) void file.close()
        if (name === 'write') await setTimeout(msToWrite)
        if (name === 'close') await setTimeout(4 * msToWrite)
        return method(...args)
      }
    }
    const code = await failureOf(sync(await replicaOf(b), file))
    await file.close()
    if (code !== null) t.is(code, 'CLOSED', `at ${at}`)
    await using again = await openOrCreate(path, options)
    const problems = (await again.verify()).filter(({ code }) => code !== 'SYNCFILE_UNFINISHED')
    t.alike(problems, [], `closed at ${at}`)
    if (count < at) break
  }
}

test('a signal that has fired before stops a sync before anything is written', async (t) => {
  const path = await syncFilePath(t)
  const file = await createFile(path, options)
  await sync(await replicaOf(b), file)
  await file.close()
  const before = await stat(path, { bigint: true })
  const again = await openOrCreate(path, options)
  t.is(await failureOf(sync(await replicaOf(a), again, { signal: AbortSignal.abort() })), 'ABORTED')
  await again.close()
  const after = await stat(path, { bigint: true })
  t.alike([after.size, after.mtimeNs], [before.size, before.mtimeNs])
})
