import test from 'brittle'
import { Claims } from '../../lib/peer/claims.js'
import { waitFor } from '../helpers/wait-for.js'
import { Author } from '../helpers/author.js'
import { MESSAGE, decodeQuestion, encodeAnswer, encodeRun } from '../../lib/peer/messages.js'
import { createSide, link, outcome, puppetFor } from './helpers.js'

const [one, two, three] = [{}, {}, {}]
const { signal } = new AbortController()

test('a feed is fetched by one at a time, in the order of asking', async (t) => {
  const claims = new Claims()
  const first = await claims.take('feed', one, signal, Infinity)
  const order: string[] = []
  const next = claims.take('feed', two, signal, Infinity).then((claim) => {
    order.push('second')
    return claim
  })
  const last = claims.take('feed', three, signal, Infinity).then(() => order.push('third'))
  first!.fetched()
  first!.finish()
  t.alike(order, [])
  claims.landed('feed', one)
  ;(await next)!.finish()
  await last
  t.alike(order, ['second', 'third'])
})

test('a claim is given up for who is faster by far or not known, and for no other', async (t) => {
  const claims = new Claims()
  const claim = await claims.take('feed', one, signal)
  void claims.take('feed', two, signal, 15)
  t.absent(claims.isWanted('feed', 10))
  const faster = claims.take('feed', three, signal, 25)
  t.ok(claims.isWanted('feed', 10))
  claim!.speed = 10
  claim!.finish()
  t.is((await faster)!.owner, three)
})

test('who no longer wants a feed is passed over', async (t) => {
  const claims = new Claims()
  const aborter = new AbortController()
  const claim = await claims.take('feed', one, signal)
  const gone = claims.take('feed', two, aborter.signal, Infinity)
  aborter.abort()
  t.is(await gone, null)
  t.absent(claims.isWanted('feed', 1))
  claim!.finish()
  t.ok(await claims.take('feed', three, signal))
})

test('who gave what was refused has no further turn, whatever was under way', async (t) => {
  const claims = new Claims()
  const claim = await claims.take('feed', one, signal)
  claim!.fetched()
  claim!.fetched()
  const next = claims.take('feed', two, signal)
  const again = claims.take('feed', one, signal)
  claims.landed('feed', one, true)
  t.is((await next)!.owner, two)
  t.is(await again, null)
  t.ok(claim!.isRefused)
})

test('a slow peer does not keep a feed from a fast one', async (t) => {
  const author = Author.withEntries(1, 5000)
  const { length } = author.blocks
  const givers = [await createSide(t), await createSide(t)] as const
  for (let from = 0; from < length; from += 1024) {
    for (const { log } of givers) await log.append(author.run(from, Math.min(length, from + 1024)))
  }
  const taker = await createSide(t)
  const slow = link(taker, givers[0], { bandwidth: 40_000 }).links
  await waitFor(() => slow[0].bytesReceived > 0)
  const fast = link(taker, givers[1]).links
  await Promise.all([...slow, ...fast].map((each) => each.caughtUp))
  t.is(taker.log.ends().get(author.feed)?.length, length)
  const [little, much] = [slow[0].bytesReceived, fast[0].bytesReceived]
  t.ok(little < much / 2, `${little} bytes from the slow one, ${much} from the fast one`)
})

test('a forged run holds up nobody who offers the feed, too', async (t) => {
  const author = Author.withEntries(1, 2000)
  const { length } = author.blocks
  const [side, other] = [await createSide(t), await createSide(t)]
  for (let from = 0; from < length; from += 1024) {
    await other.log.append(author.run(from, Math.min(length, from + 1024)))
  }
  const { puppet, link: forger } = await puppetFor(t, side)
  ;(await puppet.introduce(new Author(99).feed)).heads([author.head()])
  puppet.send(MESSAGE.caughtUp, new Uint8Array(0))
  const places = decodeQuestion(await puppet.until(MESSAGE.question))
  const none = new Uint8Array(2)
  puppet.send(MESSAGE.answer, encodeAnswer({ id: places.id, byteLength: 2, first: none }))
  const { id } = decodeQuestion(await puppet.until(MESSAGE.question))
  const honest = link(side, other).links[0]
  await waitFor(() => honest.peer !== null)
  await new Promise((go) => setTimeout(go, 100))
  const run = author.run(0, 1024)
  const blocks = run.blocks.map((block) => new Uint8Array(block))
  blocks[5]![40]! ^= 1
  const answer = encodeRun({ ...run, blocks })
  const { byteLength } = answer
  puppet.send(MESSAGE.answer, encodeAnswer({ id, byteLength, first: answer }))
  await honest.caughtUp
  t.is(side.log.ends().get(author.feed)?.length, length)
  puppet.bye()
  await outcome(forger.closed)
})
