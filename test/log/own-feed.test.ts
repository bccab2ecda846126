// The own feed in a real store: checkpoints are where they belong and verify, also after a crash at
// any point of the boundary between two of them.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import type { FeedStore } from '../../lib/log/feed-store.js'
import type { Log } from '../../lib/log/log.js'
import { observation } from '../helpers/author.js'
import { START } from '../helpers/fixed.js'
import { crash, createLog, storeOf, verifyCheckpoints } from '../helpers/logs.js'
import { codeOf } from '../helpers/rejection.js'

const entries = (count: number): ReturnType<typeof observation>[] =>
  Array.from({ length: count }, (_, i) => observation(1, i))

test('every 1,024th block is a checkpoint, also in the middle of one large write', async (t) => {
  const log = await createLog(t)
  await log.write(entries(3100))
  t.alike(await verifyCheckpoints(log), { sound: [1024, 2048, 3072], broken: [] })
})

test('the same checkpoints come from entries written one at a time', async (t) => {
  const log = await createLog(t)
  await log.write(entries(1020))
  for (const entry of entries(8)) await log.write([entry])
  t.alike(await verifyCheckpoints(log), { sound: [1024], broken: [] })
})

test('names of written versions skip the checkpoints and find their entries', async (t) => {
  const log = await createLog(t)
  const refs = await log.write(entries(1026))
  t.alike(
    refs.slice(1020).map(({ seq }) => seq),
    [1021, 1022, 1023, 1025, 1026, 1027]
  )
  for (const [i, ref] of refs.entries()) {
    if (i < 1020) continue
    const logged = await log.entry(ref.feed, ref.seq)
    t.alike(logged?.ref, ref)
    t.alike(logged?.entry, entries(1026)[i])
  }
})

// A feed of this length is what a crash leaves when it strikes there; 1024 is before the
// checkpoint, 1025 right after it.
for (const length of [1022, 1023, 1024, 1025, 1026]) {
  test(`after a crash that left ${length} blocks, writing goes on and checkpoints verify`, async (t) => {
    const dir = join(await t.tmp(), 'log')
    const log = await createLog(t, { dir })
    await log.write(entries(Math.min(length, 1024) - 1))
    if (length > 1024) await writeCheckpointAlone(log)
    if (length > 1025) await log.write(entries(length - 1025))
    t.is(log.ends().get(log.id)?.length, length)
    await crash(log)

    const again = await createLog(t, { dir })
    await again.write(entries(1100))
    t.alike(await verifyCheckpoints(again), { sound: [1024, 2048], broken: [] })
  })
}

for (const { what, parts, left, sound } of [
  { what: 'before its first part', parts: 0, left: 1, sound: [1024, 2048] },
  { what: 'right before a checkpoint', parts: 1, left: 1024, sound: [1024, 2048, 3072] },
  { what: 'right after a part with one', parts: 2, left: 2048, sound: [1024, 2048, 3072, 4096] }
]) {
  test(`a large write that is cut off ${what} leaves a feed to go on with`, async (t) => {
    const dir = join(await t.tmp(), 'log')
    const log = await createLog(t, { dir })
    stopAppending(storeOf(log), parts)
    await t.exception(log.write(entries(2500)), /power cut/)
    await crash(log)

    const again = await createLog(t, { dir })
    t.is(again.ends().get(again.id)?.length, left)
    await again.write(entries(2500))
    t.alike(await verifyCheckpoints(again), { sound, broken: [] })
  })
}

test('a write that fails leaves the log usable, and no half of it becomes part of the next', async (t) => {
  const log = await createLog(t)
  const restore = stopAppending(storeOf(log), 0)
  await t.exception(log.write(entries(3)), /power cut/)
  restore()
  const [ref] = await log.write([observation(2, 9)])
  t.is(ref?.seq, 1)
  t.alike((await log.entry(log.id, 1))?.entry, observation(2, 9))
})

test('an entry that is too large is refused, and the next one is written', async (t) => {
  const log = await createLog(t)
  const large = observation(1, 1, { tags: { note: 'x'.repeat(255 * 1024) } })
  t.is(await codeOf(() => log.write([large])), 'BLOCK_TOO_LARGE')
  t.is(log.ends().get(log.id)?.length, 1)
  await log.write(entries(1))
  t.is(log.ends().get(log.id)?.length, 2)
})

test('the clock goes on after what was written last, also when the wall clock went back', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  const clock = log.nextClock(START, [])
  await log.write([observation(1, 1, { clock })])
  await log.close()

  const again = await createLog(t, { dir, clock: { now: 0 } })
  t.is(again.nextClock(again.now(), []), clock + 1)
})

test('an edit that was lifted by a clock from 2106 does not lift the device after a restart', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  const [ref] = await log.write([observation(1, 1, { clock: START })])
  const lifted = log.nextClock(START, [Date.UTC(2106, 0, 1)])
  await log.write([observation(1, 2, { clock: lifted, links: [ref!] })])
  await log.close()

  const again = await createLog(t, { dir, clock: { now: START + 5 } })
  t.ok(again.nextClock(again.now(), []) < Date.UTC(2027, 0, 1))
})

for (const [what, forget] of [
  ['a HEAD', false],
  ['a HEAD of a version that kept no clock', true]
] as const) {
  test(`with ${what}, the clock goes on behind a hundred edits at a clock set back`, async (t) => {
    const dir = join(await t.tmp(), 'log')
    const clock = { now: START }
    const log = await createLog(t, { dir, clock })
    const first = log.nextClock(START, [])
    const [ref] = await log.write([observation(1, 1, { clock: first, updatedAt: START })])
    let last = first
    for (let i = 0; i < 100; i++) {
      last = log.nextClock(0, [first])
      const edit = { clock: last, links: [ref!], createdAt: START, updatedAt: 0 }
      await log.write([observation(1, 1, edit)])
    }
    t.is(last, START + 100)
    await log.close()
    if (forget) {
      const { clock: _, ...head } = JSON.parse(await readFile(join(dir, 'HEAD'), 'utf8'))
      await writeFile(join(dir, 'HEAD'), JSON.stringify(head))
    }
    const again = await createLog(t, { dir, clock: { now: 0 } })
    t.is(again.nextClock(0, []), last + 1)
  })
}

test('the clock goes on behind entries that were killed before HEAD knew of them', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  let last = 0
  for (let i = 0; i < 5; i++) {
    last = log.nextClock(START, [])
    await log.write([observation(1, i, { clock: last, updatedAt: START })])
  }
  await crash(log)
  const again = await createLog(t, { dir, clock: { now: 0 } })
  t.is(again.nextClock(0, []), last + 1)
})

async function writeCheckpointAlone(log: Log): Promise<void> {
  const own = log.writer.feed as unknown as {
    checkpoint(): Uint8Array
    appendBlocks(blocks: Uint8Array[]): Promise<void>
  }
  await own.appendBlocks([own.checkpoint()])
}

/** Lets `count` appends pass and fails from then on. */
function stopAppending(store: FeedStore, count: number): () => void {
  const append = store.append.bind(store)
  store.append = async (...args) => {
    if (count-- > 0) return append(...args)
    throw new Error('power cut')
  }
  return () => {
    store.append = append
  }
}
