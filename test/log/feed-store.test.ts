import { join } from 'node:path'
import test from 'brittle'
import b4a from 'b4a'
import { type FeedStore, MAX_OPEN_FEEDS } from '../../lib/log/feed-store.js'
import { Author, observation } from '../helpers/author.js'
import { crash, createLog, storeOf } from '../helpers/logs.js'

test('of 300 feeds never more than 256 are open, and each can still be read', async (t) => {
  const log = await createLog(t)
  const store = storeOf(log)
  // Straight into the store: 300 admissions are not what this is about.
  const authors = []
  let most = 0
  for (let i = 0; i < 300; i++) {
    const author = Author.withEntries(i, 2)
    authors.push(author)
    const { feed, blocks, to, signature } = author.run()
    await store.append(feed, blocks, to, signature)
    most = Math.max(most, log.openFeeds)
  }
  t.is(most, MAX_OPEN_FEEDS)
  const wrong = []
  for (const { feed, blocks } of authors) {
    const [first] = await store.read(feed, 0, 1)
    if (!first || !b4a.equals(first, blocks[0]!)) wrong.push(feed)
    most = Math.max(most, log.openFeeds)
  }
  t.alike(wrong, [])
  t.is(most, MAX_OPEN_FEEDS)
  t.is((await store.ends()).size, 301)
})

test('feeds that are written and read at the same time, many more than may be open, are all whole', async (t) => {
  const log = await createLog(t)
  const store = storeOf(log)
  const authors = Array.from({ length: 300 }, (_, i) => Author.withEntries(i, 1))
  const runs = authors.map((author) => author.run())
  await Promise.all(
    runs.map(({ feed, blocks, to, signature }) => store.append(feed, blocks, to, signature))
  )
  const read = await Promise.all(authors.map(({ feed }) => store.read(feed, 0, 2)))
  t.alike(
    read,
    authors.map(({ blocks }) => blocks)
  )
})

test('the own key pair is the same each time and differs from number to number', async (t) => {
  const store = storeOf(await createLog(t))
  const [a, b, again] = [
    await store.ownKeyPair('0'),
    await store.ownKeyPair('1'),
    await store.ownKeyPair('0')
  ]
  t.alike(a.publicKey, again.publicKey)
  t.unlike(a.publicKey, b.publicKey)
})

test('a run with a wrong signature is refused with null and changes nothing', async (t) => {
  const store = storeOf(await createLog(t))
  const author = Author.withEntries(3, 4)
  await store.append(author.feed, author.blocks.slice(0, 2), 2, author.sign(2))
  const before = (await store.ends()).get(author.feed)
  const wrong = author.sign(4)
  t.is(await store.append(author.feed, author.blocks.slice(2), 5, wrong), null)
  t.alike((await store.ends()).get(author.feed), before)
  const end = await store.append(author.feed, author.blocks.slice(2), 5, author.sign(5))
  t.alike(end?.rootHash, author.rootHash(5))
})

test('a root hash can be had for every length that is held', async (t) => {
  const store = storeOf(await createLog(t))
  const author = Author.withEntries(3, 20)
  await store.append(author.feed, author.blocks, 21, author.sign(21))
  for (let length = 1; length <= 21; length++) {
    t.alike(await store.rootHash(author.feed, length), author.rootHash(length))
  }
})

test('a block that is not there is DEVICE_DAMAGED with feed and sequence number', async (t) => {
  const log = await createLog(t)
  await t.exception(storeOf(log).read(log.id, 0, 3), { code: 'DEVICE_DAMAGED', seq: 1 })
})

test('an append, own or received, is one write, and says how far the feed is whole', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  const author = Author.withEntries(4, 3)
  await log.append(author.run())
  author.observe()
  const { stats } = (storeOf(log) as any).store.storage.db._state
  const before = stats.writeBatches
  await log.write([observation(1, 1)])
  await log.append(author.run(4))
  t.is(stats.writeBatches - before, 2)
  await crash(log)

  const again = await createLog(t, { dir })
  for (const [feed, { length }] of again.ends()) {
    const store = storeOf(again) as any
    t.is(await store.use(feed, async (core: any) => core.contiguousLength), length)
  }
})

test('an own entry that was written although it was said to have failed does not stand for the next', async (t) => {
  const log = await createLog(t)
  fillBehindAppend(storeOf(log))
  await t.exception(log.write([observation(1, 1)]), { code: 'NO_SPACE' })
  const [ref] = await log.write([observation(2, 1)])
  t.alike((await log.entry(log.id, ref!.seq))?.ref, ref)
  t.is(ref!.seq, 2, 'behind the other one')
})

test('a received run that was written although it was said to have failed is no forgery', async (t) => {
  const log = await createLog(t)
  const author = Author.withEntries(5, 3)
  fillBehindAppend(storeOf(log))
  await t.exception(log.append(author.run()), { code: 'NO_SPACE' })
  author.observe()
  await log.append(author.run())
  t.alike(log.ends().get(author.feed)?.rootHash, author.rootHash(5))
})

test('a store that a full disk has stopped is not opened anew behind its closing', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  fillBehindAppend(storeOf(log))
  await t.exception(log.write([observation(1, 1)]), { code: 'NO_SPACE' })
  await crash(log)
  await t.exception(log.write([observation(2, 1)]), { code: 'CLOSED' })
  await t.execution(createLog(t, { dir }), 'nobody has the folder')
})

/** The disk fills up between the next append and what is written behind it. */
function fillBehindAppend(store: FeedStore): void {
  const { cores } = store as any
  const use = cores.use.bind(cores)
  cores.use = (feed: string, work: (core: unknown) => Promise<unknown>) =>
    use(feed, (core: any) => {
      delete cores.use
      core.append = async (...given: unknown[]) => {
        delete core.append
        await core.append(...given)
        throw Object.assign(new Error('write'), { code: 'ENOSPC' })
      }
      return work(core)
    })
}
