import { join } from 'node:path'
import test from 'brittle'
import { connect, waitForEqual } from '../../lib/testing.js'
import { createDevice, inputs, plainHeads, shown } from '../helpers/devices.js'
import { readOnlyView } from '../helpers/mounts.js'
import { createDevices, createSide, link, outcome } from './helpers.js'
import { Author } from '../helpers/author.js'

test('two devices catch up both ways and report it', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [any, any]
  await a.observations.createMany(inputs(3000))
  await b.observations.createMany(inputs(20))
  const { links, caughtUp } = connect(a, b)
  const [ra, rb] = await caughtUp
  t.is(ra.received.entries, 20)
  t.is(ra.sent.entries, 3000)
  t.is(rb.received.entries, 3000)
  t.is(rb.sent.entries, 20)
  t.is(ra.sent.bytes, rb.received.bytes)
  t.alike(ra.refused, [])
  t.absent(ra.readOnly)
  t.is(links[0].peer?.name, 'Device 2')
  t.is(links[0].peer?.id, b.id)
  t.alike(plainHeads(await a.heads()), plainHeads(await b.heads()))
  t.alike(await shown(a), await shown(b))
  t.is(await a.observations.count(), 3020)
})

test('the report of a link says what came of it here, like that of a file', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [any, any]
  const [first, second] = [await a.observations.create({}), await a.observations.create({})]
  await a.observations.delete(second.id)
  await b.observations.create({})
  const [ra, rb] = await connect(a, b).caughtUp
  t.alike(rb.problems, [])
  t.alike(rb.changes, [
    { device: a.id, name: 'Device 1', created: 1, edited: 0, deleted: 1, restored: 0 }
  ])
  t.is(ra.changes[0]?.device, b.id)
  t.is(ra.changes.length, 1, 'own entries are not brought by a sync')
  t.ok(await b.observations.get(first.id))
})

test('a side that cannot be written is told as such, and gives what it has', async (t) => {
  const [b] = (await createDevices(t, 1)) as [any]
  await b.observations.createMany(inputs(2))
  const dir = join(await t.tmp(), 'device')
  const saved = await createDevice(t, { dir, configuration: b.configuration })
  await saved.observations.createMany(inputs(4))
  await saved.close()
  const view = await readOnlyView(t, dir)
  if (view === null) return t.comment('skipped: no folder can be made read-only here')
  const readOnly = await createDevice(t, { dir: view, configuration: b.configuration })
  const [here, there] = await connect(readOnly, b).caughtUp
  t.alike([here.readOnly, here.received.entries, here.sent.entries], [true, 0, 4])
  t.alike([there.readOnly, there.received.entries, there.sent.entries], [true, 4, 0])
  t.is(await b.observations.count(), 6)
})

test('progress counts up to its total and ends with done', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [any, any]
  await a.observations.createMany(inputs(2500))
  const seen: any[] = []
  const side = b.replicate(true, { onProgress: (progress: unknown) => seen.push(progress) })
  const other = a.replicate(false)
  side.pipe(other).pipe(side)
  await side.link.caughtUp
  const last = seen.at(-1)
  t.is(last.phase, 'done')
  t.alike(last.entries, { done: 2500, total: 2500 })
  t.is(last.bytes.done, last.bytes.total)
  t.ok(seen.some(({ phase }) => phase === 'index'))
})

test('without live the link ends once both sides have caught up', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [any, any]
  await a.observations.create({ tags: { n: 1 } })
  const { links, caughtUp } = connect(a, b, { live: false })
  await caughtUp
  t.alike(await Promise.all(links.map((side) => outcome(side.closed))), ['resolved', 'resolved'])
  t.is(await b.observations.count(), 1)
})

test('what is recorded, edited, forked and deleted shows up on the other side', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [any, any]
  const first = await a.observations.create({ tags: { name: 'river' } })
  const { links, caughtUp } = connect(a, b)
  await caughtUp
  const second = await b.observations.create({ tags: { name: 'house' } })
  await waitForEqual([a, b])
  t.alike((await a.observations.get(second.id))?.tags, { name: 'house' })
  const [ofA, ofB] = [await a.observations.get(first.id), await b.observations.get(first.id)]
  await a.observations.update(ofA, { tags: { name: 'A' } })
  await b.observations.update(ofB, { tags: { name: 'B' } })
  await waitForEqual([a, b])
  t.alike(await shown(a), await shown(b))
  await a.observations.delete(second.id)
  await waitForEqual([a, b])
  t.is((await b.observations.get(second.id))?.deleted, true)
  t.alike(await shown(a), await shown(b))
  await Promise.all(links.map((side) => side.close()))
  t.alike(await Promise.all(links.map((side) => outcome(side.closed))), ['resolved', 'resolved'])
})

test('a new observation is in the view of the other side within 100 ms', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [any, any]
  await connect(a, b).caughtUp
  const times: number[] = []
  for (let n = 0; n < 20; n++) {
    const started = performance.now()
    const { id } = await a.observations.create({ tags: { n } })
    while ((await b.observations.get(id)) === null) await new Promise((go) => setTimeout(go, 2))
    times.push(performance.now() - started)
  }
  times.sort((x, y) => x - y)
  t.ok((times[10] as number) < 100, `median ${times[10]?.toFixed(1)} ms`)
})

test('the feed of a device that joins later is announced to those who are connected', async (t) => {
  const [a, b, c] = (await createDevices(t, 3)) as [any, any, any]
  await connect(a, b).caughtUp
  await c.observations.create({ tags: { from: 'c' } })
  await connect(b, c).caughtUp
  await waitForEqual([a, b, c])
  t.is(await a.observations.count(), 1)
  await a.observations.create({ tags: { from: 'a' } })
  await waitForEqual([a, b, c])
  t.is(await c.observations.count(), 2)
})

test('an interrupted connection goes on where it broke off', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [any, any]
  await a.observations.createMany(inputs(6000))
  const size = (await connect(a, (await createDevices(t, 1))[0]!, { live: false }).caughtUp)[0].sent
    .bytes
  const broken = connect(a, b, { cutAfterBytes: Math.floor(size / 2) })
  t.is(await outcome(broken.links[1].caughtUp), 'PEER_CLOSED')
  t.is(await outcome(broken.links[1].closed), 'PEER_CLOSED')
  await Promise.allSettled([broken.links[0].closed])
  const kept = (await b.heads()).find(({ feed }: any) => feed === a.id)?.length ?? 0
  t.ok(kept >= 1024 && kept < 6000, `${kept} blocks were kept`)
  const [, report] = await connect(a, b).caughtUp
  t.ok(report.received.bytes < 0.9 * size, `${report.received.bytes} of ${size} bytes`)
  await waitForEqual([a, b])
})

test('a signal ends the link in peace for the other side', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [any, any]
  const aborter = new AbortController()
  const { links, caughtUp } = connect(a, b, { signal: aborter.signal })
  await caughtUp
  aborter.abort()
  t.is(await outcome(links[0].closed), 'resolved')
  t.is(await outcome(links[1].closed), 'resolved')
  const early = connect(a, b, { signal: AbortSignal.abort() })
  t.is(await outcome(early.links[0].caughtUp), 'ABORTED')
})

test('a device that closes ends its links, and refuses new ones', async (t) => {
  const [a, b] = (await createDevices(t, 2)) as [any, any]
  const { links, caughtUp } = connect(a, b)
  await caughtUp
  await a.close()
  t.is(await outcome(links[1].closed), 'resolved')
  t.is(await outcome((async () => a.replicate(true))()), 'CLOSED')
  await t.exception.all(async () => b.replicate('here'), TypeError)
})

test('a forked feed is reported on both sides, and everything else arrives', async (t) => {
  const a = await createSide(t)
  const b = await createSide(t)
  await a.log.append(Author.withEntries(1, 5).run())
  await b.log.append(
    new Author(1)
      .hello()
      .observe({ tags: { other: 1 } })
      .run()
  )
  await b.log.append(Author.withEntries(2, 3).run())
  const { links } = link(a, b)
  const reports = await Promise.all(links.map((side) => side.caughtUp))
  for (const { refused } of reports)
    t.alike(
      refused.map(({ code, seq }) => [code, seq]),
      [['FEED_FORKED', 0]]
    )
  t.is(a.log.ends().get(new Author(2).feed)?.length, 4)
})
