import { mkdir, truncate, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import test, { type Assertion } from 'brittle'
import type {
  Attachment,
  Device,
  MediaAmount,
  MediaContent,
  MediaSource,
  MediaVariant,
  PurgeOptions
} from '../lib/main.js'
import { BlobStore } from '../lib/log/media/blob-store.js'
import { MEDIA_CHUNK } from '../lib/log/replica.js'
import { content, filesIn, flip, nameOf, readAll } from './helpers/blobs.js'
import { START, createDevice } from './helpers/devices.js'
import { blobsOf } from './helpers/photos.js'

const JPEG = { type: 'image/jpeg' }

test('a photo goes in from a path, bytes, a stream of either kind, or a Blob', async (t) => {
  const device = await createDevice(t)
  const bytes = content(2 * MEDIA_CHUNK + 333)
  const path = join(await t.tmp(), 'photo.jpg')
  await writeFile(path, bytes)
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += 70_001) yield bytes.subarray(at, at + 70_001)
  }
  const sources: Array<[string, MediaSource]> = [
    ['path', path],
    ['Buffer', bytes],
    ['Uint8Array', new Uint8Array(bytes)],
    ['Readable', Readable.from(pieces())],
    ['generator', pieces()],
    ['web stream', new Blob([new Uint8Array(bytes)]).stream()],
    ['Blob', new Blob([new Uint8Array(bytes)])]
  ]
  for (const [kind, source] of sources) {
    t.alike(await device.media.put(source, JPEG), { ...nameOf(bytes), ...JPEG }, kind)
  }
  t.is((await device.media.usage()).media, 1)
})

test('what comes out is what went in: whole, as a stream, and any range', async (t) => {
  const device = await createDevice(t)
  const bytes = content(2 * MEDIA_CHUNK + 5)
  const got = device.media.get(await device.media.put(bytes, JPEG))
  t.ok(bytes.equals(await got.bytes()))
  t.ok(bytes.equals(await readAll(got.stream())))
  t.ok(bytes.equals(Buffer.concat(await Readable.from(got.stream()).toArray())))
  const ends = [0, 1, MEDIA_CHUNK - 1, MEDIA_CHUNK, MEDIA_CHUNK + 1, 2 * MEDIA_CHUNK, bytes.length]
  for (const from of ends) {
    for (const to of ends.filter((end) => end >= from)) {
      const part = await readAll(got.range(from, to))
      if (!part.equals(bytes.subarray(from, to))) t.fail(`range ${from} to ${to}`)
    }
  }
  for (const [from, to] of [
    [-1, 2],
    [3, 2],
    [0, bytes.length + 1],
    [0.5, 2]
  ] as const) {
    await t.exception.all(readAll(got.range(from, to)), TypeError)
  }
})

test('a wrong argument is a TypeError that names it, and nothing is kept', async (t) => {
  const device = await createDevice(t)
  const { media } = device
  const put = media.put.bind(media) as (...args: unknown[]) => Promise<unknown>
  for (const options of [undefined, {}, { type: '' }, { type: 'jpeg' }, { type: 7 }]) {
    await t.exception.all(put(content(9), options), /type: must be a media type/)
  }
  for (const source of [undefined, null, 7, {}, [1, 2], new ArrayBuffer(3)]) {
    await t.exception.all(put(source, JPEG), /source: must be/)
  }
  await t.exception.all(put(Readable.from(['text']), JPEG), /source: must give bytes/)
  const get = media.get.bind(media) as (variant: unknown) => MediaContent
  for (const variant of [null, {}, { hash: 'x', size: 1 }, { ...nameOf(content(3)), size: 0 }]) {
    await t.exception.all(async () => get(variant), /variant: must be/)
  }
  await t.exception.all(media.status({} as Attachment), /attachment: must be/)
  await t.exception.all(media.best({} as Attachment), /attachment: must be/)
  await t.exception.all(
    media.best({ variants: {} }, { prefer: 'toString' as 'preview' }),
    /prefer: must be/
  )
  t.is((await media.usage()).media, 0)
})

test('an empty source, a path to nothing and a folder have their codes', async (t) => {
  const device = await createDevice(t)
  const dir = await t.tmp()
  await writeFile(join(dir, 'empty.jpg'), '')
  const code = (name: string): object => ({ code: name })
  await t.exception(device.media.put(join(dir, 'empty.jpg'), JPEG), code('MEDIA_EMPTY'))
  await t.exception(device.media.put(new Uint8Array(0), JPEG), code('MEDIA_EMPTY'))
  await t.exception(device.media.put(Readable.from([]), JPEG), code('MEDIA_EMPTY'))
  await t.exception(device.media.put(join(dir, 'none.jpg'), JPEG), code('PATH_UNUSABLE'))
  await t.exception(device.media.put(dir, JPEG), code('PATH_UNUSABLE'))
  t.is((await device.media.usage()).media, 0)
})

test('a stream that fails half way throws what it threw, and leaves nothing', async (t) => {
  const { device, dir } = await deviceIn(t)
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield content(MEDIA_CHUNK + 50)
    throw new Error('the card was pulled out')
  }
  await t.exception(device.media.put(failing(), JPEG), /the card was pulled out/)
  await t.exception(device.media.put(Readable.from(failing()), JPEG), /the card was pulled out/)
  t.alike(await filesIn(join(dir, 'media')), [])
})

test('putting is stopped by a signal, also while the source stalls', async (t) => {
  const { device, dir } = await deviceIn(t)
  let closed = false
  const stalling = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield content(MEDIA_CHUNK + 50)
      await new Promise(() => {})
    } finally {
      closed = true
    }
  }
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 30)
  const { signal } = stop
  await t.exception(device.media.put(stalling(), { ...JPEG, signal }), { code: 'ABORTED' })
  await t.exception(device.media.put(content(9), { ...JPEG, signal }), { code: 'ABORTED' })
  t.absent(closed, 'a stalled source cannot be waited for')
  t.alike(await filesIn(join(dir, 'media')), [])
  const slow = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield content(1000)
        await new Promise((done) => setTimeout(done, 5))
      }
    } finally {
      closed = true
    }
  }
  const later = new AbortController()
  setTimeout(() => later.abort(), 30)
  await t.exception(device.media.put(slow(), { ...JPEG, signal: later.signal }), {
    code: 'ABORTED'
  })
  await new Promise((done) => setTimeout(done, 30))
  t.ok(closed, 'one that goes on is closed')
})

test('status tells here, missing and damaged apart, and who had it', async (t) => {
  const { device, dir } = await deviceIn(t)
  const original = await device.media.put(content(5000, 1), JPEG)
  const files = await filesIn(join(dir, 'media'))
  const preview = await device.media.put(content(500, 2), JPEG)
  const thumbnail: MediaVariant = { ...nameOf(content(50, 3)), type: 'image/png' }
  const attachment = { name: 'House', variants: { original, preview, thumbnail } }
  const made = await device.observations.create({ attachments: [attachment] })
  t.alike(made.attachments, [attachment])
  await flip(join(dir, 'media', files[0]!), 700)
  t.is((await device.media.status(attachment)).original?.state, 'here', 'not read yet')
  await t.exception(device.media.get(original).bytes(), { code: 'MEDIA_DAMAGED' })
  await t.exception(device.media.get(thumbnail).bytes(), { code: 'MEDIA_MISSING' })
  const recordedBy = { device: device.id, name: device.name }
  t.alike(await device.media.status(attachment), {
    thumbnail: { state: 'missing', recordedBy },
    preview: { state: 'here' },
    original: { state: 'damaged', recordedBy }
  })
  t.alike(await device.media.best(attachment), { tier: 'preview', ...preview })
  t.alike((await device.status()).media, { referenced: 3, here: 1, missing: 2, purged: 0 })
  const usage = await device.media.usage()
  t.alike(usage.damaged, { media: 1, bytes: 5000 })
  t.alike(usage.types, { 'image/jpeg': { media: 1, bytes: 500 } })
  t.alike((await device.observations.get(made.id))?.attachments, [attachment], 'never shortened')
})

test('best takes the next larger one where the preferred is not here, then a smaller one', async (t) => {
  const device = await createDevice(t)
  const { media } = device
  const original = await media.put(content(300), JPEG)
  const preview = await media.put(content(200), JPEG)
  const thumbnail = await media.put(content(100), JPEG)
  const absent = { ...nameOf(content(77)), ...JPEG }
  const tier = async (attachment: Attachment, prefer?: 'preview' | 'thumbnail'): Promise<unknown> =>
    (await media.best(attachment, prefer && { prefer }))?.tier
  t.is(await tier({ variants: { original, preview, thumbnail } }), 'original')
  t.is(await tier({ variants: { original: absent, preview, thumbnail } }), 'preview')
  t.is(await tier({ variants: { original, preview: absent, thumbnail } }, 'preview'), 'original')
  t.is(await tier({ variants: { original: absent, thumbnail } }, 'preview'), 'thumbnail')
  t.is(await tier({ variants: { original, preview } }, 'thumbnail'), 'preview')
  t.is(await tier({ variants: { original: absent } }), undefined)
  t.is(await tier({ variants: {} }), undefined)
})

test('an attachment that a stranger wrote wrong is listed as missing and breaks nothing', async (t) => {
  const device = await createDevice(t)
  const wrong = {
    variants: { original: { hash: 5 }, preview: null, thumbnail: { hash: 'a'.repeat(64), size: 0 } }
  } as unknown as Attachment
  t.alike(await device.media.status(wrong), {
    thumbnail: { state: 'missing' },
    preview: { state: 'missing' },
    original: { state: 'missing' }
  })
  t.is(await device.media.best(wrong), null)
})

test('deleting keeps the photo; purging what is deleted frees it and nothing else', async (t) => {
  const device = await createDevice(t)
  const { media, observations } = device
  const shared = await media.put(content(100, 1), JPEG)
  const lonely = await media.put(content(200, 2), JPEG)
  const other = await media.put(content(300, 3), JPEG)
  const show = (...list: MediaVariant[]): { attachments: Attachment[] } => ({
    attachments: list.map((original) => ({ variants: { original } }))
  })
  const deleted = await observations.create(show(shared, lonely))
  await observations.create(show(shared, other))
  await observations.delete(deleted)
  t.is((await media.usage()).media, 3)
  const lengthBefore = (await device.heads())[0]?.length
  const nothing = { media: 0, bytes: 0 }
  const one = { media: 1, bytes: 200 }
  t.alike(await media.purge({ deleted: true }), { ...nothing, onlyHere: one })
  const really = { deleted: true, onlyHere: true } as const
  t.alike(await media.purge({ ...really, dryRun: true }), { ...one, onlyHere: nothing })
  t.is((await media.usage()).media, 3)
  t.alike(await media.purge(really), { ...one, onlyHere: nothing })
  t.alike(await media.status(show(lonely).attachments[0]!), {
    original: {
      state: 'missing',
      purged: true,
      recordedBy: { device: device.id, name: device.name }
    }
  })
  t.is((await media.usage()).bytes, 400)
  t.is((await device.heads())[0]?.length, lengthBefore, 'no feed is touched')
  t.alike((await device.status()).media, { referenced: 3, here: 2, missing: 0, purged: 1 })
  await observations.restore(deleted)
  await media.put(content(200, 2), JPEG)
  t.alike((await device.status()).media, { referenced: 3, here: 3, missing: 0, purged: 0 })
})

test('purge takes those that fit everything that is asked: tier, date, hash', async (t) => {
  const clock = { now: START }
  const device = await createDevice(t, { clock })
  const { media, observations } = device
  const purge = (which: PurgeOptions): Promise<unknown> => freed(device, which)
  for (let n = 0; n < 4; n++) {
    clock.now = START + n * 1000
    const original = await media.put(content(1000 + n), JPEG)
    const thumbnail = await media.put(content(10 + n), JPEG)
    await observations.create({ attachments: [{ variants: { original, thumbnail } }] })
  }
  const both = await media.put(content(5000), JPEG)
  clock.now = START
  await observations.create({ attachments: [{ variants: { original: both, preview: both } }] })
  const before = new Date(START + 2000)
  t.alike(await purge({ tier: 'original', before }), { media: 2, bytes: 2001 })
  t.alike(await purge({ tier: 'original', before }), { media: 0, bytes: 0 })
  t.alike(await purge({ hash: both.hash, tier: 'preview' }), { media: 0, bytes: 0 })
  t.alike(await purge({ hash: [both.hash] }), { media: 1, bytes: 5000 })
  t.alike(await purge({ tier: ['thumbnail', 'original'], before: START + 2001 }), {
    media: 4,
    bytes: 10 + 11 + 12 + 1002
  })
  t.alike((await media.usage()).tiers, {
    thumbnail: { media: 1, bytes: 13 },
    preview: { media: 0, bytes: 0 },
    original: { media: 1, bytes: 1003 }
  })
})

test('what was given by its hash and does not fit the rest is not kept from coming', async (t) => {
  const device = await createDevice(t)
  const original = { ...nameOf(content(77)), ...JPEG }
  const { hash } = original
  await device.observations.create({ attachments: [{ variants: { original } }] })
  t.alike(await freed(device, { hash, tier: 'preview' }), { media: 0, bytes: 0 })
  t.alike((await device.status()).media, { referenced: 1, here: 0, missing: 1, purged: 0 })
  t.alike(await freed(device, { hash }), { media: 0, bytes: 0 })
  t.alike((await device.status()).media, { referenced: 1, here: 0, missing: 0, purged: 1 })
})

test('purge wants to be told what, in words that it knows', async (t) => {
  const { media } = await createDevice(t)
  const purge = media.purge.bind(media) as (options: unknown) => Promise<unknown>
  const wrong = [
    {},
    { dryRun: true },
    { tiers: 'original' },
    { tier: 'huge' },
    { before: 'yesterday' },
    { hash: 'abc' },
    { deleted: false },
    { unused: true, tier: 'original' },
    { onlyHere: true },
    { tier: 'original', onlyHere: false },
    { tier: 'original', heldBy: 'Office' }
  ]
  for (const options of wrong) await t.exception.all(purge(options), TypeError)
})

test('a purge that is stopped undoes nothing of another one that runs', async (t) => {
  const device = await createDevice(t)
  for (let n = 0; n < 10; n++) {
    const original = await device.media.put(content(1000 + n), JPEG)
    await device.observations.create({ attachments: [{ variants: { original } }] })
  }
  const stop = new AbortController()
  const blobs = blobsOf(device)
  let marked = 0
  blobs.mark = async (hashes) => {
    await BlobStore.prototype.mark.call(blobs, hashes)
    if (++marked === 2) stop.abort()
  }
  const which = { tier: 'original', onlyHere: true } as const
  const [first] = await Promise.all([
    device.media.purge(which),
    device.media.purge({ ...which, signal: stop.signal }).catch(() => {})
  ])
  t.is(first.media, 10)
  t.alike((await device.status()).media, { referenced: 10, here: 0, missing: 0, purged: 10 })
})

test('what no entry references is purged only when it has lain for a day', async (t) => {
  const { device, dir } = await deviceIn(t)
  const fresh = await device.media.put(content(20, 1), JPEG)
  const [first] = await filesIn(join(dir, 'media'))
  await device.media.put(content(30, 2), JPEG)
  t.alike((await device.media.usage()).unused, { media: 2, bytes: 50 })
  t.alike(await freed(device, { unused: true }), { media: 0, bytes: 0 })
  const old = (await filesIn(join(dir, 'media'))).find((file) => file !== first)!
  const yesterday = Date.now() / 1000 - 25 * 3600
  await utimes(join(dir, 'media', old), yesterday, yesterday)
  t.alike(await freed(device, { unused: true }), { media: 1, bytes: 30 })
  t.ok((await device.media.get(fresh).bytes()).byteLength > 0)
})

test('adding a variant later is an edit', async (t) => {
  const device = await createDevice(t)
  const original = await device.media.put(content(500, 1), JPEG)
  const made = await device.observations.create({ attachments: [{ variants: { original } }] })
  const thumbnail = await device.media.put(content(50, 2), JPEG)
  const edited = await device.observations.update(made, {
    attachments: [{ variants: { ...made.attachments[0]!.variants, thumbnail } }]
  })
  t.alike(edited.attachments, [{ variants: { original, thumbnail } }])
})

test('a damaged photo is damaged after a restart too, and putting it again heals it', async (t) => {
  const { device, dir } = await deviceIn(t)
  const bytes = content(9000)
  const original = await device.media.put(bytes, JPEG)
  const attachment = { variants: { original } }
  await device.observations.create({ attachments: [attachment] })
  const [file = ''] = await filesIn(join(dir, 'media'))
  await truncate(join(dir, 'media', file), 4000)
  t.is((await device.media.status(attachment)).original?.state, 'damaged')
  await device.close()
  const again = await createDevice(t, { dir })
  t.is((await again.media.status(attachment)).original?.state, 'damaged')
  await again.media.put(bytes, JPEG)
  t.is((await again.media.status(attachment)).original?.state, 'here')
  t.ok(bytes.equals(Buffer.from(await again.media.get(original).bytes())))
})

test('methods of a closed device say CLOSED', async (t) => {
  const device = await createDevice(t)
  const { media } = device
  const variant = await media.put(content(10), JPEG)
  const got = media.get(variant)
  await device.close()
  const closed = { code: 'CLOSED' }
  await t.exception(media.put(content(1), JPEG), closed)
  await t.exception(async () => media.get(variant), closed)
  await t.exception(got.bytes(), closed)
  await t.exception(readAll(got.stream()), closed)
  await t.exception(readAll(got.range(0, 1)), closed)
  await t.exception(media.status({ variants: {} }), closed)
  await t.exception(media.best({ variants: {} }), closed)
  await t.exception(media.purge({ unused: true }), closed)
  await t.exception(media.usage(), closed)
})

test('closing the device ends the puts that run, and nothing of them is left', async (t) => {
  const { device, dir } = await deviceIn(t)
  const camera = async function* (): AsyncGenerator<Uint8Array> {
    yield content(MEDIA_CHUNK)
    await new Promise(() => {})
  }
  const putting = device.media.put(camera(), JPEG)
  const refused = t.exception(putting, { code: 'CLOSED' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  await device.close()
  t.alike(await filesIn(join(dir, 'media')), [])
  await refused
})

async function deviceIn(
  t: Assertion
): Promise<{ device: Awaited<ReturnType<typeof createDevice>>; dir: string }> {
  const dir = join(await t.tmp(), 'device')
  await mkdir(dirname(dir), { recursive: true })
  return { device: await createDevice(t, { dir }), dir }
}

/** What a purge frees that asks nobody. */
async function freed(device: Device, which: PurgeOptions): Promise<MediaAmount> {
  const asked = which.unused === true ? which : { ...which, onlyHere: true as const }
  const { media, bytes } = await device.media.purge(asked)
  return { media, bytes }
}
