// One read that fails, or brings one wrong bit, and never again: a loose plug, a bad cable. It costs
// whoever was reading, and takes nothing out of the file; where it took something, that comes back.

import test from 'brittle'
import b4a from 'b4a'
import { sync } from '../../lib/exchange/sync.js'
import { translateFileError } from '../../lib/syncfile/storage.js'
import { Author } from '../helpers/author.js'
import { exchangeMedia } from '../helpers/media-sync.js'
import { MemoryBlobs, photo, wantedOf } from '../helpers/memory-blobs.js'
import { MemoryReplica } from '../helpers/memory-replica.js'
import { codeOf } from '../helpers/rejection.js'
import { FaultyMedium, type Image } from './faulty-medium.js'
import { assertWhole, imageOf, openOn, project, replicaOf, takeFrom, truthOf } from './stick.js'

interface Place {
  readonly offset: number
  readonly byteLength: number
}

type How = 'EIO' | 'bit'

const [a, b] = [Author.withEntries(1, 8), Author.withEntries(2, 5)]
const truth = truthOf(a, b)
const shot = photo(71, 900)
const wanted = wantedOf([shot])
const image = await imageOf([[a], [b]])
const file = await openOn(new FaultyMedium(image))
const segment: Place = file['parts'].file.index.placesOf(a.feed)[0]!
await file.close()

/** A stick that gives one place wrong, so many times. */
function loose(content: Image, { offset, byteLength }: Place, how: How, times = 1): FaultyMedium {
  const medium = new FaultyMedium(content)
  const read = medium.read.bind(medium)
  medium.read = (volume, at, length) => {
    const bytes = read(volume, at, length)
    if (at !== offset || length !== byteLength || times-- <= 0) return bytes
    if (how === 'EIO') {
      throw translateFileError(Object.assign(new Error(how), { code: how }), medium.path)
    }
    bytes[length - 1]! ^= 1
    return bytes
  }
  return medium
}

/** The file with a photo, and where that stands. */
async function withPhoto(): Promise<{ source: Image; place: Place }> {
  const medium = new FaultyMedium(image)
  const opened = await openOn(medium)
  const blobs = new MemoryBlobs(shot)
  await exchangeMedia(new MemoryReplica({ projectId: project.id, blobs }), opened, wanted)
  const [place] = opened['parts'].file.media.chunk(shot.name.hash, shot.name.size, 0)
  await opened.close()
  return { source: medium.image, place: place! }
}

async function takePhoto(medium: FaultyMedium): Promise<Uint8Array | null> {
  const blobs = new MemoryBlobs()
  const opened = await openOn(medium)
  await exchangeMedia(new MemoryReplica({ projectId: project.id, blobs }), opened, wanted)
  await opened.commit()
  await opened.close()
  return blobs.photo(shot.name)
}

async function voidsIn(medium: FaultyMedium): Promise<unknown> {
  const opened = await openOn(medium)
  const { voids } = opened['parts'].file
  await opened.close()
  return voids
}

function bytesOf(medium: FaultyMedium): Uint8Array {
  return medium.image.files.get(1)!
}

for (const how of ['EIO', 'bit'] as const) {
  test(`${how} at one read of a segment: a sync that takes writes nothing`, async (t) => {
    const medium = loose(image, segment, how)
    t.is((await takeFrom(medium, truth)).lengths.get(a.feed) ?? 0, 0)
    t.ok(b4a.equals(bytesOf(medium), image.files.get(1)!))
    t.alike([...(await takeFrom(medium, truth)).lengths.values()], [9, 6])
  })

  test(`${how} at one read of a segment: verify says so, and a sync that follows writes nothing`, async (t) => {
    const medium = loose(image, segment, how)
    const opened = await openOn(medium)
    t.is((await opened.verify()).length, 1)
    await sync(await replicaOf(b), opened)
    await opened.close()
    t.ok(b4a.equals(bytesOf(medium), image.files.get(1)!))
  })

  test(`${how} at one read of a photo: it stays in the file`, async (t) => {
    const { source, place } = await withPhoto()
    const medium = loose(source, place, how)
    for (const expected of [null, shot.bytes]) t.alike(await takePhoto(medium), expected)
    t.ok(b4a.equals(bytesOf(medium), source.files.get(1)!))
  })
}

test('a newer commit that was read as nothing is not cut off', async (t) => {
  const from = (await imageOf([[a]])).files.get(1)!.byteLength
  const medium = new FaultyMedium(image)
  const read = medium.read.bind(medium)
  let isWrong = true
  medium.read = (volume, at, length) => {
    const found = read(volume, at, length)
    if (isWrong && at + length > from) found.fill(0, Math.max(0, from - at))
    return found
  }
  const opened = await openOn(medium)
  t.is((await opened.heads()).size, 1, 'as if it had never been')
  isWrong = false
  t.is(await codeOf(async () => sync(await replicaOf(b), opened)), 'SYNCFILE_LOCKED')
  await opened.close()
  t.ok(b4a.equals(bytesOf(medium), image.files.get(1)!))
})

test('what was given up and is sound all the same counts again, and is listed again', async (t) => {
  const medium = loose(image, segment, 'bit', 2)
  t.alike((await takeFrom(medium, truth)).report.refused.length, 1)
  t.alike(await voidsIn(medium), [])
  t.ok(bytesOf(medium).length > image.files.get(1)!.length, 'it was given up')
  t.alike([...(await takeFrom(medium, truth)).lengths.values()], [9, 6])
  await t.execution(assertWhole(medium, { truth, committed: new Map(), whole: await replicaOf() }))
  const { length } = bytesOf(medium)
  await takeFrom(medium, truth)
  t.is(bytesOf(medium).length, length, 'once')
})

test('a photo that was given up and is sound all the same counts again', async (t) => {
  const { source, place } = await withPhoto()
  const medium = loose(source, place, 'bit', 2)
  for (const expected of [null, shot.bytes]) t.alike(await takePhoto(medium), expected)
  t.alike(await voidsIn(medium), [])
})

test('what is damaged stays given up', async (t) => {
  const bytes = b4a.from(image.files.get(1)!)
  bytes[segment.offset + segment.byteLength - 1]! ^= 1
  const medium = new FaultyMedium({ files: new Map([[1, bytes]]), published: true })
  await takeFrom(medium, truth)
  t.alike(
    await voidsIn(medium),
    [segment].map(({ offset, byteLength }) => ({ volume: 1, offset, byteLength }))
  )
})

test('what the medium never gives stays listed until its blocks stand elsewhere', async (t) => {
  const medium = loose(image, segment, 'EIO', Infinity)
  await takeFrom(medium, truth)
  t.ok(b4a.equals(bytesOf(medium), image.files.get(1)!))
  const opened = await openOn(medium)
  await opened.verify()
  await sync(await replicaOf(a, b), opened)
  await opened.close()
  await t.execution(assertWhole(medium, { truth, committed: new Map(), whole: await replicaOf() }))
})
