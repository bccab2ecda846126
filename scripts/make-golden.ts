// Makes the golden sync file of this format version: test/fixtures/v1/golden.cairn, and golden.json
// that says what it holds. Run once per format version (node build/scripts/make-golden.js), then
// committed and never made again: it stands for the files that people have by then.

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import b4a from 'b4a'
import { Device, type Observation, SyncFile } from '../lib/main.js'

const target = join(dirname(fileURLToPath(import.meta.url)), '../../test/fixtures/v1')
const projectKey = b4a.from('cairnlog golden project version1')
const configuration = { name: 'rivers', version: '1.0.0' }
const clock = { now: Date.UTC(2026, 4, 1) }

const folder = await mkdtemp(join(tmpdir(), 'golden-'))
await mkdir(target, { recursive: true })
const path = join(folder, 'golden.cairn')
try {
  const devices: Device[] = []
  for (const name of ['Aguarico', 'Laptop 2', 'Teléfono de Ñanga']) {
    const dir = join(folder, String(devices.length))
    const options = { projectKey, name, configuration }
    devices.push(await Device.open(dir, { ...options, wallClock: () => (clock.now += 1000) }))
  }
  const [a, b, c] = devices as [Device, Device, Device]

  await a.observations.createMany(places(20))
  const spring = await a.observations.create({
    lat: -1.05,
    lon: -77.6,
    tags: { type: 'spring', name: 'Sinangoé', depth: 2.5, clean: true, uses: ['water', 'fish'] },
    metadata: { accuracy: 4, manual: false }
  })
  await a.sync(path)
  await b.sync(path)
  await b.observations.createMany(places(10))
  await b.observations.update(spring.id, { tags: { type: 'spring', name: 'Sinangoe' } })
  const doomed = await b.observations.create({ tags: { type: 'mistake' } })
  await b.sync(path)
  await c.sync(path)
  // Two people edit the same observation without knowing of each other.
  const seen = await c.observations.get(spring.id)
  if (seen === null) throw new Error('the third device lacks what the first one recorded')
  await c.observations.update(seen, { tags: { type: 'spring', checkedBy: 'c' } })
  await a.sync(path)
  await a.observations.update(spring.id, { tags: { type: 'spring', checkedBy: 'a' } })
  await c.observations.delete(doomed.id)
  await c.sync(path)
  await a.sync(path)
  await b.observations.create({ tags: { type: 'nowhere' } })
  await b.sync(path)
  await a.sync(path)

  const observations: Observation[] = []
  for await (const row of a.observations.query({ deleted: true })) observations.push(row)
  const file = await SyncFile.open(path, { projectKey })
  const { commits, fileId, projectId } = await file.inspect()
  await file.close()
  const bytes = await readFile(path)
  const status = await a.status()
  const feeds = (await a.heads()).map(({ feed, length, rootHash }) => {
    const name = status.feeds.find(({ device }) => device === feed)?.name
    return { feed, name, length, rootHash: b4a.toString(rootHash, 'hex') }
  })
  const holds = {
    formatVersion: 1,
    projectKey: b4a.toString(projectKey, 'hex'),
    projectId,
    fileId,
    configuration,
    commits,
    byteLength: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    feeds,
    observations: observations.sort((x, y) => (x.id < y.id ? -1 : 1))
  }
  await writeFile(join(target, 'golden.cairn'), bytes)
  await writeFile(join(target, 'golden.json'), `${JSON.stringify(holds, null, 2)}\n`)
  console.log(`${bytes.byteLength} bytes, ${commits} commits, ${observations.length} observations`)
  for (const device of devices) await device.close()
} finally {
  await rm(folder, { recursive: true, force: true })
}

function* places(
  count: number
): Generator<{ lat: number; lon: number; tags: { type: string; number: number } }> {
  for (let i = 0; i < count; i++) {
    yield { lat: -1 - i / 10, lon: -77 + i / 10, tags: { type: 'river', number: i } }
  }
}
