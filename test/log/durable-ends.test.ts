import test from 'brittle'
import b4a from 'b4a'
import { DurableEnds } from '../../lib/log/durable-ends.js'
import { FeedEnds } from '../../lib/log/feed-ends.js'

function end(length: number): { length: number; rootHash: Uint8Array; signature: Uint8Array } {
  return { length, rootHash: b4a.alloc(32), signature: b4a.alloc(64) }
}

test('what was there at the beginning is durable, what is appended only after a flush', async (t) => {
  const ends = new FeedEnds()
  ends.set('a', end(3))
  const durable = new DurableEnds(ends)
  ends.set('a', end(5))
  ends.set('b', end(1))
  t.alike([...durable.entries()], [['a', 3]])
  t.ok(durable.isBehind)
  const told: string[][] = []
  durable.listen((feeds) => told.push([...feeds].sort()))
  await durable.flush(async () => {})
  t.alike(
    new Map(durable.entries()),
    new Map([
      ['a', 5],
      ['b', 1]
    ])
  )
  t.absent(durable.isBehind)
  await durable.flush(async () => {})
  t.alike(told, [['a', 'b']])
})

test('what is appended while a flush runs waits for the next one', async (t) => {
  const ends = new FeedEnds()
  const durable = new DurableEnds(ends)
  ends.set('a', end(3))
  await durable.flush(async () => void ends.set('a', end(4)))
  t.is(durable.lengthOf('a'), 3)
  t.ok(durable.isBehind)
  await durable.flush(async () => {})
  t.is(durable.lengthOf('a'), 4)
})

test('a flush that fails makes nothing durable', async (t) => {
  const ends = new FeedEnds()
  const durable = new DurableEnds(ends)
  ends.set('a', end(3))
  await t.exception(
    durable.flush(async () => {
      throw new Error('full')
    }),
    /full/
  )
  t.is(durable.lengthOf('a'), 0)
  await durable.flush(async () => {})
  t.is(durable.lengthOf('a'), 3)
})
