// A directory lists no byte twice, and none behind itself: one that does is a stranger's, and what it
// says does not count. What the file holds is found without it.

import { writeFile } from 'node:fs/promises'
import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import { FileStorage } from '../../lib/syncfile/storage.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { segmentsOf, writeForged } from '../faults/mutate.js'
import { project, replicaOf } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { syncFilePath } from '../helpers/devices.js'
import { codeOf } from '../helpers/rejection.js'
import { syncPath, withKey } from './files.js'

const a = Author.withEntries(1, 30)

type Fields = Record<string, any>

const lies: Record<string, (fields: Fields) => void> = {
  'lists one place very often': ({ segments }) => {
    for (let i = 0; i < 100; i++) segments.push(segments[0])
  },
  'lists something behind itself': ({ segments }) => {
    segments.push([0, 31, 1, 0, 1, 50_000, 500])
  },
  'lists something in a volume behind its own': ({ segments }) => {
    segments.push([0, 31, 1, 0, 2, 512, 500])
  },
  'lists one piece of a photo very often': (fields) => {
    fields['media'] = b4a.concat(Array<Uint8Array>(100).fill(photoRow(512)))
  },
  'lists a photo behind itself': (fields) => {
    fields['media'] = photoRow(50_000)
  }
}

for (const [how, directory] of Object.entries(lies)) {
  test(`a directory that ${how} does not count`, async (t) => {
    const path = await forged(t, directory)
    await using file = await SyncFile.open(path, withKey)
    const { index, media, directory: newest } = file['parts'].file
    t.is(newest, null)
    t.is(index.places().length, 4)
    t.is(media.length, 0)
    const replica = await replicaOf()
    await syncPath(path, replica)
    t.is(replica.feeds.get(a.feed)?.blocks.length, 31)
  })
}

test('what stands in a volume that is not there may be listed', async (t) => {
  const path = await forged(t, ({ segments }) => segments.push([0, 31, 1, 0, 0, 512, 500]))
  await using file = await SyncFile.open(path, withKey)
  t.is(file['parts'].file.index.places().length, 5)
})

test('a label that says more blocks than its bytes can hold does not count, nor hang anything', async (t) => {
  const path = await syncFilePath(t)
  const segments = segmentsOf(a, 10)
  const last = segments.at(-1)!
  last.label = { ...last.label, count: 1000 }
  await writeFile(path, writeForged(project, { segments }))
  const before = await replicaOf()
  await before.append(a.run(0, 5))
  await syncPath(path, before)
  t.is(before.feeds.get(a.feed)?.blocks.length, last.label.from)
})

test('a read before the beginning of a file is refused, and the file can be closed', async (t) => {
  const path = await forged(t, () => {})
  const storage = await FileStorage.open(path)
  t.is(await codeOf(() => storage.read(-1, 10)), 'SYNCFILE_DAMAGED')
  await storage.close()
})

async function forged(t: Assertion, directory: (fields: Fields) => void): Promise<string> {
  const path = await syncFilePath(t)
  await writeFile(path, writeForged(project, { segments: segmentsOf(a, 10), directory }))
  return path
}

function photoRow(offset: number): Uint8Array {
  const row = b4a.alloc(64, 7)
  const view = new DataView(row.buffer, row.byteOffset)
  view.setBigUint64(32, 900n, true)
  for (const [at, value] of [
    [40, 0],
    [44, 1],
    [48, 1],
    [52, 0]
  ] as const) {
    view.setUint32(at, value, true)
  }
  view.setBigUint64(56, BigInt(offset), true)
  return row
}
