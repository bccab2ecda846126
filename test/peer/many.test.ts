import { once } from 'node:events'
import test, { type Assertion } from 'brittle'
import { connect, waitForEqual } from '../../lib/testing.js'
import { inputs } from '../helpers/devices.js'
import { type Side, createDevices, createSide, link } from './helpers.js'
import { Author } from '../helpers/author.js'

test('a full mesh of 8 fetches every run once', { timeout: 60_000 }, async (t) => {
  const devices = await createDevices(t, 8)
  await Promise.all(
    devices.map((device, i) => device.observations.createMany(inputs(300, { i: `${i}` })))
  )
  const connections = devices.flatMap((a, i) => devices.slice(i + 1).map((b) => connect(a, b)))
  const reports = (await Promise.all(connections.map(({ caughtUp }) => caughtUp))).flat()
  await waitForEqual(devices, { timeout: 20_000 })
  for (const [n, device] of devices.entries()) await device.observations.create({ tags: { n } })
  await waitForEqual(devices, { timeout: 20_000 })
  const received = connections.flatMap(({ links }) => links.map((side) => side.bytesReceived))
  const sum = (numbers: number[]): number => numbers.reduce((x, y) => x + y, 0)
  const sizes = await Promise.all(
    devices.map(async (device) => {
      const { length } = (await device.heads()).find(({ feed }) => feed === device.id)!
      return device.replica.byteLength(device.id, 0, length)
    })
  )
  const needed = 7 * sum(sizes)
  const ratio = sum(received) / needed
  t.ok(ratio <= 1.2, `received ${ratio.toFixed(3)} times what was needed`)
  // What a link that had caught up was told by another one is in nobody's report.
  const reported = sum(reports.map(({ received: { entries } }) => entries))
  t.ok(reported <= 7 * 8 * 300, `${reported} entries in the reports`)
  t.is(await devices[0]!.observations.count(), 8 * 301)
  await atRest(t)
})

test('in a line of 10 the first entry reaches the last', { timeout: 60_000 }, async (t) => {
  const devices = await createDevices(t, 10)
  const connections = devices.slice(1).map((device, i) => connect(devices[i]!, device))
  await Promise.all(connections.map(({ caughtUp }) => caughtUp))
  const { id } = await devices[0]!.observations.create({ tags: { from: 'the first' } })
  const started = performance.now()
  while ((await devices[9]!.observations.get(id)) === null) {
    if (performance.now() - started > 10_000) break
    await new Promise((go) => setTimeout(go, 2))
  }
  t.ok(await devices[9]!.observations.get(id), `${Math.round(performance.now() - started)} ms`)
  await atRest(t)
})

test('a hub serves 50 and passes on what each has', { timeout: 90_000 }, async (t) => {
  const hub = await createSide(t, { name: 'Hub', silenceMs: 30_000 })
  await hub.log.append(Author.withEntries(100, 50).run())
  const spokes: Side[] = []
  for (let n = 0; n < 50; n++) {
    const spoke = await createSide(t, { name: `Spoke ${n}`, silenceMs: 30_000 })
    spokes.push(spoke)
  }
  const links = spokes.flatMap((spoke) => link(hub, spoke).links)
  await Promise.all(links.map((side) => side.caughtUp))
  t.is(hub.log.ends().size, 52)
  const all = (): boolean => spokes.every(({ log }) => log.ends().size === 52)
  for (let i = 0; i < 1000 && !all(); i++) await new Promise((go) => setTimeout(go, 10))
  t.ok(all(), 'every spoke has every feed')
  await atRest(t)
})

test('one slow side does not fill the memory of the other', { timeout: 60_000 }, async (t) => {
  const giver = await createSide(t)
  const author = new Author(5).hello()
  for (let i = 0; i < 200; i++) author.observe({ tags: { text: 'x'.repeat(100_000) } })
  await giver.log.append(author.run())
  const taker = await createSide(t)
  const { wire, links } = link(giver, taker, { bandwidth: 5_000_000 })
  await once(wire.b, 'data')
  let highest = 0
  const timer = setInterval(() => {
    highest = Math.max(highest, wire.a.writableLength + wire.b.readableLength)
  }, 5)
  await Promise.all(links.map((side) => side.caughtUp))
  clearInterval(timer)
  t.is(taker.log.ends().get(author.feed)?.length, 201)
  t.ok(highest < 1_000_000, `${highest} bytes waited at most, of ${20_000_000}`)
})

/** Once what was put off is done, nothing runs: nothing polls. */
async function atRest(t: Assertion): Promise<void> {
  await new Promise((go) => setTimeout(go, 2500))
  const before = process.cpuUsage()
  await new Promise((go) => setTimeout(go, 1000))
  const { user, system } = process.cpuUsage(before)
  t.ok((user + system) / 1000 < 100, `${((user + system) / 1000).toFixed(0)} ms of CPU in a second`)
}
