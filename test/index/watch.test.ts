import test from 'brittle'
import type { Change, View } from '../../lib/index/public.js'
import type { VersionRef } from '../../lib/log/entry.js'
import { openView, toUuid } from './helpers.js'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'

const A = feedId('a')
const B = feedId('b')
const ID = observationId(START)

function begun(): MemorySource {
  const source = new MemorySource()
  source.hello(A, 'Laptop A')
  source.hello(B, 'Laptop B')
  return source
}

let clock = START
function write(source: MemorySource, links: VersionRef[] = [], fields = {}): VersionRef {
  return source.append(A, observation({ id: ID, clock: ++clock, links, ...fields }))
}

/** What there is to hear after an update, as types. */
async function heard(view: View, changes: AsyncIterator<Change>): Promise<string[]> {
  await view.update()
  const types: string[] = []
  for (;;) {
    const idle = new Promise<null>((done) => setTimeout(() => done(null), 30))
    const next = await Promise.race([pendingOf(changes), idle])
    if (next === null || next.done === true) return types
    taken.delete(changes)
    types.push(next.value.type)
  }
}

/** A `next()` that was asked for and not answered is kept for the next time. */
const taken = new Map<AsyncIterator<Change>, Promise<IteratorResult<Change>>>()
function pendingOf(changes: AsyncIterator<Change>): Promise<IteratorResult<Change>> {
  const pending = taken.get(changes) ?? changes.next()
  taken.set(changes, pending)
  return pending
}

test('each kind of change by its name', async (t) => {
  const source = begun()
  const { view } = await openView(t, source)
  const changes = view.watch()
  const first = write(source)
  t.alike(await heard(view, changes), ['created'])
  const edited = write(source, [first])
  t.alike(await heard(view, changes), ['updated'])
  const gone = write(source, [edited], { deleted: true })
  t.alike(await heard(view, changes), ['deleted'])
  const back = write(source, [gone])
  t.alike(await heard(view, changes), ['restored'])
  const fork = write(source, [gone])
  t.alike(await heard(view, changes), ['forked'])
  write(source, [back, fork])
  t.alike(await heard(view, changes), ['merged'])
})

test('many edits before anybody looks are one change, with the last content', async (t) => {
  const source = begun()
  const { view } = await openView(t, source)
  const changes = view.watch()
  let last = write(source)
  for (let n = 0; n < 10; n++) {
    last = write(source, [last], { tags: { n } })
    await view.update()
  }
  const { value } = await changes.next()
  t.is(value?.type, 'created')
  t.alike(value?.observation?.tags, { n: 9 })
  t.alike(await heard(view, changes), [])
})

test('what was there before, also if not read yet, is no change', async (t) => {
  const source = begun()
  write(source)
  const { view } = await openView(t, source)
  const changes = view.watch()
  t.alike(await heard(view, changes), [])
})

test('one that ceases to match is told of once more', async (t) => {
  const source = begun()
  const { view } = await openView(t, source)
  const changes = view.watch({ tags: { type: 'river' } })
  const other = observation({ id: observationId(START + 1), clock: START, tags: { type: 'lake' } })
  source.append(B, other)
  const river = write(source, [], { tags: { type: 'river' } })
  t.alike(await heard(view, changes), ['created'])
  const lake = write(source, [river], { tags: { type: 'lake' } })
  t.alike(await heard(view, changes), ['updated'])
  write(source, [lake], { tags: { type: 'pond' } })
  t.alike(await heard(view, changes), [])
})

test('a rebuild is no change, but what it brings is', async (t) => {
  const source = begun()
  const first = write(source)
  const { view } = await openView(t, source)
  await view.update()
  const changes = view.watch()
  await view.rebuild()
  t.alike(await heard(view, changes), [])
  write(source, [first], { deleted: true })
  await view.rebuild()
  t.alike(await heard(view, changes), ['deleted'])
})

test('more changes than are kept in mind are one', async (t) => {
  const source = begun()
  const { view } = await openView(t, source)
  const changes = view.watch()
  for (let n = 0; n < 20_000; n++) {
    source.append(B, observation({ id: observationId(START + n), clock: START + n }))
  }
  t.alike(await heard(view, changes), ['many'])
  source.append(B, observation({ id: observationId(START + 30_000), clock: START + 30_000 }))
  t.alike(await heard(view, changes), ['created'])
})

test('a watcher ends with its signal, its loop, or its view', async (t) => {
  const source = begun()
  const { view } = await openView(t, source)
  const controller = new AbortController()
  const aborted = view.watch({ signal: controller.signal })
  const waiting = aborted.next()
  controller.abort()
  t.is((await waiting).done, true)
  t.is((await view.watch({ signal: controller.signal }).next()).done, true)

  const left = view.watch()
  write(source)
  await view.update()
  for await (const { observation } of left) {
    t.is(observation?.id, toUuid(ID))
    break
  }
  t.is((await left.next()).done, true)
  t.absent(view.isWatched)

  const closed = view.watch().next()
  await view.close()
  t.is((await closed).done, true)
})

test('a watcher whose signal fires while it reads a change gives none', async (t) => {
  const source = begun()
  const { view } = await openView(t, source)
  const controller = new AbortController()
  const changes = view.watch({ signal: controller.signal })
  write(source)
  await view.update()
  const reading = changes.next()
  controller.abort()
  t.is((await reading).done, true)
})

test('a watcher whose view is closed while it reads a change just ends', async (t) => {
  const source = begun()
  const { view } = await openView(t, source)
  const changes = view.watch()
  write(source)
  await view.update()
  const get = view.get.bind(view)
  view.get = async (id) => {
    await view.close()
    return get(id)
  }
  t.is((await changes.next()).done, true)
})
