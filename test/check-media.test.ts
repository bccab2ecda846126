import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import type {
  CheckOptions,
  CheckProblem,
  CheckProgress,
  Device,
  MediaVariant
} from '../lib/main.js'
import { MEDIA_CHUNK } from '../lib/log/replica.js'
import { content, filesIn, flip } from './helpers/blobs.js'
import { createDevice } from './helpers/devices.js'

const JPEG = { type: 'image/jpeg' }

test('check names the observation of each missing and each damaged photo, and what to do', async (t) => {
  const { device, paths, variants, ids } = await withPhotos(t, 4)
  t.alike(await problems(device), [])
  await flip(paths[1]!, 800)
  await rm(paths[2]!)
  const found = await problems(device)
  t.alike(
    found.map(({ code, observation, media, feed }) => [code, observation, media, feed]),
    [
      ['MEDIA_DAMAGED', ids[1], variants[1]!.hash, device.id],
      ['MEDIA_MISSING', ids[2], variants[2]!.hash, device.id]
    ]
  )
  for (const { message, nextStep } of found) {
    t.ok(message.includes('The original of "Photo'), message)
    t.ok(nextStep.includes('Sync with'), nextStep)
  }
})

test('a quick check sees what is gone or of another length, a full one other bytes too', async (t) => {
  const { device, paths } = await withPhotos(t, 3)
  await flip(paths[0]!, 900)
  await truncate(paths[1]!, 500)
  const codes = async (options: CheckOptions): Promise<string[]> =>
    (await problems(device, options)).map(({ code }) => code)
  t.alike(await codes({ quick: true }), ['MEDIA_DAMAGED'])
  t.alike(await codes({}), ['MEDIA_DAMAGED', 'MEDIA_DAMAGED'])
})

test('a check says each photo once, and nothing of what was purged', async (t) => {
  const { device, variants } = await withPhotos(t, 2)
  const [original] = variants
  await device.observations.create({ attachments: [{ variants: { original: original! } }] })
  await device.media.purge({ hash: variants[1]!.hash, onlyHere: true })
  t.alike(await problems(device), [])
  const other = await createDevice(t, { name: 'Other' })
  await other.syncWith(device.replica, { media: false })
  const found = await problems(other)
  t.alike(
    found.map(({ code, media }) => [code, media]),
    variants.map(({ hash }) => ['MEDIA_MISSING', hash])
  )
  t.ok(found[0]?.nextStep.includes('Sync with Laptop, which recorded it'), found[0]?.nextStep)
})

test('a check tells how far it is with photos and with blocks, and stops on request', async (t) => {
  const { device } = await withPhotos(t, 5)
  const told: CheckProgress[] = []
  await problems(device, { onProgress: (progress) => told.push(progress) })
  t.alike(told[0], { ...of(0, 6), media: of(0, 5), view: { phase: 'reading', ...of(0, 0) } })
  t.alike(told.at(-1), { ...of(6, 6), media: of(5, 5), view: { phase: 'comparing', ...of(5, 5) } })
  const stop = new AbortController()
  const onProgress = ({ media }: CheckProgress): void => {
    if (media.done === 2) stop.abort()
  }
  const { signal } = stop
  await t.exception(problems(device, { signal, onProgress }), { code: 'ABORTED' })
})

interface WithPhotos {
  device: Device
  paths: string[]
  variants: MediaVariant[]
  ids: string[]
}

async function withPhotos(t: Assertion, count: number): Promise<WithPhotos> {
  const dir = join(await t.tmp(), 'device')
  const device = await createDevice(t, { dir })
  const paths: string[] = []
  const variants: MediaVariant[] = []
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const original = await device.media.put(content(n === 0 ? MEDIA_CHUNK + 9 : 2000, n + 1), JPEG)
    const files = (await filesIn(join(dir, 'media'))).map((file) => join(dir, 'media', file))
    paths.push(files.find((file) => !paths.includes(file))!)
    variants.push(original)
    const attachments = [{ name: `Photo ${n}`, variants: { original } }]
    ids.push((await device.observations.create({ attachments })).id)
  }
  return { device, paths, variants, ids }
}

async function problems(device: Device, options: CheckOptions = {}): Promise<CheckProblem[]> {
  const found: CheckProblem[] = []
  for await (const problem of device.check(options)) found.push(problem)
  return found
}

function of(done: number, total: number): { done: number; total: number } {
  return { done, total }
}
