// What two devices and a stick make of photos that were purged, damaged, lost, lied about, or added
// on both sides.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import type { Device, MediaVariant } from '../lib/main.js'
import { BlobStore } from '../lib/log/media/blob-store.js'
import { MEDIA_CHUNK } from '../lib/log/replica.js'
import { content, filesIn, flip } from './helpers/blobs.js'
import { createDevice } from './helpers/devices.js'
import { blobsOf } from './helpers/photos.js'

const JPEG = { type: 'image/jpeg' }
const BYTES = content(2 * MEDIA_CHUNK + 40, 6)

test('what was purged does not come back with a sync, unless it is asked for again', async (t) => {
  const { one, two, original, path } = await synced(t)
  await two.media.purge({ tier: 'original' })
  for (const media of [undefined, true, { original: true }]) {
    const report = await two.sync(path, { ...(media !== undefined && { media }) })
    t.is(report.received.media, 0)
    t.is((await two.syncWith(one.replica)).received.media, 0)
  }
  t.is(await stateOf(two, original), 'missing')
  const report = await two.sync(path, { media: { original: true, again: true } })
  t.is(report.received.media, 1)
  t.is(await stateOf(two, original), 'here')
  t.alike((await two.status()).media, { referenced: 1, here: 1, missing: 0, purged: 0 })
})

for (const [again, before] of [
  [false, 'that was not here'],
  [true, 'that had been purged, and was asked for again']
] as const) {
  test(`what is purged while a sync brings it does not come: a photo ${before}`, async (t) => {
    const { one, two, dir, original } = await synced(t)
    const which = { hash: original.hash, onlyHere: true } as const
    const three = again ? two : await createDevice(t, { name: 'Three', dir: join(dir, 'three') })
    if (again) await two.media.purge(which)
    const source = blobsOf(one)
    source.read = async function* (...args) {
      let chunks = 0
      for await (const chunk of BlobStore.prototype.read.apply(source, args)) {
        if (++chunks === 2) await three.media.purge(which)
        yield chunk
      }
    }
    const media = { original: true, again }
    const { received, media: told } = await three.syncWith(one.replica, { media })
    t.alike([received.media, told.refused], [0, []])
    t.is((await three.status()).media.purged, 1)
    t.is((await three.media.usage()).media, 0)
    t.is((await three.syncWith(one.replica)).received.media, 0)
    const files = await filesIn(join(again ? dir : join(dir, 'three'), 'media'))
    t.alike(files, ['purged'])
  })
}

test('purging here takes nothing from the stick and from others', async (t) => {
  const { one, original, path } = await synced(t)
  await one.media.purge({ hash: original.hash, onlyHere: true })
  await one.sync(path)
  const three = await createDevice(t, { name: 'Three' })
  await three.sync(path)
  t.ok(BYTES.equals(Buffer.from(await three.media.get(original).bytes())))
})

test('a photo that was found damaged is healed by the next sync, from a stick or a device', async (t) => {
  for (const from of ['stick', 'device']) {
    const { one, two, dir, original, path } = await synced(t)
    const [file = ''] = await filesIn(join(dir, 'media'))
    await flip(join(dir, 'media', file), MEDIA_CHUNK + 5000)
    await t.exception(two.media.get(original).bytes(), { code: 'MEDIA_DAMAGED' })
    const report = from === 'stick' ? await two.sync(path) : await two.syncWith(one.replica)
    t.is(report.received.media, 1, from)
    t.ok(BYTES.equals(Buffer.from(await two.media.get(original).bytes())))
    t.alike((await two.media.usage()).damaged, { media: 0, bytes: 0 })
  }
})

test('a photo whose file is gone comes again, once that has been noticed', async (t) => {
  const { two, dir, original, path } = await synced(t)
  const [file = ''] = await filesIn(join(dir, 'media'))
  await rm(join(dir, 'media', file))
  t.is(await stateOf(two, original), 'missing')
  t.is((await two.sync(path)).received.media, 1)
  t.is(await stateOf(two, original), 'here')
})

test('two devices that add the same photo have it once each, and nothing moves', async (t) => {
  const one = await createDevice(t, { name: 'One' })
  const two = await createDevice(t, { name: 'Two' })
  for (const device of [one, two]) {
    const original = await device.media.put(BYTES, JPEG)
    await device.observations.create({ attachments: [{ variants: { original } }] })
  }
  const report = await one.syncWith(two.replica)
  t.is(report.received.media + report.sent.media, 0)
  for (const device of [one, two]) {
    t.is((await device.media.usage()).media, 1)
    t.is((await device.status()).media.referenced, 1)
  }
})

test('a member who states another size for a hash hides no photo and gets nothing in', async (t) => {
  const one = await createDevice(t, { name: 'One' })
  const liar = await createDevice(t, { name: 'Liar' })
  const two = await createDevice(t, { name: 'Two' })
  const original = await one.media.put(BYTES, JPEG)
  const lie = { ...original, size: original.size + 1 }
  await liar.observations.create({ attachments: [{ variants: { thumbnail: lie } }] })
  await one.observations.create({ attachments: [{ variants: { original } }] })
  await two.syncWith(liar.replica)
  await two.syncWith(one.replica)
  t.is(await stateOf(two, original), 'here')
  t.is((await two.media.status({ variants: { original: lie } })).original?.state, 'missing')
})

test('an unreferenced photo stays where it was put', async (t) => {
  const one = await createDevice(t, { name: 'One' })
  const two = await createDevice(t, { name: 'Two' })
  await one.media.put(BYTES, JPEG)
  await one.syncWith(two.replica)
  t.is((await two.media.usage()).media, 0)
})

interface Synced {
  one: Device
  two: Device
  dir: string
  original: MediaVariant
  path: string
}

/** Two devices and a stick that have one photo; `dir` is the second one's. */
async function synced(t: Assertion): Promise<Synced> {
  const one = await createDevice(t, { name: 'One' })
  const dir = join(await t.tmp(), 'device')
  const two = await createDevice(t, { name: 'Two', dir })
  const path = join(await t.tmp(), 'territory.cairn')
  const original = await one.media.put(BYTES, JPEG)
  await one.observations.create({ attachments: [{ variants: { original } }] })
  await one.sync(path)
  await two.sync(path)
  return { one, two, dir, original, path }
}

async function stateOf(device: Device, original: MediaVariant): Promise<string | undefined> {
  return (await device.media.status({ variants: { original } })).original?.state
}
