// The column file saves reading all rows when a view is opened. Whatever happens to it, the view
// shows the same.

import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import type { Observation } from '../../lib/index/public.js'
import { collect, openView } from './helpers.js'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'

const FEED = feedId('a')

function filled(): MemorySource {
  const source = new MemorySource()
  source.hello(FEED, 'Laptop')
  for (let n = 0; n < 5000; n++) create(source, n)
  return source
}

function create(source: MemorySource, n: number): void {
  const tags = { type: n % 3 === 0 ? 'river' : 'lake', n }
  const place = n % 2 === 0 ? { lat: n / 1000, lon: -n / 1000 } : {}
  const id = observationId(START + n)
  source.append(FEED, observation({ id, clock: START + n, tags, ...place }))
}

async function answers(view: Awaited<ReturnType<typeof openView>>['view']): Promise<unknown> {
  return [
    await view.count({ tags: { type: 'river' } }),
    await view.count({ tags: { n: 4321 } }),
    await view.count({ bbox: [-3, 1, -1, 3], device: FEED }),
    await view.count({ hasLocation: false, createdSince: START + 1000 }),
    await collect<Observation>(view.query({ order: 'updated', reverse: true, limit: 7 }))
  ]
}

async function closed(t: Assertion, source: MemorySource) {
  const { view, dir } = await openView(t, source)
  await view.update()
  const before = await answers(view)
  await view.close()
  return { dir, before, file: join(dir, 'g2', 'columns') }
}

test('a view that was closed opens from its column file', async (t) => {
  const source = filled()
  const { dir, before, file } = await closed(t, source)
  t.ok((await stat(file)).size > 5000 * 40)
  const { view, events } = await openView(t, source, dir)
  t.alike(await answers(view), before)
  t.alike(events, [])
})

const faults: Record<string, (file: string) => Promise<void>> = {
  gone: (file) => rm(file),
  empty: (file) => truncate(file, 0),
  'cut in half': async (file) => truncate(file, Math.floor((await stat(file)).size / 2)),
  'without its last chunk': async (file) => truncate(file, 100_000),
  'with a flipped bit': async (file) => {
    const bytes = await readFile(file)
    bytes[Math.floor(bytes.byteLength / 3)]! ^= 4
    await writeFile(file, bytes)
  }
}

for (const [fault, inflict] of Object.entries(faults)) {
  test(`a column file ${fault} is made anew from the rows`, async (t) => {
    const source = filled()
    const { dir, before, file } = await closed(t, source)
    await inflict(file)
    const { view, events } = await openView(t, source, dir)
    t.alike(await answers(view), before)
    t.alike(events, [])
    await view.close()
    t.ok((await stat(file)).size > 5000 * 40)
  })
}

test('a column file of an earlier state of the tree is not used', async (t) => {
  const source = filled()
  const { dir, file } = await closed(t, source)
  const old = await readFile(file)
  const { view } = await openView(t, source, dir)
  create(source, 6000)
  await view.update()
  const before = await answers(view)
  await view.close()
  await writeFile(file, old)
  const again = await openView(t, source, dir)
  t.alike(await answers(again.view), before)
})
