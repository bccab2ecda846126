import test, { type Assertion } from 'brittle'
import {
  MESSAGE,
  decodeHeads,
  decodePush,
  decodeQuestion,
  encodeAnswer,
  encodePush,
  encodeRun
} from '../../lib/peer/messages.js'
import type { Run } from '../../lib/log/replica.js'
import { TAIL_BLOCKS, TAIL_BYTES } from '../../lib/log/tail.js'
import type { Link } from '../../lib/peer/link.js'
import { Author, observation } from '../helpers/author.js'
import { type Puppet, type Side, createSide, link, outcome, puppetFor } from './helpers.js'

/** A side on a live link with a puppet that writes the author's feed; both have its blocks. */
async function liveWith(
  t: Assertion,
  author: Author
): Promise<{ side: Side; puppet: Puppet; link: Link }> {
  const side = await createSide(t, { silenceMs: 1000 })
  await side.log.append(author.run())
  const { puppet, link } = await puppetFor(t, side)
  ;(await puppet.introduce(author.feed)).heads([author.head()])
  puppet.send(MESSAGE.caughtUp, new Uint8Array(0))
  await link.caughtUp
  await until(() => puppet.received.some(({ type }) => type === MESSAGE.caughtUp))
  return { side, puppet, link }
}

async function until(met: () => boolean): Promise<boolean> {
  for (let i = 0; i < 400 && !met(); i++) await new Promise((go) => setTimeout(go, 5))
  return met()
}

function lengthOf({ log }: Side, { feed }: { feed: string }): number | undefined {
  return log.ends().get(feed)?.length
}

function questions({ received }: Puppet): number {
  return received.filter(({ type }) => type === MESSAGE.question).length
}

/** Answers the next question for a run. */
async function answer(puppet: Puppet, author: Author): Promise<void> {
  const { id, question } = decodeQuestion(await puppet.until(MESSAGE.question))
  if (question.kind !== 'run') throw new Error('another question was expected')
  const first = encodeRun(author.run(question.from, question.to))
  puppet.send(MESSAGE.answer, encodeAnswerOf(id, first))
}

function encodeAnswerOf(id: number, first: Uint8Array): Uint8Array {
  return encodeAnswer({ id, byteLength: first.byteLength, first })
}

test('HEAD follows within about a second of what went over a live link', async (t) => {
  const { side, puppet } = await liveWith(t, Author.withEntries(1, 3))
  await side.log.write([observation(9, 1)])
  await puppet.until(MESSAGE.push)
  const own = side.log.writer.feed
  t.absent(own.isFlushed)
  t.ok(await until(() => own.isFlushed))
})

test('what a device records live comes with the announcement, much of it does not', async (t) => {
  const author = Author.withEntries(1, 3)
  const { side, puppet } = await liveWith(t, author)
  await side.log.write([observation(9, 1)])
  const run = decodePush(await puppet.until(MESSAGE.push))
  t.is(run.feed, side.log.id)
  t.is(run.from, 1)
  t.is(run.to, 2)
  const taker = await createSide(t)
  for await (const first of side.log.read(side.log.id, 0, 1)) await taker.log.append(first)
  if (lengthOf(taker, run) === 1) await taker.log.append(run)
  t.is(lengthOf(taker, run), 2, 'it is a run like any other')
  puppet.received.length = 0
  const many = Array.from({ length: TAIL_BLOCKS + 1 }, (_, n) => observation(8, n))
  await side.log.write(many)
  t.is(decodeHeads(await puppet.until(MESSAGE.heads)).heads[0]?.length, 2 + many.length)
  await side.log.write([observation(7, 1, { tags: { text: 'x'.repeat(TAIL_BYTES) } })])
  t.is(decodeHeads(await puppet.until(MESSAGE.heads)).heads[0]?.length, 3 + many.length)
})

test('a pushed run is taken without a question', async (t) => {
  const author = Author.withEntries(1, 3)
  const { side, puppet } = await liveWith(t, author)
  for (let n = 0; n < 5; n++) {
    author.observe()
    puppet.send(MESSAGE.push, encodePush(author.run(author.blocks.length - 1)))
  }
  t.ok(await until(() => lengthOf(side, author) === author.blocks.length))
  t.is(questions(puppet), 0)
})

test('a pushed run that does not go on from what is here is fetched instead', async (t) => {
  const author = Author.withEntries(1, 3)
  const { side, puppet } = await liveWith(t, author)
  author.observe().observe()
  puppet.send(MESSAGE.push, encodePush(author.run(author.blocks.length - 1)))
  await answer(puppet, author)
  t.ok(await until(() => lengthOf(side, author) === author.blocks.length))
  puppet.send(MESSAGE.push, encodePush(author.run(1)))
  author.observe()
  puppet.send(MESSAGE.push, encodePush(author.run(2)))
  t.ok(await until(() => lengthOf(side, author) === author.blocks.length), 'an overlap is none')
  t.is(questions(puppet), 0)
})

test('of a forged run nothing is taken', async (t) => {
  const author = Author.withEntries(1, 3)
  const { side, puppet, link } = await liveWith(t, author)
  const sound = author.observe().run(author.blocks.length - 1)
  const forged: Run = { ...sound, blocks: [sound.blocks[0]!.map((byte) => byte ^ 1)] }
  puppet.send(MESSAGE.push, encodePush(forged))
  const { id } = decodeQuestion(await puppet.until(MESSAGE.question))
  t.is(lengthOf(side, author), 4, 'it is asked for again')
  puppet.send(MESSAGE.answer, encodeAnswerOf(id, encodeRun(forged)))
  t.is(await outcome(link.closed), 'PEER_INVALID')
  t.is(lengthOf(side, author), 4)
})

test('a run whose end nobody signed ends the link', async (t) => {
  const author = Author.withEntries(1, 3)
  const { side, puppet, link } = await liveWith(t, author)
  const run = author.observe().run(author.blocks.length - 1)
  puppet.send(MESSAGE.push, encodePush({ ...run, signature: new Uint8Array(64) }))
  t.is(await outcome(link.closed), 'PEER_INVALID')
  t.is(lengthOf(side, author), 4)
})

test('nobody may push much, or the feed of another', async (t) => {
  const author = Author.withEntries(1, 3)
  const large = await liveWith(t, author)
  const other = await liveWith(t, Author.withEntries(2, 3))
  author.observe({ tags: { text: 'x'.repeat(TAIL_BYTES + 2000) } })
  large.puppet.send(MESSAGE.push, encodePush(author.run(author.blocks.length - 1)))
  other.puppet.send(MESSAGE.push, encodePush(Author.withEntries(1, 3).run()))
  t.is(await outcome(large.link.closed), 'PEER_INVALID')
  t.is(await outcome(other.link.closed), 'PEER_INVALID')
  t.is(lengthOf(large.side, author), 4)
  t.absent(other.side.log.ends().has(author.feed))
})

test('more pushed runs than may wait are all there in the end', async (t) => {
  const [a, b] = [await createSide(t), await createSide(t)]
  const { links } = link(a, b)
  await Promise.all(links.map((side) => side.caughtUp))
  const writes = Array.from({ length: 200 }, (_, n) => a.log.write([observation(3, n)]))
  await Promise.all(writes)
  t.ok(await until(() => b.log.ends().get(a.log.id)?.length === 201))
})

test('in a full mesh of 6, live entries come once', { timeout: 60_000 }, async (t) => {
  const sides: Side[] = []
  for (let n = 0; n < 6; n++) sides.push(await createSide(t, { name: `Laptop ${n}` }))
  const links = sides.flatMap((a, i) => sides.slice(i + 1).flatMap((b) => link(a, b).links))
  await Promise.all(links.map((side) => side.caughtUp))
  const whole = (length: number): boolean =>
    sides.every(({ log }) => sides.every((side) => log.ends().get(side.log.id)?.length === length))
  t.ok(await until(() => whole(1)))
  const sum = (): number => links.reduce((total, { bytesReceived }) => total + bytesReceived, 0)
  const before = sum()
  let needed = 0
  for (let n = 0; n < 20; n++) {
    for (const { log } of sides) {
      await log.write([observation(4, n)])
      for await (const run of log.read(log.id, n + 1, n + 2)) {
        needed += (sides.length - 1) * encodePush(run).byteLength
      }
    }
    t.ok(await until(() => whole(n + 2)))
  }
  const ratio = (sum() - before) / needed
  t.ok(ratio <= 1.2, `received ${ratio.toFixed(3)} times what was needed`)
})
