// The committed sync file of each format version: it stays as it is, and every later version of the
// library reads it. Made by scripts/make-golden.ts.

import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'brittle'
import b4a from 'b4a'
import { SyncFile } from '../../lib/main.js'
import { toSignerKey } from '../../lib/log/feed-id.js'
import { createDevice, plainHeads, shown, syncFilePath } from '../helpers/devices.js'
import { readSyncFile } from './second-reader.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const golden = join(root, 'test/fixtures/v1/golden.cairn')
const holds = JSON.parse(readFileSync(golden.replace('.cairn', '.json'), 'utf8'))
const projectKey = b4a.from(holds.projectKey, 'hex')

test('the golden file is the one that was committed', (t) => {
  const bytes = readFileSync(golden)
  t.is(bytes.byteLength, holds.byteLength)
  t.is(createHash('sha256').update(bytes).digest('hex'), holds.sha256)
})

test('the golden file is sound, and tells what it told then', async (t) => {
  await using file = await SyncFile.open(golden, { projectKey })
  t.alike(await file.verify(), [])
  const info = await file.inspect()
  t.is(info.commits, holds.commits)
  t.is(info.fileId, holds.fileId)
  t.is(info.projectId, holds.projectId)
  t.alike(info.configuration, holds.configuration)
  const devices = info.devices.map(({ device, name, length }) => ({ feed: device, name, length }))
  t.alike(sorted(devices), sorted(holds.feeds.map(withoutRootHash)))
})

test('the golden file is sound for the second reader', (t) => {
  const { feeds, generation } = readSyncFile(golden, projectKey)
  t.is(generation, holds.commits)
  for (const { feed, length } of holds.feeds) {
    const key = b4a.toString(toSignerKey(feed), 'hex')
    const read = feeds.find(({ signerKey }) => signerKey === key)
    t.ok(read?.proven)
    t.is(read?.entries.length, length)
  }
})

test('the golden file syncs into a device, which then shows what was recorded', async (t) => {
  const path = await syncFilePath(t)
  copyFileSync(golden, path)
  const { configuration } = holds
  const device = await createDevice(t, { projectKey, configuration })
  const report = await device.sync(path)
  t.alike(report.refused, [])
  const heads = (await device.heads()).filter(({ feed }) => feed !== device.id)
  const expected = holds.feeds.map(({ feed, length, rootHash }: any) => ({
    feed,
    length,
    rootHash
  }))
  t.alike(plainHeads(heads), sorted(expected))

  const rows = await shown(device)
  t.alike(
    rows.map(({ versionId }) => versionId),
    holds.observations.map((row: { versionId: string }) => row.versionId)
  )
  // Only what it tells: a later version may show more of an observation.
  for (const [i, row] of rows.entries()) {
    const then = holds.observations[i]
    const same = Object.keys(then).filter((name) => name !== 'forks')
    const now = JSON.parse(JSON.stringify(row))
    t.alike(Object.fromEntries(same.map((name) => [name, now[name]])), without(then, 'forks'))
    t.is(row.forks.length, then.forks.length)
  }
  t.ok(holds.observations.some((row: any) => row.deleted))
  t.ok(holds.observations.some((row: any) => row.forks.length > 0))
})

function sorted<T extends { feed: string }>(rows: T[]): T[] {
  return rows.sort((a, b) => (a.feed < b.feed ? -1 : 1))
}

function withoutRootHash(row: any): any {
  return without(row, 'rootHash')
}

function without(row: any, name: string): any {
  return Object.fromEntries(Object.entries(row).filter(([other]) => other !== name))
}
