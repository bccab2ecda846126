// Photos from device to device over sync files, as an app meets it: choices, reports, resuming, and
// what was purged.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'brittle'
import { MEDIA_CHUNK } from '../lib/log/replica.js'
import { type Device, type Progress, SyncFile, sync } from '../lib/main.js'
import { filesIn } from './helpers/blobs.js'
import { PROJECT_KEY, createDevice, inputs, syncFilePath } from './helpers/devices.js'
import { photo } from './helpers/memory-blobs.js'
import { blobsOf, has, recordPhotos } from './helpers/photos.js'
import { codeOf } from './helpers/rejection.js'

const thumbnail = photo(21, 5000)
const preview = photo(22, 90_000)
const original = photo(23, MEDIA_CHUNK + 77)
const all = { original, preview, thumbnail }

test('photos go with their entries, over a stick, to another device', async (t) => {
  const path = await syncFilePath(t)
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await recordPhotos(a, all)
  const sent = await a.sync(path)
  t.is(sent.sent.media, 3)
  const { received, media, refused } = await b.sync(path)
  t.is(received.media, 3)
  t.is(received.entries, 1)
  t.ok(received.bytes > original.name.size)
  t.alike([media, refused], [{ leftOut: [], refused: [] }, []])
  t.ok(await has(b, original, preview, thumbnail))
})

test('nothing new: no byte is written, and no photo read', async (t) => {
  const path = await syncFilePath(t)
  const a = await createDevice(t)
  await recordPhotos(a, all)
  await a.sync(path)
  const before = statSync(path, { bigint: true })
  const report = await a.sync(path)
  t.alike([report.sent.media, report.received.media], [0, 0])
  const after = statSync(path, { bigint: true })
  t.alike([after.size, after.mtimeNs], [before.size, before.mtimeNs])
})

test('a file made for previews stays one, until a sync asks for more', async (t) => {
  const path = await syncFilePath(t)
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await recordPhotos(a, all)
  const made = await a.createSyncFile(path, { media: { preview: true, thumbnail: true } })
  t.is(made.sent.media, 2)
  t.alike(made.media.leftOut, [
    { direction: 'sent', tier: 'original', why: 'tier', count: 1, bytes: original.name.size }
  ])
  t.ok(statSync(path).size < original.name.size)
  t.is((await a.sync(path)).sent.media, 0)
  await b.sync(path)
  t.ok(await has(b, preview, thumbnail))
  t.absent(await has(b, original))
  t.is((await a.sync(path, { media: true })).sent.media, 1)
  t.is((await b.sync(path)).received.media, 1)
  t.ok(await has(b, original))
  t.is((await a.sync(path)).sent.media, 0)
})

test('media: false moves entries alone', async (t) => {
  const path = await syncFilePath(t)
  const a = await createDevice(t)
  await recordPhotos(a, all)
  const { sent, media } = await a.sync(path, { media: false })
  t.alike([sent.entries, sent.media, media.leftOut.length], [1, 0, 3])
})

test('maxBytes leaves the rest for a later sync', async (t) => {
  const path = await syncFilePath(t)
  const a = await createDevice(t)
  await recordPhotos(a, all)
  const { sent, media } = await a.sync(path, { maxBytes: 100_000 })
  t.is(sent.media, 2)
  t.alike(
    media.leftOut.map(({ tier, why, count }) => [tier, why, count]),
    [['original', 'maxBytes', 1]]
  )
  t.is((await a.sync(path)).sent.media, 1)
})

test('two devices that add the same photo carry it once', async (t) => {
  const path = await syncFilePath(t)
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await recordPhotos(a, { original })
  await recordPhotos(b, { original })
  t.is((await a.sync(path)).sent.media, 1)
  const { received, sent } = await b.sync(path)
  t.alike([received.media, sent.media], [0, 0])
  await using file = await SyncFile.open(path, { projectKey: PROJECT_KEY })
  t.is((await file.inspect()).media.count, 1)
})

test('what was purged does not come back by itself, and comes when asked for', async (t) => {
  const path = await syncFilePath(t)
  const a = await createDevice(t)
  await recordPhotos(a, { original, thumbnail })
  await a.sync(path)
  await blobsOf(a).mark([original.name.hash])
  await blobsOf(a).drop([original.name])
  t.is((await a.sync(path)).received.media, 0)
  t.absent(await has(a, original))
  const media = { original: true, preview: true, thumbnail: true, again: true }
  t.is((await a.sync(path, { media })).received.media, 1)
  t.ok(await has(a, original))
})

test('what was purged on the other side does not come back there either', async (t) => {
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await recordPhotos(a, all)
  await sync(a, b)
  await b.media.purge({ tier: 'original' })
  const report = await a.syncWith(b.replica)
  t.alike([report.sent.media, report.media.leftOut], [0, []])
  await sync(a, b)
  const again = { original: true, again: true }
  t.is((await a.syncWith(b.replica, { media: again })).sent.media, 0, 'nobody asks for others')
  t.absent(await has(b, original))
  t.is((await b.syncWith(a.replica, { media: again })).received.media, 1)
})

test('a sync that waits for a photo which another one is fetching stops when told to', async (t) => {
  const path = await syncFilePath(t)
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await recordPhotos(a, { original })
  await a.sync(path)
  const fetching = await blobsOf(b).write(original.name)
  const abort = new AbortController()
  const stopSoon = ({ phase }: Progress): void => {
    if (phase === 'media') setTimeout(() => abort.abort(), 50)
  }
  const code = codeOf(() => b.sync(path, { signal: abort.signal, onProgress: stopSoon }))
  t.is(await code, 'ABORTED')
  await fetching.close()
  t.is((await b.sync(path)).received.media, 1)
})

test('an aborted sync keeps what came, and the next one goes on', async (t) => {
  const path = await syncFilePath(t)
  const [a, b] = [await createDevice(t), await createDevice(t)]
  const large = photo(30, 6 * MEDIA_CHUNK)
  await recordPhotos(a, { original: large, thumbnail })
  await a.sync(path)
  const abort = new AbortController()
  const onProgress = ({ phase, bytes, media }: Progress): void => {
    if (phase === 'media' && media.done === 1 && bytes.done > 3 * MEDIA_CHUNK) abort.abort()
  }
  const { signal } = abort
  t.is(await codeOf(() => b.sync(path, { signal, onProgress })), 'ABORTED')
  t.ok(await has(b, thumbnail))
  t.absent(await has(b, large))
  const { received } = await b.sync(path)
  t.is(received.media, 1)
  t.ok(received.bytes <= 4 * MEDIA_CHUNK, `${received.bytes} bytes`)
  t.ok(await has(b, large))
})

test('progress tells entries first, then photos, each to the end', async (t) => {
  const path = await syncFilePath(t)
  const a = await createDevice(t)
  await a.observations.createMany(inputs(10))
  await recordPhotos(a, all)
  const seen: Progress[] = []
  await a.sync(path, { onProgress: (progress) => seen.push(progress) })
  const phases = [...new Set(seen.map(({ phase }) => phase))]
  t.alike(phases, ['compare', 'receive', 'send', 'index', 'media', 'done'])
  const last = seen.at(-1)!
  t.alike(last.entries, { done: 11, total: 11 })
  t.alike(last.media, { done: 3, total: 3 })
  t.is(last.bytes.done, last.bytes.total)
})

test('two devices in one process exchange photos without anything between them', async (t) => {
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await recordPhotos(a, all)
  await sync(a, b)
  t.ok(await has(b, original, preview, thumbnail))
})

test('an answer carries photos only where that is asked for, a request none', async (t) => {
  const dir = await t.tmp()
  const [a, b] = [await createDevice(t), await createDevice(t)]
  await recordPhotos(a, all)
  await b.createSyncFile(`${dir}/ask.cairn`, { kind: 'request' })
  await a.createSyncFile(`${dir}/small.cairn`, { for: `${dir}/ask.cairn` })
  t.is((await b.sync(`${dir}/small.cairn`)).received.media, 0)
  await a.createSyncFile(`${dir}/large.cairn`, { for: `${dir}/ask.cairn`, media: true })
  t.is((await b.sync(`${dir}/large.cairn`)).received.media, 3)
})

test('a wrong choice is a TypeError that names the field, before anything is opened', async (t) => {
  const path = await syncFilePath(t)
  const a: Device = await createDevice(t)
  const wrong = [
    [{ media: { originals: true } }, /media\.originals/],
    [{ media: { preview: 'yes' } }, /media\.preview/],
    [{ media: 'all' }, /media/],
    [{ maxBytes: -1 }, /maxBytes/]
  ] as const
  for (const [options, field] of wrong) {
    await t.exception.all(() => a.sync(path, options as never), field)
    await t.exception.all(() => a.createSyncFile(path, options as never), field)
  }
  t.absent(statSync(path, { throwIfNoEntry: false }))
})

test('a sync that a device is closed under changes nothing more in its folder', async (t) => {
  const path = await syncFilePath(t)
  const dir = join(await t.tmp(), 'device')
  const [a, b] = [await createDevice(t), await createDevice(t, { dir })]
  for (let i = 0; i < 12; i++) await recordPhotos(a, { original: photo(40 + i, 300_000) })
  await a.sync(path)
  let closed: Promise<void> | undefined
  const onProgress = ({ media }: Progress): void => {
    if (media.done > 0) closed ??= b.close()
  }
  const syncing = codeOf(() => b.sync(path, { onProgress }))
  while (closed === undefined) await new Promise((go) => setTimeout(go, 1))
  await closed
  const files = await filesIn(dir)
  t.is(await syncing, 'CLOSED')
  t.alike(await filesIn(dir), files)
  t.is((await (await createDevice(t, { dir })).sync(path)).media.refused.length, 0)
})
