// Section 12 of docs/sync-file-format.md: what a file of a newer version may do to this one, and what
// this version skips without a word. Newer files are made by changing the golden one.

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import { SyncFile } from '../../lib/main.js'
import { hash } from '../../lib/log/crypto.js'
import { Project } from '../../lib/log/project.js'
import { TRAILER_BYTES, WRITE_VERSION } from '../../lib/syncfile/format.js'
import { fileKeys } from '../../lib/syncfile/record-keys.js'
import { encodeRecord } from '../../lib/syncfile/record.js'
import { createDevice, syncFilePath } from '../helpers/devices.js'
import { codeOf } from '../helpers/rejection.js'
import { Author } from '../helpers/author.js'
import { PROJECT_KEY } from '../helpers/fixed.js'
import { segmentsOf, writeForged } from '../faults/mutate.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const golden = readFileSync(join(root, 'test/fixtures/v1/golden.cairn'))
const holds = JSON.parse(readFileSync(join(root, 'test/fixtures/v1/golden.json'), 'utf8'))
const projectKey = b4a.from(holds.projectKey, 'hex')
const lastTrailer = golden.byteLength - TRAILER_BYTES

for (const [where, at] of [
  ['superblock', 8],
  ['newest trailer', lastTrailer + 98]
] as const) {
  test(`a newer read version in the ${where} is refused, and nothing is changed`, async (t) => {
    const path = await changed(t, (bytes) => bytes.set([2, 0], at))
    const before = readFileSync(path)
    t.is(await codeOf(() => SyncFile.open(path, { projectKey })), 'SYNCFILE_VERSION')
    const device = await createDevice(t, { projectKey })
    t.is(await codeOf(() => device.sync(path)), 'SYNCFILE_VERSION')
    t.alike(readFileSync(path), before)
  })

  test(`a newer write version in the ${where} is read, and not written to`, async (t) => {
    const path = await changed(t, (bytes) => bytes.set([WRITE_VERSION + 1, 0], at + 2))
    const before = readFileSync(path)
    const device = await createDevice(t, { projectKey })
    const report = await device.sync(path)
    t.is(report.readOnly, true)
    t.alike(report.refused, [])
    t.ok(report.received.entries > 30)
    t.alike(readFileSync(path), before)
  })
}

test('a kind of a newer version is refused for its version', async (t) => {
  const path = await changed(t, (bytes) => bytes.set([2, 0, 1, 0, 9], 8))
  t.is(await codeOf(() => SyncFile.open(path, { projectKey })), 'SYNCFILE_VERSION')
  t.is(await codeOf(() => SyncFile.open(path)), 'SYNCFILE_VERSION')
})

test('a key epoch that this version does not know is refused', async (t) => {
  const path = await changed(t, (bytes) => bytes.set([1], 13))
  t.is(await codeOf(() => SyncFile.open(path, { projectKey })), 'SYNCFILE_VERSION')
})

test('reserved bytes that are not zero are skipped', async (t) => {
  const path = await changed(t, (bytes) => {
    for (const at of [14, 84, 128, lastTrailer + 102]) bytes[at] = 0xff
  })
  await using file = await SyncFile.open(path, { projectKey })
  t.alike(await file.verify(), [])
  t.is((await file.inspect()).commits, holds.commits)
})

test('a record of an unknown type is stepped over, and kept', async (t) => {
  const fileId = golden.subarray(64, 80)
  const { label: key } = fileKeys(new Project(projectKey), fileId)
  const payload = [b4a.from('of the future')]
  const unknown = { type: 77, fileId, generation: 9, label: b4a.alloc(3), payload }
  const record = encodeRecord(unknown, key)
  const path = await changed(t, () => {})
  writeFileSync(path, b4a.concat([golden, record]))
  const device = await createDevice(t, { projectKey })
  await device.observations.create({ tags: {} })
  const report = await device.sync(path)
  t.ok(report.received.entries > 30 && report.sent.entries === 1)
  t.alike(
    readFileSync(path).subarray(golden.byteLength, golden.byteLength + record.byteLength),
    record
  )
  await using file = await SyncFile.open(path, { projectKey })
  t.alike(await file.verify(), [])
})

test('unknown fields and items of a directory are skipped', async (t) => {
  const path = await syncFilePath(t)
  const segments = segmentsOf(Author.withEntries(1, 5))
  const directory = (fields: Record<string, any>): void => {
    fields['future'] = { anything: [1, 2, 3] }
    for (const row of [...fields['heads'], ...fields['segments']]) row.push('more')
  }
  writeFileSync(path, writeForged(new Project(PROJECT_KEY), { segments, directory }))
  const device = await createDevice(t)
  const report = await device.sync(path)
  t.is(report.received.entries, 5)
})

test('a trailer whose generation is not that of its directory does not count', async (t) => {
  const path = await changed(t, (bytes) => bytes.fill(0xff, lastTrailer + 24, lastTrailer + 30))
  const device = await createDevice(t, { projectKey })
  await device.observations.create({ tags: {} })
  t.alike((await device.sync(path)).refused, [])
  await using file = await SyncFile.open(path, { projectKey })
  t.is((await file.inspect()).commits, holds.commits, 'counted on from the one before')
})

/** The golden file after a change, with every checksum made right again. */
async function changed(t: Assertion, change: (bytes: Uint8Array) => void): Promise<string> {
  const path = await syncFilePath(t)
  const bytes = b4a.from(golden)
  change(bytes)
  bytes.set(hash(bytes.subarray(0, 224)), 224)
  bytes.set(bytes.subarray(0, 256), 256)
  bytes.set(hash(bytes.subarray(lastTrailer, lastTrailer + 128)), lastTrailer + 128)
  writeFileSync(path, bytes)
  return path
}
