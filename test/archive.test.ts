import { mkdir, readFile, readdir, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import type { Device, MediaVariant } from '../lib/main.js'
import { MEDIA_CHUNK } from '../lib/log/replica.js'
import { content, filesIn, flip, nameOf } from './helpers/blobs.js'
import { createDevice } from './helpers/devices.js'
import { readZip } from './helpers/zip.js'

const JPEG = { type: 'image/jpeg' }

test('an archive has observations as GeoJSON and CSV, their photos, and what is missing', async (t) => {
  const { device, path } = await deviceWithFolder(t)
  const { media, observations } = device
  const house = content(3 * MEDIA_CHUNK + 5, 1)
  const small = content(900, 2)
  const original = await media.put(house, JPEG)
  const thumbnail = await media.put(small, JPEG)
  const absent = { ...nameOf(content(4000, 3)), type: 'audio/mpeg' }
  const a = await observations.create({
    lat: 1,
    lon: 2,
    tags: { type: 'house' },
    attachments: [{ name: 'House', variants: { original, thumbnail } }]
  })
  const b = await observations.create({
    attachments: [
      { name: '=cmd()', variants: { original: absent, thumbnail } },
      { name: 'Voice', variants: { original: absent } },
      { name: 'Only small', variants: { thumbnail } }
    ]
  })
  const deleted = await observations.create({ attachments: [{ variants: { original } }] })
  await observations.delete(deleted)

  const report = await device.exportArchive(path)
  const files = await readZip(path)
  const photo = `photos/House-${original.hash.slice(0, 8)}.jpg`
  const other = `photos/=cmd()-${thumbnail.hash.slice(0, 8)}.jpg`
  t.alike(
    [...files.keys()],
    ['observations.geojson', 'observations.csv', photo, other, 'photos.csv', 'missing.csv']
  )
  t.ok(files.get(photo)?.equals(house))
  t.ok(files.get(other)?.equals(small))
  const { features } = JSON.parse(files.get('observations.geojson')!.toString()) as {
    features: Array<{ id: string }>
  }
  t.alike(features.map(({ id }) => id).sort(), [a.id, b.id].sort())
  t.is(lines(files, 'observations.csv').length, 3)
  t.alike(lines(files, 'photos.csv').slice(1), [
    `${a.id},House,${photo},original,image/jpeg,${house.length},${original.hash}`,
    `${b.id},'=cmd(),${other},thumbnail,image/jpeg,900,${thumbnail.hash}`,
    `${b.id},Only small,${other},thumbnail,image/jpeg,900,${thumbnail.hash}`
  ])
  const missing = `original,audio/mpeg,4000,${absent.hash},missing`
  t.alike(lines(files, 'missing.csv').slice(1), [
    `${b.id},'=cmd(),${missing},thumbnail,,${device.name},${device.id}`,
    `${b.id},Voice,${missing},,,${device.name},${device.id}`
  ])
  const { size } = await stat(path)
  t.alike(report, { observations: 2, media: 2, missing: 2, bytes: size })
  t.alike(await readdir(join(path, '..')), ['archive.zip'])
})

test('a query and a variant choose what is in it', async (t) => {
  const { device, path } = await deviceWithFolder(t)
  const { media, observations } = device
  const original = await media.put(content(5000, 1), JPEG)
  const preview = await media.put(content(500, 2), JPEG)
  const attachments = [{ name: 'x', variants: { original, preview } }]
  await observations.create({ tags: { type: 'river' }, attachments })
  await observations.create({ tags: { type: 'lake' }, attachments })
  const query = { tags: { type: 'lake' } }
  t.alike(await reportOf(device, path, { query, variant: 'preview' }), [1, 1, 0])
  t.ok((await readZip(path)).has(`photos/x-${preview.hash.slice(0, 8)}.jpg`))
  t.alike(await reportOf(device, `${path}2`, { variant: false }), [2, 0, 0])
  t.alike([...(await readZip(`${path}2`)).keys()], ['observations.geojson', 'observations.csv'])
})

test('an empty project makes an archive that says so', async (t) => {
  const { device, path } = await deviceWithFolder(t)
  t.alike(await reportOf(device, path, {}), [0, 0, 0])
  t.is((await readZip(path)).size, 4)
})

test('a damaged photo is not in it, its next best is, and missing.csv says so', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const device = await createDevice(t, { dir })
  const path = join(await t.tmp(), 'archive.zip')
  const original = await device.media.put(content(3 * MEDIA_CHUNK, 1), JPEG)
  const [file = ''] = await filesIn(join(dir, 'media'))
  const thumbnail = await device.media.put(content(10, 2), JPEG)
  await device.observations.create({ attachments: [{ variants: { original, thumbnail } }] })
  await flip(join(dir, 'media', file), 2 * MEDIA_CHUNK + 900)
  t.alike(await reportOf(device, path, {}), [1, 1, 1])
  const files = await readZip(path)
  t.ok(files.get(`photos/photo-${thumbnail.hash.slice(0, 8)}.jpg`)?.equals(content(10, 2)))
  t.ok(lines(files, 'missing.csv')[1]?.includes(`${original.hash},damaged,thumbnail,`))
})

test('a forked observation brings the photos of all its heads', async (t) => {
  const one = await createDevice(t, { name: 'One' })
  const two = await createDevice(t, { name: 'Two' })
  const path = join(await t.tmp(), 'archive.zip')
  const made = await one.observations.create({})
  await one.syncWith(two.replica)
  const put = async (device: Device, seed: number): Promise<MediaVariant> =>
    device.media.put(content(100, seed), JPEG)
  const [a, b] = [await put(one, 1), await put(two, 2)]
  await put(one, 2)
  await one.observations.update(made.id, { attachments: [{ variants: { original: a } }] })
  await two.observations.update(made.id, { attachments: [{ variants: { original: b } }] })
  await one.syncWith(two.replica)
  t.is((await one.observations.get(made.id))?.forks.length, 1)
  t.alike(await reportOf(one, path, {}), [1, 2, 0])
})

test('a file that is there is refused and stays as it is', async (t) => {
  const { device, path } = await deviceWithFolder(t)
  await writeFile(path, 'mine')
  await t.exception(device.exportArchive(path), { code: 'FILE_EXISTS' })
  t.is(await readFile(path, 'utf8'), 'mine')
  t.alike(await readdir(join(path, '..')), ['archive.zip'])
})

test('a folder that is not there, and a wrong argument, are told', async (t) => {
  const { device, path } = await deviceWithFolder(t)
  await t.exception(device.exportArchive(join(path, 'no/x.zip')), { code: 'PATH_UNUSABLE' })
  const run = device.exportArchive.bind(device) as (...args: unknown[]) => Promise<unknown>
  await t.exception.all(run(''), TypeError)
  await t.exception.all(run(path, { variant: 'huge' }), /variant: must be/)
  await t.exception.all(run(path, { query: { colour: 1 } }), TypeError)
  t.alike(await readdir(join(path, '..')), [])
})

test('an abort at any moment leaves nothing behind and no file open', async (t) => {
  const { device, path } = await deviceWithFolder(t)
  const original = await device.media.put(content(4 * MEDIA_CHUNK), JPEG)
  await device.observations.create({ attachments: [{ variants: { original } }] })
  const before = await openFiles()
  let steps = Infinity
  for (let at = 0; at < steps; at++) {
    const stop = new AbortController()
    if (at === 0) stop.abort()
    let told = 0
    const onProgress = (): void => {
      if (++told === at) stop.abort()
    }
    const exporting = device.exportArchive(path, { signal: stop.signal, onProgress })
    const outcome = await exporting.then(
      () => 'made',
      (error: { code: string }) => error.code
    )
    if (outcome === 'made') steps = at
    else t.is(outcome, 'ABORTED')
    t.alike(await readdir(join(path, '..')), outcome === 'made' ? ['archive.zip'] : [])
  }
  t.ok(steps > 5, `${steps} moments`)
  t.is(await openFiles(), before)
})

test("what another export or somebody else left beside it stays, and is in nobody's way", async (t) => {
  const { device, path } = await deviceWithFolder(t)
  await writeFile(`${path}.part`, 'mine')
  t.alike(await reportOf(device, path, {}), [0, 0, 0])
  t.is((await readZip(path)).size, 4)
  t.is(await readFile(`${path}.part`, 'utf8'), 'mine')
  t.alike(await readdir(join(path, '..')), ['archive.zip', 'archive.zip.part'])
})

test('of two exports to one path one makes the archive, whole, and the other is refused', async (t) => {
  const { device, path } = await deviceWithFolder(t)
  const original = await device.media.put(content(2 * MEDIA_CHUNK, 1), JPEG)
  const thumbnail = await device.media.put(content(900, 2), JPEG)
  await device.observations.create({ attachments: [{ variants: { original, thumbnail } }] })
  const variants = ['original', 'thumbnail'] as const
  const made = await Promise.allSettled(
    variants.map((variant) => device.exportArchive(path, { variant }))
  )
  t.alike(made.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const reasons = made.map((each) => each.status === 'rejected' && each.reason)
  t.is(reasons.find(Boolean).code, 'FILE_EXISTS')
  t.is((await readZip(path)).size, 5)
  t.alike(await readdir(join(path, '..')), ['archive.zip'])
})

async function deviceWithFolder(t: Assertion): Promise<{ device: Device; path: string }> {
  const dir = join(await t.tmp(), 'out')
  await mkdir(dir)
  return { device: await createDevice(t), path: join(dir, 'archive.zip') }
}

async function reportOf(
  device: Device,
  path: string,
  options: Parameters<Device['exportArchive']>[1]
): Promise<number[]> {
  const { observations, media, missing } = await device.exportArchive(path, options)
  return [observations, media, missing]
}

function lines(files: Map<string, Buffer>, name: string): string[] {
  return files.get(name)!.toString().replace('\uFEFF', '').trimEnd().split('\r\n')
}

/** Files of devices' media that this process has open; all zero where there is no /proc. */
async function openFiles(): Promise<number> {
  const names = await readdir('/proc/self/fd').catch(() => [])
  const links = await Promise.all(
    names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => ''))
  )
  return links.filter((link) => /[/\\](media|out)[/\\]/.test(link)).length
}
