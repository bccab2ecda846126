// The committed sync file with photos: it stays as it is, and every later version of the library gives
// back its photos. Made by scripts/make-golden-media.ts.

import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'brittle'
import b4a from 'b4a'
import { verifyBlob } from '../../lib/log/media/verify-blob.js'
import { SyncFile } from '../../lib/main.js'
import { createDevice, syncFilePath } from '../helpers/devices.js'
import { blobsOf } from '../helpers/photos.js'
import { readSyncFile } from './second-reader.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const golden = join(root, 'test/fixtures/v2/golden-media.cairn')
const holds = JSON.parse(readFileSync(golden.replace('.cairn', '.json'), 'utf8'))
const projectKey = b4a.from(holds.projectKey, 'hex')

test('the golden file with photos is the one that was committed', (t) => {
  const sha256 = createHash('sha256').update(readFileSync(golden)).digest('hex')
  t.is(sha256, holds.sha256)
})

test('it is sound, and tells what it told then', async (t) => {
  await using file = await SyncFile.open(golden, { projectKey })
  t.alike(await file.verify(), [])
  const { media, format } = await file.inspect()
  t.is(media.count, holds.photos.length)
  t.alike(media.tiers, { ...holds.tiers, original: false })
  t.alike(format, { read: 1, write: 2 })
})

test('its photos are the same for the second reader', (t) => {
  const { media } = readSyncFile(golden, projectKey)
  const sizes = [...media].map(([hash, bytes]) => [hash, bytes.byteLength])
  const expected = holds.photos.map(({ hash, size }: { hash: string; size: number }) => [
    hash,
    size
  ])
  t.alike(Object.fromEntries(sizes), Object.fromEntries(expected))
})

test('it syncs into a device, photos and all', async (t) => {
  const path = await syncFilePath(t)
  copyFileSync(golden, path)
  const device = await createDevice(t, { projectKey })
  const { received, media } = await device.sync(path)
  t.is(received.media, holds.photos.length)
  t.alike(media.refused, [])
  for (const { hash, size } of holds.photos) {
    t.is(await verifyBlob(blobsOf(device), { hash, size }), 'here')
  }
})
