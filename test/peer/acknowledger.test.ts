import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { decodeAcknowledgments, encodeAcknowledgments } from '../../lib/peer/acknowledger.js'
import { MESSAGE, encodePush } from '../../lib/peer/messages.js'
import type { Acknowledgment } from '../../lib/log/replica.js'
import { MalformedMessage } from '../../lib/peer/wire.js'
import type { Log } from '../../lib/log/log.js'
import { Author } from '../helpers/author.js'
import { createLog } from '../helpers/logs.js'
import { waitFor } from '../helpers/wait-for.js'
import { type Puppet, createSide, link, outcome, puppetFor } from './helpers.js'

const [one, two, three] = [1, 2, 3].map((n) => new Author(n).feed) as [string, string, string]

/** What the puppet has been told so far. */
function heard({ received }: Puppet): Acknowledgment[][] {
  const messages = received.filter(({ type }) => type === MESSAGE.acknowledgments)
  return messages.map(({ bytes }) => decodeAcknowledgments(bytes))
}

test('rows come out as they went in', (t) => {
  const rows = [
    { device: one, feed: two, length: 0 },
    { device: two, feed: two, length: 2 ** 40 },
    { device: one, feed: three, length: 7 }
  ]
  t.alike(decodeAcknowledgments(encodeAcknowledgments(rows)), rows)
  t.alike(decodeAcknowledgments(encodeAcknowledgments([])), [])
})

test('a row about more blocks than a feed can have is left out', (t) => {
  const rows = [1, 2 ** 40 + 1, 2].map((length) => ({ device: one, feed: two, length }))
  t.alike(
    decodeAcknowledgments(encodeAcknowledgments(rows)).map(({ length }) => length),
    [1, 2]
  )
})

test('bytes that are no rows are refused', async (t) => {
  const rows = encodeAcknowledgments([{ device: one, feed: two, length: 5 }])
  for (let length = 0; length < rows.byteLength; length++) {
    await t.exception.all(() => decodeAcknowledgments(rows.subarray(0, length)))
  }
  for (const place of [2, 9]) {
    const beyond = new Uint8Array(rows)
    beyond[beyond.byteLength - 2] = place
    await t.exception(() => decodeAcknowledgments(beyond), MalformedMessage)
  }
})

test('both sides learn while they catch up what the other one holds and has heard of', async (t) => {
  const [a, b] = [await createSide(t), await createSide(t)]
  await a.log.append(Author.withEntries(1, 5).run())
  await a.log.append(Author.withEntries(3, 1).run())
  a.log.held.hear([{ device: three, feed: one, length: 4 }])
  await Promise.all(link(a, b).links.map((side) => side.caughtUp))
  const atB = b.log.held.rows()
  t.ok(atB.some(({ device, feed, length }) => device === three && feed === one && length === 4))
  t.ok(atB.some(({ device, feed, length }) => device === a.log.id && feed === one && length === 6))
  t.is(a.log.held.heldBesides([a.log.id], a.log.id), 1, 'the hello is on the other side')
})

test('what comes live is acknowledged once it is durable, and not one by one', async (t) => {
  const author = Author.withEntries(1, 3)
  const side = await createSide(t)
  await side.log.append(author.run())
  const { puppet } = await puppetFor(t, side)
  ;(await puppet.introduce(author.feed)).heads([author.head()])
  puppet.send(MESSAGE.caughtUp, new Uint8Array(0))
  await puppet.until(MESSAGE.caughtUp)
  puppet.received.length = 0
  for (let n = 0; n < 40; n++) {
    author.observe({ tags: { n } })
    puppet.send(MESSAGE.push, encodePush(author.run(4 + n, 5 + n)))
    await new Promise((go) => setTimeout(go, 5))
  }
  await waitFor(() => side.log.ends().get(author.feed)?.length === 44)
  const length = (): number => heard(puppet).at(-1)?.at(-1)?.length ?? 0
  await waitFor(() => length() === 44)
  t.alike(heard(puppet).at(-1), [{ device: side.log.id, feed: author.feed, length: 44 }])
  t.ok(heard(puppet).length <= 2, `${heard(puppet).length} messages for 40 entries`)
})

test('a word about more blocks than a feed can have is not kept, and not passed on', async (t) => {
  const side = await createSide(t)
  for (const n of [1, 2, 3]) await side.log.append(Author.withEntries(n, 1).run())
  side.log.held.hear([
    { device: one, feed: two, length: 2 ** 53 - 1 },
    { device: one, feed: three, length: -1 }
  ])
  t.alike(
    side.log.held.rows().filter(({ device }) => device === one),
    []
  )
})

test('words about devices and feeds that are not here are not kept, nor over a restart', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  await log.append(Author.withEntries(1, 1).run())
  const rows = [
    { device: one, feed: two, length: 1 },
    { device: two, feed: one, length: 1 },
    { device: one, feed: log.id, length: 1 }
  ]
  log.held.hear(rows)
  const ofOne = (at: Log): string[] =>
    at.held.rows().flatMap(({ device, feed }) => (device === log.id ? [] : [feed]))
  t.alike(ofOne(log), [log.id])
  await log.close()
  // As an earlier version kept them.
  const kept = rows.map(({ device, feed, length }) => [device, feed, length])
  await writeFile(join(dir, 'held'), JSON.stringify({ format: 1, rows: kept, carriers: [] }))
  t.alike(ofOne(await createLog(t, { dir })), [log.id])
})

test('nobody is believed to hold more of the own feed than there is', async (t) => {
  const side = await createSide(t)
  await side.log.append(Author.withEntries(1, 1).run())
  const { puppet } = await puppetFor(t, side)
  ;(await puppet.introduce(one)).heads([])
  const { id } = side.log
  const lies = [
    { device: one, feed: id, length: 99 },
    { device: id, feed: id, length: 1 }
  ]
  puppet.send(MESSAGE.acknowledgments, encodeAcknowledgments(lies))
  puppet.send(MESSAGE.caughtUp, new Uint8Array(0))
  await puppet.until(MESSAGE.caughtUp)
  t.is(side.log.held.heldBesides([side.log.id], side.log.id), 0)
})

test('a row that is no row ends the link', async (t) => {
  const side = await createSide(t)
  const { puppet, link } = await puppetFor(t, side)
  await puppet.introduce(one)
  puppet.send(MESSAGE.acknowledgments, Uint8Array.of(0, 1, 0, 0, 0))
  t.is(await outcome(link.closed), 'PEER_INVALID')
})
