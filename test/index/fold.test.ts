import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { Generation } from '../../lib/index/generation.js'
import { View } from '../../lib/index/public.js'
import type { VersionRef } from '../../lib/log/entry.js'
import { collect, contents, openView } from './helpers.js'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'

const A = feedId('a')
const B = feedId('b')

function filled(): { source: MemorySource; refs: VersionRef[] } {
  const source = new MemorySource()
  source.hello(A, 'Laptop A')
  source.hello(B, 'Laptop B')
  const refs = Array.from({ length: 6000 }, (_, n) =>
    source.append(A, observation({ id: observationId(START + n), clock: START + n, tags: { n } }))
  )
  return { source, refs }
}

function edit(source: MemorySource, feed: string, n: number, link: VersionRef, at: number): void {
  const id = observationId(START + n)
  const fields = { id, links: [link], clock: START + at, createdBy: A, deleted: at % 5 === 0 }
  source.append(feed, observation({ ...fields, tags: { at } }))
}

test('a folded view says what it said', async (t) => {
  const { source, refs } = filled()
  const { view } = await openView(t, source)
  await view.update()
  for (let round = 0; round < 5; round++) {
    for (let n = round; n < 6000; n += 97) {
      edit(source, round % 2 ? A : B, n, refs[n]!, 10_000 + round * 7000 + n)
    }
    await view.update()
  }
  const before = await contents(view)
  await view.fold()
  t.alike(await contents(view), before)
  await view.rebuild()
  t.alike(await contents(view), before)
})

test('what comes in while a view is folded is in it', async (t) => {
  const { source, refs } = filled()
  const { view, dir } = await openView(t, source)
  await view.update()
  const folding = view.fold()
  for (let n = 0; n < 200; n++) {
    edit(source, B, n * 30, refs[n * 30]!, 10_000 + n)
    if (n % 50 === 0) await view.update()
  }
  await folding
  await view.update()
  const before = await contents(view)
  t.is(view.status().deleted, 40)
  await view.close()
  t.is((await readdir(dir)).length, 1)
  const again = await openView(t, source, dir)
  t.alike(await contents(again.view), before)
  t.alike(again.events, [])
})

test('a view that has grown far past its rows is folded by itself', async (t) => {
  const { source, refs } = filled()
  const dir = await t.tmp()
  const view = await View.open(dir, source, { foldAbove: 1000 })
  t.teardown(() => view.close(), { order: -1 })
  await view.update()
  const [first] = await readdir(dir)
  for (let round = 0; round < 40; round++) {
    for (let n = round; n < 6000; n += 40) edit(source, B, n, refs[n]!, 10_000 + round)
    await view.update()
  }
  while ((await readdir(dir)).includes(first!)) await new Promise((done) => setTimeout(done, 10))
  t.is((await collect(view.query({ deleted: true }))).length, 6000)
})

test('closing a view that is being folded leaves it as it was', async (t) => {
  const { source } = filled()
  const { view, dir } = await openView(t, source)
  await view.update()
  const before = await contents(view)
  const folding = view.fold()
  await new Promise((done) => setTimeout(done, 5))
  await view.close()
  await folding
  t.is((await readdir(dir)).length, 1)
  const again = await openView(t, source, dir)
  t.alike(await contents(again.view), before)
  t.alike(again.events, [])
})

test('a query that runs while its view is folded away reads on', async (t) => {
  const { source } = filled()
  const { view } = await openView(t, source)
  await view.update()
  let count = 0
  for await (const _ of view.query()) if (++count === 10) await view.fold()
  t.is(count, 6000)
})

test('a fold that cannot begin is told as an event, and stops nothing', async (t) => {
  const { source } = filled()
  const { view, dir, events } = await openView(t, source)
  await view.update()
  const before = await contents(view)
  const newest = Math.max(...(await readdir(dir)).map((name) => Number(name.slice(1))))
  await writeFile(join(dir, `g${newest + 1}`), 'in the way')
  const failures = (): number => events.filter(({ type }) => type === 'view-fold-failed').length
  await view.fold()
  t.is(failures(), 1)
  t.alike(await contents(view), before)
  await view.fold()
  t.is(failures(), 1)
  t.alike(await contents(view), before)
})

test('a fold that a rebuild overtakes at its very beginning is no failed one', async (t) => {
  const { view, events } = await openView(t, filled().source)
  await view.update()
  const before = events.length
  const create = Object.getOwnPropertyDescriptor(Generation, 'create')!
  let begin!: () => void
  Generation.create = async (...given) => {
    Object.defineProperty(Generation, 'create', create)
    await new Promise<void>((resolve) => (begin = resolve))
    return Generation.create(...given)
  }
  const folded = view.fold()
  await view.rebuild()
  begin()
  await folded
  t.alike(events.slice(before), [])
  t.is(await view.count(), 6000)
})
