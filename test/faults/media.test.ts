// Photos on a stick that is pulled out, cut, full or damaged, at every operation and in every place: a
// photo is whole or absent, never wrong; what was committed stays; and the next sync makes it whole.

import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import { MEDIA_CHUNK, type Replica } from '../../lib/log/replica.js'
import type { SyncFile } from '../../lib/syncfile/syncfile.js'
import { exchangeMedia } from '../helpers/media-sync.js'
import { MemoryBlobs, type Photo, photo, wantedOf } from '../helpers/memory-blobs.js'
import { MemoryReplica } from '../helpers/memory-replica.js'
import {
  Crash,
  type Fault,
  FaultyMedium,
  type Image,
  NOTHING,
  crashImages,
  fingerprint,
  seeded
} from './faulty-medium.js'
import { createOn, failureOf, openOn, project } from './stick.js'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const [old, small, large] = [photo(61, 900), photo(62, 700), photo(63, MEDIA_CHUNK + 300)]
const all = [old, small, large]
const wanted = wantedOf(...all.map((each) => [each] as const))

function replica(blobs: MemoryBlobs): Replica {
  return new MemoryReplica({ projectId: project.id, blobs })
}

async function give(file: SyncFile, ...photos: readonly Photo[]): Promise<void> {
  await exchangeMedia(replica(new MemoryBlobs(...photos)), file, wanted)
}

/** Which photos an image gives; throws where one of them is wrong. */
async function photosIn(image: Image): Promise<Photo[]> {
  const file = await openOn(new FaultyMedium(image))
  const blobs = new MemoryBlobs()
  await exchangeMedia(replica(blobs), file, wanted)
  await file.close()
  return all.filter(({ name }) => blobs.photo(name) !== null)
}

/** Throws unless an image keeps what was committed, and is made whole by a sync. */
async function assertSurvives(
  image: Image,
  committed: readonly Photo[],
  lied = false
): Promise<void> {
  const found = await photosIn(image)
  for (const each of lied ? [] : committed) {
    if (!found.includes(each)) throw new Error(`photo ${each.name.hash} was committed and is gone`)
  }
  const medium = new FaultyMedium(image)
  const file = await openOn(medium)
  await file.verify()
  if (file.readOnly) return file.close()
  await give(file, ...all)
  await file.close()
  const again = await openOn(medium)
  const [problem] = await again.verify()
  await again.close()
  if (problem !== undefined) throw new Error(`not whole: ${problem.message}`)
  if ((await photosIn(medium.image)).length !== all.length) throw new Error('a photo is missing')
}

async function imageWith(volumeBytes: number, ...photos: readonly Photo[]): Promise<Image> {
  const medium = new FaultyMedium()
  const file = await createOn(medium, volumeBytes)
  await give(file, ...photos)
  await file.close()
  return medium.image
}

async function run(
  before: Image,
  volumeBytes: number,
  fault: Fault
): Promise<{ medium: FaultyMedium; failure: string | null }> {
  const medium = new FaultyMedium(before)
  medium.fault = fault
  const work = async (): Promise<void> => {
    const file = before.published ? await openOn(medium) : await createOn(medium, volumeBytes)
    try {
      await give(file, small, large)
    } finally {
      await file.close()
    }
  }
  const failure = await failureOf(work()).catch((error: unknown) => {
    if (error instanceof Crash) return 'crash'
    throw error
  })
  return { medium, failure }
}

async function holds(t: Assertion, what: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    t.fail(`${what}: ${(error as Error).stack}`)
    return false
  }
}

const VOLUME = MEDIA_CHUNK + 2000
const scenarios = [
  { name: 'a new file', before: NOTHING, volumeBytes: 0, committed: [] },
  {
    name: 'a file with a photo',
    before: await imageWith(0, old),
    volumeBytes: 0,
    committed: [old]
  },
  { name: 'volumes', before: await imageWith(VOLUME, old), volumeBytes: VOLUME, committed: [old] }
]

for (const { name, before, volumeBytes, committed } of scenarios) {
  for (const lies of [false, true]) {
    test(`${name}, cut off at any operation${lies ? ' on a medium that lies' : ''}`, async (t) => {
      t.comment(`seed ${seed}`)
      const random = seeded(seed)
      const seen = new Set<string>()
      for (let at = 1; ; at++) {
        const { medium, failure } = await run(before, volumeBytes, { at, how: 'crash' })
        for (const image of crashImages(medium, { random, lies })) {
          const print = fingerprint(image)
          if (!image.published || seen.has(print)) continue
          seen.add(print)
          const what = `cut off at ${at}, image ${seen.size}, seed ${seed}`
          if (!(await holds(t, what, () => assertSurvives(image, committed, lies)))) return
        }
        if (failure === null) break
      }
      t.ok(seen.size > 0, `${seen.size} images`)
    })
  }

  for (const how of ['ENOSPC', 'EIO'] as const) {
    test(`${name}, ${how === 'EIO' ? 'gone' : 'full'} at any operation`, async (t) => {
      for (let at = 1; ; at++) {
        const { medium, failure } = await run(before, volumeBytes, { at, how })
        if (failure === null) break
        t.is(failure, how === 'EIO' ? 'IO_FAILED' : 'NO_SPACE')
        const { image } = medium
        if (!image.published) continue
        if (!(await holds(t, `at ${at}`, () => assertSurvives(image, committed)))) return
      }
    })
  }
}

const bytes = (await imageWith(0, old, small)).files.get(1)!

function imageOf(content: Uint8Array): Image {
  return { files: new Map([[1, content]]), published: true }
}

test('any byte flipped: every photo is whole or absent, and a sync heals', async (t) => {
  for (let at = 0; at < bytes.byteLength; at++) {
    const damaged = b4a.from(bytes)
    damaged[at]! ^= 1 << (at % 8)
    const sound = await holds(t, `at ${at}`, async () => {
      if ((await photosIn(imageOf(damaged))).length < 1) throw new Error('both are gone')
      if (at % 5 === 0) await assertSurvives(imageOf(damaged), [])
    })
    if (!sound) return
  }
  t.pass(`${bytes.byteLength} bytes`)
})

test('every prefix holds whole photos or none, and never fewer than a shorter one', async (t) => {
  let had = 0
  for (let length = 0; length <= bytes.byteLength; length++) {
    let found = 0
    const code = await failureOf(
      photosIn(imageOf(bytes.slice(0, length))).then((photos) => (found = photos.length))
    )
    if (code !== null && had > 0) return t.fail(`${length} bytes: ${code}`)
    if (found < had) return t.fail(`${length} bytes: ${found} photos, fewer bytes had ${had}`)
    had = found
  }
  t.is(had, 2)
})
