// Makes the golden sync file with photos: test/fixtures/v2/golden-media.cairn, and a .json that says
// what it holds. Run once per write version (node build/scripts/make-golden-media.js), then committed
// and never made again.

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import b4a from 'b4a'
import { Device } from '../lib/main.js'

const target = join(dirname(fileURLToPath(import.meta.url)), '../../test/fixtures/v2')
const projectKey = b4a.from('cairnlog golden project version2')
const configuration = { name: 'rivers', version: '1.0.0' }
const clock = { now: Date.UTC(2026, 10, 21) }

const folder = await mkdtemp(join(tmpdir(), 'golden-'))
await mkdir(target, { recursive: true })
try {
  const path = join(folder, 'golden-media.cairn')
  const device = await Device.open(join(folder, 'device'), {
    projectKey,
    name: 'Aguarico',
    configuration,
    wallClock: () => (clock.now += 1000)
  })
  const photos: { hash: string; size: number; tier: string }[] = []
  for (const [tier, size] of [
    ['thumbnail', 700],
    ['preview', 9000],
    ['original', 30_000]
  ] as const) {
    const bytes = b4a.alloc(size).map((_, i) => (i * 7 + size) % 251)
    const variant = await device.media.put(bytes, { type: 'image/jpeg' })
    photos.push({ hash: variant.hash, size, tier })
    await device.observations.create({
      tags: { tier },
      attachments: [{ variants: { [tier]: variant } }]
    })
  }
  const tiers = { thumbnail: true, preview: true }
  await device.createSyncFile(path, { media: tiers })
  // A second commit adds what the first left out.
  await device.sync(path, { media: true })
  await device.close()
  const bytes = await readFile(path)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const key = b4a.toString(projectKey, 'hex')
  const holds = { projectKey: key, byteLength: bytes.byteLength, sha256, tiers, photos }
  await writeFile(join(target, 'golden-media.cairn'), bytes)
  await writeFile(join(target, 'golden-media.json'), `${JSON.stringify(holds, null, 2)}\n`)
  console.log(`${bytes.byteLength} bytes, ${photos.length} photos`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
