// What compacting must not replace: a file that this version, or this place, may not write to, and
// one of which a part was found damaged. It stays as it is, byte for byte.

import { readFile, readdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import test from 'brittle'
import { MEDIA_CHUNK } from '../../lib/log/replica.js'
import { WRITE_VERSION } from '../../lib/syncfile/format.js'
import { openParts } from '../../lib/syncfile/open.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { FaultyMedium } from '../faults/faulty-medium.js'
import { imageOf, project } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { photo } from '../helpers/memory-blobs.js'
import { codeOf } from '../helpers/rejection.js'
import { fileWith, flip, isSame, rewriteSuperblock, stateOf, withKey } from './files.js'

const [a, b] = [Author.withEntries(1, 5), Author.withEntries(2, 5)]

const unwritable: [what: string, code: string, make: (path: string) => Promise<void>][] = [
  [
    'a newer write version',
    'SYNCFILE_VERSION',
    (path) => rewriteSuperblock(path, (view) => view.setUint16(10, WRITE_VERSION + 1, true))
  ],
  ['a foreign volume', 'VOLUME_MISSING', (path) => writeFile(`${path}.002`, 'x'.repeat(5000))],
  [
    'no first bytes',
    'SYNCFILE_DAMAGED',
    async (path) => writeFile(path, (await readFile(path)).fill(0, 0, 512))
  ]
]

for (const [what, code, make] of unwritable) {
  test(`a file with ${what} is not replaced`, async (t) => {
    const path = await fileWith(t, [a], [b])
    await make(path)
    const [before, names] = [await stateOf(path), await readdir(dirname(path))]
    await using file = await SyncFile.open(path, withKey)
    t.is(file.readOnly, true)
    t.is(await codeOf(() => file.compact()), code)
    t.ok(isSame(await stateOf(path), before))
    t.alike(await readdir(dirname(path)), names)
  })
}

test('a file on a write-protected medium is not replaced', async (t) => {
  const medium = new FaultyMedium(await imageOf([[a], [b]]))
  medium.readOnly = true
  await using file = new SyncFile(await openParts(medium, project, Date.now, false))
  t.is(await codeOf(() => file.compact()), 'PATH_UNUSABLE')
})

/** A file with a photo of three pieces, of which the middle one is damaged. */
async function damagedPhoto(path: string): Promise<SyncFile> {
  const { name, bytes } = photo(5, 2 * MEDIA_CHUNK + 5)
  const file = await SyncFile.open(path, withKey)
  const writer = await file.blobs.write(name)
  for (let at = 0; at < bytes.byteLength; at += MEDIA_CHUNK) {
    await writer.append(bytes.subarray(at, at + MEDIA_CHUNK))
  }
  await writer.finish()
  await writer.close()
  await file.commit()
  await file.close()
  await flip(path, (await readFile(path)).byteLength - MEDIA_CHUNK)
  return SyncFile.open(path, withKey)
}

test('a file is not replaced once verify has found a part of it damaged', async (t) => {
  const path = await fileWith(t, [a], [b])
  await using file = await damagedPhoto(path)
  const before = await stateOf(path)
  t.is((await file.verify()).length, 1)
  t.is(await codeOf(() => file.compact()), 'SYNCFILE_DAMAGED')
  t.ok(isSame(await stateOf(path), before))
})

test('the sound pieces of a photo are kept, also those behind one that was dropped', async (t) => {
  await using file = await damagedPhoto(await fileWith(t, [a], [b]))
  await file.verify()
  await file.commit()
  await file.compact()
  t.alike(await file.verify(), [])
  const places = [...file['parts'].file.media.places()]
  t.alike(
    places.map(({ from, count }) => ({ from, count })),
    [
      { from: 0, count: 1 },
      { from: 2, count: 1 }
    ]
  )
})
