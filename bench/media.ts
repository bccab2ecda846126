// The suite `media`: a thousand photos with their previews, from a folder to a device, to a sync file,
// to another device; each beside a copy and a hash of the same files in the same run.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measurement, Runner } from './measure.js'
import type * as steps from './media-steps.js'
import type { SuiteOptions, SuiteResult, Target } from './suite.js'
import { count, mebibytes, milliseconds, times } from './table.js'

const FULL = { photos: 1000, known: 100_000 }
const QUICK = { photos: 12, known: 300 }

export async function mediaSuite({
  quick,
  dir,
  profiles,
  log
}: SuiteOptions): Promise<SuiteResult> {
  const sizes = quick ? QUICK : FULL
  const runner = new Runner<typeof steps>(new URL('./media-steps.js', import.meta.url), profiles)
  const path = (name: string): string => join(dir, name)
  const measured = new Map<string, Measurement>()
  const take = async (what: string, run: Promise<Measurement>): Promise<Measurement> => {
    const measurement = await run
    measured.set(what, measurement)
    log(`${what}: ${milliseconds(measurement)} ms`)
    return measurement
  }
  const photos = path('photos')
  log(`making ${sizes.photos} photos`)
  await runner.run('shoot', { photos, count: sizes.photos })
  const floor = await take('cp -r and hash', runner.run('floor', { photos, copy: path('copy') }))
  await rm(path('copy'), { recursive: true })
  const [a, file] = [path('device'), path('all.cairn')]
  const put = await take('put', runner.run('put', { photos, dir: a }))
  await rm(photos, { recursive: true })
  const create = await take('create file', runner.run('create', { dir: a, file }))
  const small = path('previews.cairn')
  const previews = await take(
    'create file, previews only',
    runner.run('create', { dir: a, file: small, previews: true })
  )
  await rm(a, { recursive: true })
  const receive = await take('receive', runner.run('receive', { dir: path('other'), file }))
  const verify = await take('verify', runner.run('verify', { file }))
  for (const used of ['other', 'all.cairn']) await rm(path(used), { recursive: true })
  log(`keeping ${sizes.known} tiny ones`)
  const many = { dir: path('many'), file: path('many.cairn') }
  await runner.run('fill', { ...many, count: sizes.known })
  const nothing = await take(`no-op, ${count(sizes.known)} known`, runner.run('nothing', many))
  const peak = Math.max(...[put, create, receive, verify].map(({ peakBytes }) => peakBytes))
  const ratio = ({ milliseconds: ms }: Measurement): number => ms / floor.milliseconds
  return {
    title: `media, ${count(sizes.photos)} photos with previews, ${mebibytes(put.bytes)} MiB`,
    notes: [NOTE],
    columns: ['step', 'ms', 'MiB/s', 'times floor', 'bytes', 'peak MiB', 'of it before'],
    rows: [...measured].map(([what, each]) => [
      what,
      milliseconds(each),
      each.bytes > 0 ? mebibytes((each.bytes * 1000) / each.milliseconds) : '',
      times(ratio(each)),
      count(each.bytes),
      mebibytes(each.peakBytes),
      mebibytes(each.startBytes)
    ]),
    targets: [
      atMost('put, times floor', 3, ratio(put)),
      atMost('create file, times floor', 3, ratio(create)),
      atMost('receive, times floor', 3, ratio(receive)),
      atMost('verify, times floor', 3, ratio(verify)),
      atMost('peak memory of each, MiB', 400, peak / 2 ** 20),
      atMost('previews only, bytes for each byte of a preview', 1.1, previewCost(previews)),
      atMost('no-op, ms', 100, nothing.milliseconds)
    ]
  }
}

const NOTE =
  'The floor copies the folder of photos as cp -r does and hashes every file with BLAKE2b-256; unlike every other step it syncs nothing to the disk. Each step runs once, in a process of its own.'

const PREVIEW_BYTES = 60_000

function previewCost({ bytes, blocks }: Measurement): number {
  return bytes / (blocks * PREVIEW_BYTES)
}

function atMost(what: string, limit: number, found: number): Target {
  return { what, wanted: `<= ${limit}`, found: found.toFixed(2), reached: found <= limit }
}
