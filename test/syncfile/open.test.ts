// What is refused, and that nothing at all is written then; what is read without a key; that a sync
// with nothing new writes nothing.

import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'brittle'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { createFile } from '../../lib/syncfile/files.js'
import { sync } from '../../lib/exchange/sync.js'
import { FaultyMedium } from '../faults/faulty-medium.js'
import { imageOf, lengthsIn, openOn, replicaOf, truthOf } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { OTHER_PROJECT_KEY, CONFIGURATION } from '../helpers/fixed.js'
import { codeOf, rejection } from '../helpers/rejection.js'
import { Project } from '../../lib/log/project.js'
import {
  fileWith,
  isSame,
  options,
  rewriteSuperblock,
  stateOf,
  syncPath,
  withKey
} from './files.js'

const [a, b] = [Author.withEntries(1, 5), Author.withEntries(2, 3)]

const refused: Record<string, [code: string, make: (path: string) => Promise<void>]> = {
  'a text': ['NOT_A_SYNCFILE', (path) => writeFile(path, 'Dear all, here are the points.')],
  'an empty file': ['NOT_A_SYNCFILE', (path) => writeFile(path, '')],
  'a file of a newer format': [
    'SYNCFILE_VERSION',
    (path) => rewriteSuperblock(path, (view) => view.setUint16(8, 9, true))
  ],
  'the beginning of a file alone': [
    'SYNCFILE_DAMAGED',
    async (path) => writeFile(path, (await stateOf(path)).bytes.subarray(0, 600))
  ]
}

for (const [name, [code, make]] of Object.entries(refused)) {
  test(`${name} is ${code}, and not one byte of it changes`, async (t) => {
    const path = await fileWith(t, [a])
    await make(path)
    const before = await stateOf(path)
    const error = await rejection(syncPath(path, await replicaOf(b)))
    t.is(error.code, code)
    t.is(error.path, path)
    t.is(await codeOf(() => SyncFile.open(path, withKey)), code)
    t.ok(isSame(await stateOf(path), before))
    t.is((await readdir(dirname(path))).length, 1)
  })
}

test('the file of another project is PROJECT_MISMATCH with both ids, and does not change', async (t) => {
  const path = await fileWith(t, [a])
  const before = await stateOf(path)
  const other = new Project(OTHER_PROJECT_KEY)
  const error = await rejection(syncPath(path, await replicaOf(b), { project: other }))
  t.is(error.code, 'PROJECT_MISMATCH')
  t.alike([error.expected, error.found], [other.id, options.project.id])
  t.ok(isSame(await stateOf(path), before))
})

test('the file of another configuration is CONFIGURATION_MISMATCH with both, and does not change', async (t) => {
  const path = await fileWith(t, [a])
  const before = await stateOf(path)
  const fires = { name: 'fires', version: '2' }
  const replica = await replicaOf(b)
  replica.describe = async () => ({
    label: 'Other laptop',
    projectId: options.project.id,
    configuration: fires,
    readOnly: false,
    oneWay: false,
    contiguous: true
  })
  const error = await rejection(syncPath(path, replica))
  t.is(error.code, 'CONFIGURATION_MISMATCH')
  t.alike([error.expected, error.found], [fires, CONFIGURATION])
  t.ok(isSame(await stateOf(path), before))
})

test('a file that only a newer version may write is read, and said to be read-only', async (t) => {
  const path = await fileWith(t, [a])
  await rewriteSuperblock(path, (view) => view.setUint16(10, 9, true))
  const before = await stateOf(path)
  const replica = await replicaOf(b)
  const report = await syncPath(path, replica)
  t.is(report.readOnly, true)
  t.is(report.received.entries, 5)
  t.is(report.sent.entries, 0)
  t.ok(isSame(await stateOf(path), before))
})

test('a folder, a device, a link to nowhere, a missing folder: PATH_UNUSABLE, and nothing is made', async (t) => {
  const dir = await t.tmp()
  await mkdir(join(dir, 'folder.cairn'))
  await symlink(join(dir, 'nowhere'), join(dir, 'link.cairn'))
  const before = await readdir(dir)
  const paths = [
    join(dir, 'folder.cairn'),
    '/dev/null',
    join(dir, 'link.cairn'),
    join(dir, 'no such stick', 'territory.cairn')
  ]
  for (const path of paths) {
    t.is(await codeOf(async () => syncPath(path, await replicaOf(a))), 'PATH_UNUSABLE', path)
  }
  t.is(await codeOf(() => SyncFile.open(join(dir, 'none.cairn'), withKey)), 'PATH_UNUSABLE')
  t.alike(await readdir(dir), before)
})

test('a link to a file leads to the file', async (t) => {
  const path = await fileWith(t, [a])
  const link = `${path}.link`
  await symlink(path, link)
  await syncPath(link, await replicaOf(b))
  const file = await SyncFile.open(path, withKey)
  t.is((await file.heads()).size, 2)
  await file.close()
})

test('creating where there is a file is SYNCFILE_EXISTS, and does not touch it', async (t) => {
  const path = await fileWith(t, [a])
  const before = await stateOf(path)
  t.is(await codeOf(() => createFile(path, options)), 'SYNCFILE_EXISTS')
  t.ok(isSame(await stateOf(path), before))
})

test('with nothing new not one byte is written, not even a date', async (t) => {
  const path = await fileWith(t, [a], [b])
  const before = await stateOf(path)
  for (let i = 0; i < 3; i++) {
    const report = await syncPath(path, await replicaOf(a, b))
    t.is(report.received.entries + report.sent.entries, 0)
  }
  t.ok(isSame(await stateOf(path), before))
  t.alike(await readdir(dirname(path)), ['territory.cairn'])
})

test('an empty device takes what there is, and has nothing to write', async (t) => {
  const path = await fileWith(t, [a, b])
  const before = await stateOf(path)
  const replica = await replicaOf()
  await syncPath(path, replica)
  t.alike(
    lengthsIn(replica, truthOf(a, b)),
    new Map([
      [a.feed, 6],
      [b.feed, 4]
    ])
  )
  t.ok(isSame(await stateOf(path), before))
})

test('looking at a file says what it is and holds, and writes nothing', async (t) => {
  const path = await fileWith(t, [a], [b])
  const before = await stateOf(path)
  const file = await SyncFile.open(path, withKey)
  const info = await file.inspect()
  t.is(info.projectId, options.project.id)
  t.alike(info.configuration, CONFIGURATION)
  t.alike([info.kind, info.commits, info.entries, info.volumes], ['snapshot', 2, 8, 1])
  t.alike(
    info.devices.map(({ device, name, entries }) => ({ device, name, entries })),
    [
      { device: a.feed, name: 'Author 1', entries: 5 },
      { device: b.feed, name: 'Author 2', entries: 3 }
    ]
  )
  t.is(info.byteLength, before.bytes.byteLength)
  t.alike(info.problems, [])
  t.alike(await file.verify(), [])
  await file.close()
  await file.close()
  t.is(await codeOf(() => file.inspect()), 'CLOSED')
  t.ok(isSame(await stateOf(path), before))
})

test('without the key a file tells what it is and whether it is whole, and nothing of people', async (t) => {
  const path = await fileWith(t, [a], [b])
  const file = await SyncFile.open(path)
  const info = await file.inspect()
  t.is(info.projectId, options.project.id)
  t.alike([info.kind, info.commits, info.whole], ['snapshot', 2, true])
  t.absent(JSON.stringify(info).includes(a.feed))
  t.alike(await file.verify(), [])
  await file.close()
  const { bytes } = await stateOf(path)
  for (const secret of ['Author', CONFIGURATION.name, a.feed, b.feed]) {
    t.absent(Buffer.from(bytes).includes(secret), secret)
  }
})

test('a file that may not be written is received from, and nothing is thrown', async (t) => {
  // Root may write anything, so this says something only to other users.
  if (process.getuid?.() === 0) return t.pass('root')
  const path = await fileWith(t, [a])
  await chmod(path, 0o444)
  const report = await syncPath(path, await replicaOf(b))
  t.is(report.readOnly, true)
  await rm(path, { force: true })
})

test('a medium that allows no writing is received from: report.readOnly, and nothing is thrown', async (t) => {
  const medium = new FaultyMedium(await imageOf([[a]]))
  medium.readOnly = true
  const file = await openOn(medium)
  const replica = await replicaOf(b)
  const report = await sync(replica, file)
  await file.close()
  t.alike([report.readOnly, report.received.entries, report.sent.entries], [true, 5, 0])
  t.alike(medium.operations, [])
})

test('what will not fit is NO_SPACE with the bytes needed, before the first write', async (t) => {
  const medium = new FaultyMedium(await imageOf([[a]]))
  medium.freeBytes = 100
  const file = await openOn(medium)
  const replica = await replicaOf(b)
  const error = await rejection(sync(replica, file))
  await file.close()
  t.is(error.code, 'NO_SPACE')
  t.ok(error.bytesNeeded! > 100)
  t.alike(medium.operations, [])
  t.is(replica.feeds.get(a.feed)?.blocks.length, 6, 'what was received stays received')
})
