import test from 'brittle'
import { Debt } from '../../lib/peer/debt.js'
import { CHUNK_BYTES } from '../../lib/peer/limits.js'
import {
  MESSAGE,
  type Question,
  decodeQuestion,
  encodeAnswer,
  encodeRun
} from '../../lib/peer/messages.js'
import { Author } from '../helpers/author.js'
import { type Puppet, createSide, link as join, outcome, puppetFor } from './helpers.js'

const STRANGER = new Author(99).feed
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Shows life and says nothing, for as long as it may. */
async function chatter(puppet: Puppet): Promise<void> {
  for (; !puppet.closed; await pause(50)) puppet.heads([], false)
}

/** The first question for a run; places before it are answered with nothing known. */
async function askedForRun(puppet: Puppet): Promise<{ id: number; question: Question }> {
  for (;;) {
    const asked = decodeQuestion(await puppet.until(MESSAGE.question))
    const { id, question } = asked
    if (question.kind === 'run') return asked
    const first = new Uint8Array(2 * question.places.length)
    puppet.send(MESSAGE.answer, encodeAnswer({ id, byteLength: first.byteLength, first }))
  }
}

test('a debt is overdue when nothing was paid for so long, or less than a chunk', async (t) => {
  const debt = new Debt()
  t.absent(debt.isOverdue(0))
  debt.owe('a feed')
  await pause(60)
  t.ok(debt.isOverdue(50))
  debt.pay(CHUNK_BYTES - 1)
  t.ok(debt.isOverdue(50))
  debt.pay(1)
  t.absent(debt.isOverdue(50))
})

test('photos are not overdue while feeds are owed, and may stand before them on the line', async (t) => {
  const feeds = new Debt()
  const photos = new Debt(feeds)
  photos.owe('a photo')
  feeds.owe('a feed')
  await pause(60)
  t.alike([feeds.isOverdue(50), photos.isOverdue(50)], [true, false])
  photos.pay(CHUNK_BYTES)
  t.absent(feeds.isOverdue(50))
  feeds.owe(null)
  await pause(60)
  t.ok(photos.isOverdue(50))
})

test('a peer that never says what it has is given up, whatever else it says', async (t) => {
  const side = await createSide(t, { silenceMs: 250 })
  const { puppet, link } = await puppetFor(t, side)
  await puppet.introduce(STRANGER)
  void chatter(puppet)
  const error: any = await link.caughtUp.catch((e: unknown) => e)
  t.is(error.code, 'PEER_SILENT')
  t.ok(/its list of feeds/.test(error.message), error.message)
})

test('a peer that talks and does not answer is given up, and its feed had from another', async (t) => {
  const side = await createSide(t, { silenceMs: 400 })
  const other = await createSide(t, { silenceMs: 400 })
  const { puppet, link } = await puppetFor(t, side)
  ;(await puppet.introduce(STRANGER)).heads([...(await other.log.heads()).values()])
  void chatter(puppet)
  await askedForRun(puppet)
  const { links } = join(side, other)
  t.is(await outcome(link.caughtUp), 'PEER_SILENT')
  t.is(await outcome(links[0].caughtUp), 'resolved')
  t.ok(side.log.ends().has(other.log.id))
})

test('a peer that answers a byte at a time is given up', async (t) => {
  const side = await createSide(t, { silenceMs: 400 })
  const author = Author.withEntries(1, 5)
  const { puppet, link } = await puppetFor(t, side)
  ;(await puppet.introduce(STRANGER)).heads([author.head()])
  const { id } = await askedForRun(puppet)
  const answer = encodeRun(author.run())
  const { byteLength } = answer
  puppet.send(MESSAGE.answer, encodeAnswer({ id, byteLength, first: answer.subarray(0, 1) }))
  const trickle = async (): Promise<void> => {
    for (let at = 1; !puppet.closed; at++, await pause(50)) {
      puppet.send(MESSAGE.chunk, answer.subarray(at, at + 1))
    }
  }
  void trickle()
  t.is(await outcome(link.caughtUp), 'PEER_SILENT')
})

test('neither a slow peer nor one that waits for it is given up', async (t) => {
  const side = await createSide(t, { silenceMs: 500 })
  const other = await createSide(t, { silenceMs: 500 })
  const author = new Author(1).hello()
  for (let i = 0; i < 20; i++) author.observe({ tags: { text: 'x'.repeat(CHUNK_BYTES) } })
  await other.log.append(author.run())
  const { puppet, link } = await puppetFor(t, side)
  puppet.noise.setKeepAlive(100)
  ;(await puppet.introduce(STRANGER)).heads([author.head()])
  const { id } = await askedForRun(puppet)
  const { links } = join(side, other)
  const answer = encodeRun(author.run())
  const { byteLength } = answer
  const started = performance.now()
  const first = answer.subarray(0, CHUNK_BYTES)
  puppet.send(MESSAGE.answer, encodeAnswer({ id, byteLength, first }))
  for (let at = CHUNK_BYTES; at < byteLength; at += CHUNK_BYTES) {
    await pause(100)
    puppet.send(MESSAGE.chunk, answer.subarray(at, at + CHUNK_BYTES))
  }
  t.ok(performance.now() - started > 1000)
  puppet.send(MESSAGE.caughtUp, new Uint8Array(0))
  const codes = await Promise.all([link, ...links].map((each) => outcome(each.caughtUp)))
  t.alike(codes, ['resolved', 'resolved', 'resolved'])
})
