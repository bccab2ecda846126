import test, { type Assertion } from 'brittle'
import { toFeedId } from '../../lib/log/feed-id.js'
import { randomBytes } from '../../lib/log/crypto.js'
import {
  MESSAGE,
  decodeQuestion,
  encodeAnswer,
  encodeHeads,
  encodeQuestion,
  encodeRun
} from '../../lib/peer/messages.js'
import type { Run } from '../../lib/log/replica.js'
import { Author } from '../helpers/author.js'
import { type Puppet, type Side, createSide, link, outcome, puppetFor } from './helpers.js'

const STRANGER = new Author(99).feed

/** A side with a feed of 3,000 blocks and another of 20. */
async function fullSide(t: Assertion): Promise<Side> {
  const side = await createSide(t)
  await fill(side, Author.withEntries(1, 20))
  const long = new Author(2).hello()
  for (let i = 0; i < 3000; i++) long.observe({ tags: { i } })
  await fill(side, long)
  return side
}

async function fill(side: Side, author: Author): Promise<void> {
  const { length } = author.blocks
  for (let from = 0; from < length;) {
    const to = Math.min(length, (Math.floor(from / 1024) + 1) * 1024)
    await side.log.append(author.run(from, to))
    from = to
  }
}

function lengths(side: Side): Map<string, number> {
  return new Map([...side.log.ends()].map(([feed, { length }]) => [feed, length]))
}

/** Another peer of the same side, which must not notice anything. */
async function assertOthersGoOn(t: Assertion, side: Side): Promise<void> {
  const other = await createSide(t)
  const { links } = link(side, other)
  await Promise.all(links.map((l) => l.caughtUp))
  await fill(other, Author.withEntries(7, 2))
  for (let i = 0; i < 200 && !side.log.ends().has(new Author(7).feed); i++) {
    await new Promise((go) => setTimeout(go, 5))
  }
  t.is(side.log.ends().get(new Author(7).feed)?.length, 3, 'others go on')
  await Promise.all(links.map((l) => l.close()))
}

test('cut anywhere, nothing is lost and the next connection goes on', async (t) => {
  const giver = await fullSide(t)
  const taker = await createSide(t)
  await fill(taker, Author.withEntries(3, 30))
  for (let round = 0; round < 25; round++) {
    const before = lengths(taker)
    const { links, wire } = link(giver, taker, {
      cutAfterBytes: Math.floor(Math.random() ** 2 * 300_000)
    })
    // What is left may be less than it takes until the cut.
    Promise.all(links.map((side) => side.caughtUp)).then(
      () => wire.cut(),
      () => {}
    )
    const codes = await Promise.all(links.map((side) => outcome(side.closed)))
    for (const code of codes) if (code !== 'PEER_CLOSED') t.fail(`${code} after ${wire.bytes}`)
    const after = lengths(taker)
    for (const [feed, length] of before) if ((after.get(feed) ?? 0) < length) t.fail('lost')
  }
  const { links } = link(giver, taker, { live: false })
  await Promise.all(links.map((side) => side.caughtUp))
  t.is(lengths(taker).size, 5)
  for (const [feed, length] of lengths(giver)) t.is(lengths(taker).get(feed), length)
})

test('a half-open connection ends by itself and says what was waited for', async (t) => {
  const a = await createSide(t, { silenceMs: 250, name: 'Laptop 1' })
  const b = await createSide(t, { silenceMs: 250, name: 'Laptop 2' })
  const { links, wire } = link(a, b)
  await Promise.all(links.map((side) => side.caughtUp))
  wire.stall()
  const error: any = await links[0].closed.catch((e: unknown) => e)
  t.is(error.code, 'PEER_SILENT')
  t.ok(/Nothing received for 0.25 s from Laptop 2/.test(error.message), error.message)
})

test('a peer that does not answer is given up, with the name of the feed', async (t) => {
  const side = await createSide(t, { silenceMs: 250 })
  const { puppet, link } = await puppetFor(t, side)
  puppet.noise.setKeepAlive(50)
  const author = Author.withEntries(1, 5)
  ;(await puppet.introduce(STRANGER)).heads([author.head()])
  const error: any = await link.caughtUp.catch((e: unknown) => e)
  t.is(error.code, 'PEER_SILENT')
  t.ok(/from Puppet, waiting for/.test(error.message), error.message)
  await assertOthersGoOn(t, side)
})

test('a peer that stops reading is given up, and costs no memory meanwhile', async (t) => {
  const side = await createSide(t, { silenceMs: 400 })
  const big = new Author(4).hello()
  for (let i = 0; i < 60; i++) big.observe({ tags: { text: 'x'.repeat(200_000) } })
  await fill(side, big)
  const { puppet, link, wire } = await puppetFor(t, side)
  await puppet.introduce(STRANGER)
  puppet.heads([])
  await puppet.until(MESSAGE.heads)
  wire.a.pause()
  wire.a.unpipe()
  const carried = wire.bytes
  for (let id = 1; id <= 10; id++) {
    puppet.send(
      MESSAGE.question,
      encodeQuestion(id, { kind: 'run', feed: big.feed, from: 0, to: 61 })
    )
  }
  puppet.noise.setKeepAlive(50)
  t.is(await outcome(link.closed), 'PEER_SILENT')
  t.ok(wire.bytes - carried < 2_000_000, `${wire.bytes - carried} bytes left`)
})

test('garbage of every kind ends the connection with a code', async (t) => {
  const side = await fullSide(t)
  const before = lengths(side)
  for (const type of Object.values(MESSAGE).filter((n) => n !== MESSAGE.bye)) {
    for (const size of [0, 1, 40, 5000]) {
      if (type === MESSAGE.caughtUp || type === MESSAGE.mediaCaughtUp) continue
      const { puppet, link } = await puppetFor(t, side)
      await puppet.introduce(STRANGER)
      puppet.send(
        type,
        randomBytes(size).map((byte) => byte | 128)
      )
      t.is(await outcome(link.closed), 'PEER_INVALID', `${size} bytes as message ${type}`)
    }
  }
  t.alike(lengths(side), before)
  await assertOthersGoOn(t, side)
})

test('garbage below the encryption ends the connection', async (t) => {
  const side = await createSide(t, { silenceMs: 400 })
  for (const place of [0, 10, 45, 300]) {
    const other = await createSide(t, { silenceMs: 400 })
    const { links, wire } = link(side, other, { latency: 1 })
    wire.a.write(randomBytes(place === 0 ? 100 : place))
    const codes = await Promise.all(links.map((l) => outcome(l.closed)))
    t.ok(
      codes.every((code) => code.startsWith('PEER_')),
      codes.join(' ')
    )
  }
  await assertOthersGoOn(t, side)
})

test('a million feeds end the connection', async (t) => {
  const side = await createSide(t)
  const { puppet, link } = await puppetFor(t, side)
  await puppet.introduce(STRANGER)
  const proof = { rootHash: randomBytes(32), signature: randomBytes(64) }
  for (let n = 0; n < 1_000_000 && !puppet.closed; n += 256) {
    const heads = Array.from({ length: 256 }, () => {
      return { feed: toFeedId(randomBytes(32)), length: 1, ...proof }
    })
    puppet.send(MESSAGE.heads, encodeHeads({ heads, last: false }))
    await new Promise<void>((go) => puppet.channel.onceDrained(go))
  }
  const error: any = await link.caughtUp.catch((e: unknown) => e)
  t.is(error.code, 'PEER_INVALID')
  t.ok(/more than 65536 feeds/.test(error.message), error.message)
  t.is(side.log.ends().size, 1)
  await assertOthersGoOn(t, side)
})

/** Answers every question of the side with what `answer` makes of it. */
function serve(puppet: Puppet, answer: (from: number, to: number) => Uint8Array): void {
  const work = async (): Promise<void> => {
    for (;;) {
      const { id, question } = decodeQuestion(await puppet.until(MESSAGE.question))
      if (question.kind === 'places') {
        const bytes = new Uint8Array(2 * question.places.length)
        puppet.send(MESSAGE.answer, encodeAnswer({ id, byteLength: bytes.length, first: bytes }))
      } else {
        const first = answer(question.from, question.to)
        puppet.send(MESSAGE.answer, encodeAnswer({ id, byteLength: first.byteLength, first }))
      }
    }
  }
  work().catch(() => {})
}

test('forged runs are refused, the sound ones are taken, and the connection ends', async (t) => {
  const side = await createSide(t)
  const [sound, forged] = [Author.withEntries(1, 10), Author.withEntries(2, 10)]
  const { puppet, link } = await puppetFor(t, side)
  ;(await puppet.introduce(STRANGER)).heads([sound.head(), forged.head()])
  const work = async (): Promise<void> => {
    for (;;) {
      const { id, question } = decodeQuestion(await puppet.until(MESSAGE.question))
      let first = new Uint8Array(0)
      if (question.kind === 'places') first = new Uint8Array(2 * question.places.length)
      else {
        const run = (question.feed === sound.feed ? sound : forged).run(question.from, 11)
        const blocks = run.blocks.map((block) => new Uint8Array(block))
        if (question.feed === forged.feed) blocks[5]![40]! ^= 1
        first = new Uint8Array(encodeRun({ ...run, blocks }))
      }
      puppet.send(MESSAGE.answer, encodeAnswer({ id, byteLength: first.byteLength, first }))
    }
  }
  work().catch(() => {})
  puppet.send(MESSAGE.caughtUp, new Uint8Array(0))
  const report = await link.caughtUp
  t.alike(
    report.refused.map(({ feed, code }) => [feed, code]),
    [[forged.feed, 'FEED_FORGED']]
  )
  t.is(side.log.ends().get(sound.feed)?.length, 11)
  t.absent(side.log.ends().has(forged.feed))
  t.is(await outcome(link.closed), 'PEER_INVALID')
  await assertOthersGoOn(t, side)
})

test('lies about lengths are found out', async (t) => {
  const author = Author.withEntries(1, 10)
  const lies: Record<string, (run: Run) => Uint8Array> = {
    'nothing at all': () => new Uint8Array(0),
    'another place': () => encodeRun(author.run(2, 11)),
    'a block too few': (run) => encodeRun({ ...run, blocks: run.blocks.slice(1) }),
    'an end far away': (run) => encodeRun({ ...run, to: 2 ** 39 }),
    'cut off': (run) => encodeRun(run).subarray(0, 200)
  }
  for (const [name, lie] of Object.entries(lies)) {
    const side = await createSide(t)
    const { puppet, link } = await puppetFor(t, side)
    serve(puppet, () => lie(author.run()))
    ;(await puppet.introduce(STRANGER)).heads([author.head()])
    t.is(await outcome(link.caughtUp), 'PEER_INVALID', name)
    t.is(side.log.ends().size, 1)
  }
})

test('a head that its writer did not sign is refused', async (t) => {
  const side = await createSide(t)
  const { puppet, link } = await puppetFor(t, side)
  const author = Author.withEntries(1, 10)
  serve(puppet, () => new Uint8Array(0))
  ;(await puppet.introduce(STRANGER)).heads([{ ...author.head(), length: 1000 }])
  puppet.send(MESSAGE.caughtUp, new Uint8Array(0))
  const { refused } = await link.caughtUp
  t.alike(
    refused.map(({ code }) => code),
    ['FEED_FORGED']
  )
  t.is(await outcome(link.closed), 'PEER_INVALID')
})

test('a peer that goes on answering with nothing is given up', async (t) => {
  const side = await createSide(t)
  const { puppet, link } = await puppetFor(t, side)
  ;(await puppet.introduce(STRANGER)).heads([Author.withEntries(1, 10).head()])
  const { id } = decodeQuestion(await puppet.until(MESSAGE.question))
  puppet.send(MESSAGE.answer, encodeAnswer({ id, byteLength: 10, first: new Uint8Array(9) }))
  puppet.send(MESSAGE.chunk, new Uint8Array(0))
  puppet.bye()
  t.is(await outcome(link.caughtUp), 'PEER_INVALID')
})

test('an answer that was promised longer than any run is refused at once', async (t) => {
  const side = await createSide(t)
  const { puppet, link } = await puppetFor(t, side)
  ;(await puppet.introduce(STRANGER)).heads([Author.withEntries(1, 10).head()])
  await puppet.until(MESSAGE.question)
  const first = new Uint8Array(10)
  puppet.send(MESSAGE.answer, encodeAnswer({ id: 1, byteLength: 2 ** 40, first }))
  t.is(await outcome(link.caughtUp), 'PEER_INVALID')
})
