// A file that the library made, read by a reader that knows the document only: every entry, and the
// proof of every feed.

import test from 'brittle'
import b4a from 'b4a'
import { SyncFile } from '../../lib/main.js'
import { MEDIA_CHUNK } from '../../lib/log/replica.js'
import { toSignerKey } from '../../lib/log/feed-id.js'
import {
  CONFIGURATION,
  PROJECT_KEY,
  createDevice,
  inputs,
  shown,
  syncFilePath
} from '../helpers/devices.js'
import { type Photo, photo } from '../helpers/memory-blobs.js'
import { recordPhotos } from '../helpers/photos.js'
import { type ReadResult, readSyncFile } from './second-reader.js'

test('the second reader finds every entry of a file with several feeds and commits', async (t) => {
  const path = await syncFilePath(t)
  const a = await createDevice(t, { name: 'A' })
  const b = await createDevice(t, { name: 'B' })
  // Past a checkpoint, and once more in a second commit.
  await a.observations.createMany(inputs(1100))
  await a.sync(path)
  const [first] = await shown(a)
  await b.observations.createMany(inputs(30))
  await b.sync(path)
  await b.observations.update(first!.id, { tags: { changed: true } })
  const removed = await b.observations.create({ tags: {} })
  await b.observations.delete(removed)
  await b.sync(path)
  await a.observations.createMany(inputs(5))
  await a.sync(path)

  const read = readSyncFile(path, PROJECT_KEY)
  t.is(read.kind, 0)
  t.is(read.generation, 4)
  t.alike(read.configuration, CONFIGURATION)
  t.is(read.projectId, a.projectId)
  t.is(read.feeds.length, 2)
  for (const { signerKey, length, entries, proven, checkpoints } of read.feeds) {
    const device = signerKey === hex(toSignerKey(a.id)) ? a : b
    t.is(signerKey, hex(toSignerKey(device.id)))
    t.is(entries.length, length)
    t.ok(proven, 'hello, merkle root and signature hold')
    t.is(checkpoints, Math.floor((length - 1) / 1024), 'so does every checkpoint')
    t.is(entries[0]?.fields['name'], device.name)
  }
  t.alike(versionsIn(read), await versionsOf(a), 'every version, with its content')
})

test('the second reader finds every photo, whole, also one that came in two commits', async (t) => {
  const path = await syncFilePath(t)
  const a = await createDevice(t)
  const photos = [photo(71, 300), photo(72, 2 * MEDIA_CHUNK), photo(73, MEDIA_CHUNK + 1)]
  const [thumbnail, preview, original] = photos as [Photo, Photo, Photo]
  await recordPhotos(a, { thumbnail, preview, original })
  await a.sync(path, { media: { thumbnail: true } })
  const file = await SyncFile.open(path, { projectKey: PROJECT_KEY })
  const writer = await file.blobs.write(original.name)
  await writer.append(original.bytes.subarray(0, MEDIA_CHUNK))
  await writer.close()
  await file.commit()
  await file.close()
  t.is(readSyncFile(path, PROJECT_KEY).media.size, 1)
  await a.sync(path, { media: true })
  const { media, feeds } = readSyncFile(path, PROJECT_KEY)
  t.ok(feeds.every(({ proven }) => proven))
  t.is(media.size, 3)
  for (const { name, bytes } of photos) t.ok(media.get(name.hash)?.equals(bytes))
})

test('the second reader refuses a key of another project', async (t) => {
  const path = await syncFilePath(t)
  const a = await createDevice(t)
  await a.sync(path)
  await t.exception(() => readSyncFile(path, b4a.alloc(32, 9)), /no commit/)
})

interface Version {
  id: string
  tags: unknown
  lat: unknown
  lon: unknown
  deleted: boolean
}

function versionsIn({ feeds }: ReadResult): Record<string, Version> {
  const versions: Record<string, Version> = {}
  for (const { signerKey, entries } of feeds) {
    for (const [seq, entry] of entries.entries()) {
      if (entry?.kind !== 1) continue
      const { id, tags, lat, lon, deleted } = entry.fields
      const name = `${signerKey}/${seq}`
      versions[name] = { id: hex(id as Uint8Array), tags, lat, lon, deleted: deleted === true }
    }
  }
  return versions
}

/** The same from the library: every version of every observation. */
async function versionsOf(
  device: Awaited<ReturnType<typeof createDevice>>
): Promise<Record<string, Version>> {
  const versions: Record<string, Version> = {}
  for (const { id } of await shown(device)) {
    for await (const { versionId, tags, lat, lon, deleted } of device.observations.history(id)) {
      const [feed = '', seq] = versionId.split('/')
      const bytes = id.replaceAll('-', '')
      versions[`${hex(toSignerKey(feed))}/${seq}`] = { id: bytes, tags, lat, lon, deleted }
    }
  }
  return versions
}

function hex(bytes: Uint8Array): string {
  return b4a.toString(bytes, 'hex')
}
