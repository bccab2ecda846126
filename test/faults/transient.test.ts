// One read that fails, or brings one wrong bit, and never again: a loose plug, a bad cable. It costs
// whoever was reading, and takes nothing out of the file.

import test from 'brittle'
import b4a from 'b4a'
import { sync } from '../../lib/exchange/sync.js'
import { translateFileError } from '../../lib/syncfile/storage.js'
import { Author } from '../helpers/author.js'
import { exchangeMedia } from '../helpers/media-sync.js'
import { MemoryBlobs, photo, wantedOf } from '../helpers/memory-blobs.js'
import { MemoryReplica } from '../helpers/memory-replica.js'
import { FaultyMedium, type Image } from './faulty-medium.js'
import { assertWhole, imageOf, openOn, project, replicaOf, takeFrom, truthOf } from './stick.js'

interface Place {
  readonly offset: number
  readonly byteLength: number
}

type How = 'EIO' | 'bit'

const [a, b] = [Author.withEntries(1, 8), Author.withEntries(2, 5)]
const truth = truthOf(a, b)
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
    const shot = photo(71, 900)
    const wanted = wantedOf([shot])
    const replica = (...photos: (typeof shot)[]): MemoryReplica =>
      new MemoryReplica({ projectId: project.id, blobs: new MemoryBlobs(...photos) })
    const source = new FaultyMedium(image)
    const first = await openOn(source)
    await exchangeMedia(replica(shot), first, wanted)
    const [place] = first['parts'].file.media.chunk(shot.name.hash, shot.name.size, 0)
    await first.close()
    const medium = loose(source.image, place!, how)
    for (const expected of [null, shot.bytes]) {
      const blobs = new MemoryBlobs()
      const opened = await openOn(medium)
      await exchangeMedia(new MemoryReplica({ projectId: project.id, blobs }), opened, wanted)
      await opened.commit()
      await opened.close()
      t.alike(blobs.photo(shot.name), expected)
    }
    t.ok(b4a.equals(bytesOf(medium), bytesOf(source)))
  })
}

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
