// Parts read by another thread are what the store itself gives, proofs and all; and a thread that is
// not there, or ends half way, is not missed.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import type { FeedStore } from '../../lib/log/feed-store.js'
import type { PartOrder } from '../../lib/log/part.js'
import { PartReader, type PartReaderOptions } from '../../lib/log/part-reader.js'
import { Author } from '../helpers/author.js'
import { createLog, storeOf } from '../helpers/logs.js'

const LENGTH = 2500
const author = Author.withEntries(1, LENGTH)
const ORDERS: readonly PartOrder[] = [
  { feed: author.feed, from: 0, to: 1024, prove: true },
  { feed: author.feed, from: 1030, to: 2048, prove: true },
  { feed: author.feed, from: 2048, to: LENGTH, prove: false }
]

async function storeWith(t: Assertion): Promise<FeedStore> {
  const store = storeOf(await createLog(t))
  await append(store, 0, LENGTH)
  return store
}

async function append(store: FeedStore, from: number, to: number): Promise<void> {
  for (let at = from; at < to;) {
    const next = Math.min(to, (Math.floor(at / 1024) + 1) * 1024)
    await store.append(author.feed, author.blocks.slice(at, next), next, author.sign(next))
    at = next
  }
}

/** Ended before the store is closed, whatever becomes of the test. */
function readerOf(t: Assertion, store: FeedStore, options?: PartReaderOptions): PartReader {
  const reader = new PartReader(store, options)
  t.teardown(() => reader.close(), { order: -1 })
  return reader
}

async function expectWhole(t: Assertion, reader: PartReader, how: string): Promise<void> {
  const parts = await Promise.all(ORDERS.map((order) => reader.read(order)))
  const wrong = parts.filter(({ blocks, cut }, i) => {
    const { from, to, prove } = ORDERS[i]!
    const same = blocks.length === to - from && blocks.every((block, n) => isBlock(block, from + n))
    const proven = cut?.length === to && b4a.equals(cut.rootHash, author.rootHash(to))
    return !same || proven !== prove
  })
  t.is(wrong.length, 0, `${how}: blocks and proofs are the author's`)
}

function isBlock(block: Uint8Array, seq: number): boolean {
  return b4a.equals(block, author.blocks[seq]!)
}

async function untilHelped(reader: PartReader): Promise<void> {
  const before = reader.byThread
  while (reader.byThread === before) {
    await reader.read(ORDERS[0]!)
    await sleep(5)
  }
}

test('parts read by another thread are those of the store', { timeout: 60_000 }, async (t) => {
  const store = await storeWith(t)
  const reader = readerOf(t, store, { worthAThread: 1000 })
  await expectWhole(t, reader, 'before it is there')
  await untilHelped(reader)
  const before = reader.byThread
  await expectWhole(t, reader, 'by the thread')
  t.is(reader.byThread, before + ORDERS.length)
})

test('blocks appended since the thread opened the store are read all the same', async (t) => {
  const store = await storeWith(t)
  const reader = readerOf(t, store, { worthAThread: 1000 })
  await untilHelped(reader)
  await append(store, LENGTH, author.blocks.length)
  const before = reader.byThread
  const order = { feed: author.feed, from: 2048, to: author.blocks.length, prove: false }
  const { blocks } = await reader.read(order)
  t.ok(blocks.every((block, n) => isBlock(block, 2048 + n)))
  t.is(blocks.length, author.blocks.length - 2048)
  t.is(reader.byThread, before)
})

test('a little to read is not worth a thread, and one that rests ends', async (t) => {
  const store = await storeWith(t)
  const little = readerOf(t, store)
  await expectWhole(t, little, 'a little')
  const reader = readerOf(t, store, { worthAThread: 1000 })
  await untilHelped(reader)
  await sleep(1500)
  t.is(little.byThread, 0)
  const before = reader.byThread
  await expectWhole(t, reader, 'after a rest')
  t.is(reader.byThread, before)
  await untilHelped(reader)
  t.pass('and is started again')
})

test('what is asked for while it is closed is read to the end', async (t) => {
  const reader = readerOf(t, await storeWith(t), { worthAThread: 1000 })
  await untilHelped(reader)
  await Promise.all([expectWhole(t, reader, 'meanwhile'), reader.close()])
  await expectWhole(t, reader, 'after that')
})

test('a thread that cannot be started, or ends half way, is not missed', async (t) => {
  const store = await storeWith(t)
  const folder = await t.tmp()
  const scripts = {
    'is not there': null,
    'throws at once': 'throw new Error("forbidden")',
    'ends at its first order': `import { parentPort } from 'node:worker_threads'
      parentPort.on('message', () => process.exit(1))
      parentPort.postMessage('ready')`,
    'cannot read a thing': `import { parentPort } from 'node:worker_threads'
      parentPort.on('message', ({ number }) => {
        if (number === undefined) parentPort.close()
        else parentPort.postMessage({ number })
      })
      parentPort.postMessage('ready')`
  }
  for (const [what, text] of Object.entries(scripts)) {
    const file = join(folder, `${what}.mjs`)
    if (text !== null) await writeFile(file, text)
    const reader = readerOf(t, store, { worthAThread: 1, script: pathToFileURL(file) })
    for (let i = 0; i < 10; i++) {
      await expectWhole(t, reader, `a thread that ${what}`)
      await sleep(30)
    }
    t.is(reader.byThread, 0)
    await reader.close()
  }
})
