// The view's folder may be deleted, cut, scribbled over, copied, made by another release, or ahead
// of its feeds. Each is noticed and answered with a rebuild; none keeps a device from opening.

import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Encoder } from 'cbor-x'
import test, { type Assertion } from 'brittle'
import { ColumnsBuilder } from '../../lib/index/columns.js'
import { Generation } from '../../lib/index/generation.js'
import { openTree } from '../../lib/index/bee.js'
import { SUMMARY_KEY } from '../../lib/index/keys.js'
import { collect, contents, openView, toUuid } from './helpers.js'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'

const A = feedId('a')
const B = feedId('b')

function filled(count = 500): MemorySource {
  const source = new MemorySource()
  source.hello(A, 'Laptop A')
  source.hello(B, 'Laptop B')
  for (let n = 0; n < count; n++) {
    const id = observationId(START + n)
    const ref = source.append(A, observation({ id, clock: START + n, tags: { n } }))
    if (n % 5 === 0) source.append(B, observation({ id, links: [ref], clock: START + n + 1 }))
  }
  return source
}

/** A closed view, what it said, and the folder of its tree. */
async function closedView(t: Assertion, source: MemorySource) {
  const { view, dir } = await openView(t, source)
  await view.update()
  const before = await contents(view)
  await view.close()
  const [generation] = await readdir(dir)
  return { dir, before, tree: join(dir, generation!) }
}

async function filesIn(tree: string): Promise<string[]> {
  const names = await readdir(join(tree, 'db'))
  return [join(tree, 'rows'), ...names.map((name) => join(tree, 'db', name))]
}

test('a view that was deleted is made anew, and says so', async (t) => {
  const source = filled()
  const { dir, before } = await closedView(t, source)
  await rm(dir, { recursive: true })
  const { view, events } = await openView(t, source, dir)
  t.alike(await contents(view), before)
  t.alike(
    events.map((event) => event.type === 'view-rebuild' && event.reason),
    ['missing']
  )
})

test('a view that was copied is made anew', async (t) => {
  const source = filled()
  const { dir, before } = await closedView(t, source)
  const copy = join(await t.tmp(), 'copy')
  await cp(dir, copy, { recursive: true })
  const { view, events } = await openView(t, source, copy)
  t.alike(await contents(view), before)
  t.is(events.length, 1)
  t.is(events[0]?.type === 'view-rebuild' && events[0].reason, 'damaged')
})

test('a view with any of its files cut, emptied, scribbled over or gone still opens', async (t) => {
  const source = filled()
  const faults: Record<string, (file: string, size: number) => Promise<unknown>> = {
    'cut in half': (file, size) => truncate(file, Math.floor(size / 2)),
    emptied: (file) => truncate(file, 0),
    gone: (file) => rm(file),
    'scribbled over': async (file) => {
      const bytes = await readFile(file)
      for (let i = 7; i < bytes.byteLength; i += 61) bytes[i]! ^= 0x55
      await writeFile(file, bytes)
    }
  }
  for (const [fault, inflict] of Object.entries(faults)) {
    const { tree } = await closedView(t, source)
    const count = (await filesIn(tree)).length
    for (let i = 0; i < count; i++) {
      const { dir, before, tree } = await closedView(t, source)
      const file = (await filesIn(tree))[i]
      if (file === undefined) continue
      await inflict(file, (await stat(file)).size)
      const { view } = await openView(t, source, dir)
      await view.update()
      t.alike(await contents(view), before, `${file.slice(tree.length + 1)} ${fault}`)
      await view.close()
    }
  }
})

test('a file where the view, or a part of it, should be a folder does not keep it from opening', async (t) => {
  const source = filled()
  for (const place of ['the view', 'a generation']) {
    const { dir, before, tree } = await closedView(t, source)
    const path = place === 'the view' ? dir : tree
    await rm(path, { recursive: true })
    await writeFile(path, 'put here by a repair of the disk')
    const { view, events } = await openView(t, source, dir)
    t.alike(await contents(view), before, place)
    t.is(events[0]?.type, 'view-rebuild')
  }
})

test('a row that does not decode is found while reading, and the view made anew', async (t) => {
  const source = filled()
  const { dir, before, tree } = await closedView(t, source)
  const generation = await Generation.load(dirname(tree), Number(basename(tree).slice(1)))
  const columns = new ColumnsBuilder()
  const batch = generation.batch()
  const id = observationId(START + 250)
  const [chunk, i] = generation.shown.columns.at(250)
  const flags = chunk.flags[i]!
  const column = { flags, lat: 0, lon: 0, createdAt: 0, updatedAt: 0, device: 0, codes: [] }
  columns.push(id, column, batch.putRow(id, Buffer.from('nonsense')))
  generation.putRecords(batch)
  await batch.flush()
  generation.show(columns.take())
  await generation.close()
  const { view, events } = await openView(t, source, dir)
  t.is(events.length, 0)
  const rows = await collect(view.query({ deleted: true }))
  t.is(rows.length, 500)
  t.is(events.length, 1)
  t.alike(await contents(view), before)
})

test('a view of another layout is made anew', async (t) => {
  const source = filled()
  const { dir, before, tree } = await closedView(t, source)
  const bee = await openTree(tree)
  const batch = bee.batch()
  batch.put(SUMMARY_KEY, new Encoder().encode([0, true, 0, 0, 0, 0]))
  await batch.flush()
  await bee.close()
  const { view, events } = await openView(t, source, dir)
  t.is(events[0]?.type === 'view-rebuild' && events[0].reason, 'layout')
  t.alike(await contents(view), before)
})

test('a view that left entries out is made anew by a release that understands more', async (t) => {
  const source = filled()
  source.append(A, { kind: 'unknown', version: 1, kindCode: 99 })
  const { dir, tree } = await closedView(t, source)
  const reopened = await openView(t, source, dir)
  t.alike(reopened.events, [], 'not by the one that made it')
  await reopened.view.close()
  const bee = await openTree(tree)
  const record = new Encoder({ useRecords: false }).decode((await bee.get(SUMMARY_KEY))!)
  const batch = bee.batch()
  batch.put(SUMMARY_KEY, new Encoder({ useRecords: false }).encode([...record.slice(0, -1), '1.1']))
  await batch.flush()
  await bee.close()
  const { events } = await openView(t, source, dir)
  t.is(events[0]?.type === 'view-rebuild' && events[0].reason, 'layout')
})

test('a view that is ahead of a feed is made anew', async (t) => {
  const source = filled()
  const { dir } = await closedView(t, source)
  source.truncate(A, 400)
  const { view, events } = await openView(t, source, dir)
  t.is(events[0]?.type === 'view-rebuild' && events[0].reason, 'position')
  t.is(await view.count(), (await collect(view.query())).length)
  t.is(await view.get(toUuid(observationId(START + 499))), null)
})

test('a view that stands on another branch of a feed is made anew', async (t) => {
  const source = filled()
  const { dir } = await closedView(t, source)
  const length = source.length(A)
  source.truncate(A, length - 1)
  source.append(A, observation({ id: observationId(START + 9000), clock: START + 9000 }))
  const { view, events } = await openView(t, source, dir)
  t.is(events[0]?.type === 'view-rebuild' && events[0].reason, 'position')
  t.ok(await view.get(toUuid(observationId(START + 9000))))
})

test('a feed that falls behind an open view is noticed at the next update', async (t) => {
  const source = filled()
  const { view, events } = await openView(t, source)
  await view.update()
  source.truncate(A, 300)
  t.is((await view.update()).rebuilt, true)
  t.is(events.length, 2)
  // Of A's observations 299 are left; 40 more are known from B's edits alone.
  t.is(await view.count({ deleted: true }), 299 + 40)
  t.is(view.status().pendingLinks, 40)
})

test('an update that breaks off keeps whole batches, and the next one goes on', async (t) => {
  const source = filled(9000)
  const { view, dir } = await openView(t, source)
  await view.update()
  const before = await contents(view)
  for (let n = 0; n < 10_000; n++) {
    const id = observationId(START + 100_000 + n)
    source.append(A, observation({ id, clock: START + 100_000 + n, tags: { n } }))
  }
  const entries = source.entries.bind(source)
  const breakOff = async (after: number) => {
    let batches = 0
    source.entries = async function* (...range) {
      for await (const batch of entries(...range)) {
        if (batches++ === after) throw new Error('read failed')
        yield batch
      }
    }
    await t.exception(() => view.update(), /read failed/)
    source.entries = entries
  }
  await breakOff(5)
  t.alike(await contents(view), before)
  await breakOff(9)
  const rows = (await collect(view.query({ deleted: true }))).length
  t.ok(rows > 9000 && rows < 19_000)
  t.is(await view.count({ deleted: true }), rows)
  await view.close()
  const { view: again, events } = await openView(t, source, dir)
  t.is((await again.update()).entries, 19_000 - rows)
  t.alike(events, [])
  const resumed = await contents(again)
  await again.rebuild()
  t.alike(await contents(again), resumed)
})

test('an update and a rebuild that are aborted leave a view that works', async (t) => {
  const source = filled(3000)
  const { view } = await openView(t, source)
  await view.update()
  const before = await contents(view)
  const stop = new AbortController()
  stop.abort()
  await t.exception(() => view.update({ signal: stop.signal }), { code: 'ABORTED' })
  const late = new AbortController()
  const onProgress = () => late.abort()
  await t.exception(() => view.rebuild({ signal: late.signal, onProgress }), { code: 'ABORTED' })
  t.alike(await contents(view), before)
  await view.update()
  t.alike(await contents(view), before)
})

test('a rebuild that was killed is forgotten, the view before it is used', async (t) => {
  const source = filled()
  const { dir, before } = await closedView(t, source)
  const bee = await openTree(join(dir, 'g7'))
  const batch = bee.batch()
  batch.put(SUMMARY_KEY, new Encoder().encode([1, false, 0, 0, 0, 0]))
  await batch.flush()
  await bee.close()
  const { view, events } = await openView(t, source, dir)
  t.alike(await contents(view), before)
  t.alike(events, [])
  t.is((await readdir(dir)).length, 1)
})

test('a view that is open elsewhere is not taken for damaged', async (t) => {
  const source = filled()
  const { view, dir } = await openView(t, source)
  await view.update()
  const before = await contents(view)
  await t.exception(() => openView(t, source, dir), { code: 'DEVICE_LOCKED' })
  t.alike(await contents(view), before)
})

test('a source that fails while the view is made anew does not prevent opening', async (t) => {
  const source = filled()
  const entries = source.entries.bind(source)
  source.entries = () => {
    throw new Error('read failed')
  }
  const { view, events } = await openView(t, source)
  t.alike(
    events.map(({ type }) => type),
    ['view-rebuild', 'view-rebuild-failed']
  )
  source.entries = entries
  await view.update()
  t.is(await view.count({ deleted: true }), 500)
})
