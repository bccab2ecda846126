// The log as a replica: what it takes, what it refuses, and that a refused feed leaves no trace, not
// even the empty record that hypercore would leave.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import b4a from 'b4a'
import { MAX_BLOCK_BYTES } from '../../lib/log/block-cipher.js'
import type { Log } from '../../lib/log/log.js'
import { Frontier } from '../../lib/log/merkle.js'
import { Project } from '../../lib/log/project.js'
import type { Run } from '../../lib/log/replica.js'
import { isSigned } from '../../lib/log/signature.js'
import { Author, observation } from '../helpers/author.js'
import { OTHER_PROJECT_KEY } from '../helpers/fixed.js'
import { coresIn, createLog, storeOf, verifyCheckpoints } from '../helpers/logs.js'
import { codeOf, rejection } from '../helpers/rejection.js'

const stranger = new Project(OTHER_PROJECT_KEY)
const author = (): Author => Author.withEntries(1, 4)

function signedBy(other: Author, run: Run): Run {
  return { ...run, signature: other.sign(run.to, run.rootHash) }
}

function swapped(run: Run): Run {
  const [hello, first, second, ...rest] = run.blocks
  return { ...run, blocks: [hello!, second!, first!, ...rest] }
}

function flipped(run: Run): Run {
  const last = b4a.from(run.blocks.at(-1)!)
  last[30]! ^= 1
  return { ...run, blocks: [...run.blocks.slice(0, -1), last] }
}

/** Its tree and signature are those of two blocks, and it would leave one to append. */
function beforeZero(): Run {
  const [hello, twice] = [new Author(1).hello(), new Author(1)]
  const blocks = [hello.blocks[0]!, hello.blocks[0]!]
  for (const block of blocks) twice.put(block)
  const signature = hello.sign(1, twice.rootHash(2))
  return { ...hello.run(), from: -1, to: 1, blocks, signature }
}

/** Signed, and sound but for its size. */
function tooMany(): Run {
  const writer = new Author(1).hello()
  while (writer.blocks.length <= 16 * 1024) writer.put(b4a.alloc(0))
  return writer.run()
}

const large = new Uint8Array(MAX_BLOCK_BYTES + 1)
const forgeries: Array<[what: string, code: string, run: () => Run]> = [
  ['of another project', 'FEED_NOT_ADMITTED', () => Author.withEntries(1, 4, stranger).run()],
  [
    "with another project's admission",
    'FEED_NOT_ADMITTED',
    () => new Author(1).hello(stranger).observe().run()
  ],
  ['that begins with no hello', 'FEED_NOT_ADMITTED', () => new Author(1).observe().run()],
  [
    "with another writer's hello",
    'FEED_NOT_ADMITTED',
    () => ({ ...author().run(), feed: new Author(2).feed })
  ],
  ['signed by another writer', 'FEED_FORGED', () => signedBy(new Author(2), author().run())],
  [
    'with a signature of zeros',
    'FEED_FORGED',
    () => ({ ...author().run(), signature: new Uint8Array(64) })
  ],
  [
    'with a signature that is too short',
    'FEED_FORGED',
    () => ({ ...author().run(), signature: new Uint8Array(3) })
  ],
  [
    'with bytes after its signature',
    'FEED_FORGED',
    () => ({ ...author().run(), signature: b4a.concat([author().sign(5), b4a.alloc(9)]) })
  ],
  ['with two blocks in exchanged places', 'FEED_FORGED', () => swapped(author().run())],
  ['with a flipped bit', 'FEED_FORGED', () => flipped(author().run())],
  [
    'with a block too few',
    'FEED_FORGED',
    () => ({ ...author().run(), blocks: author().blocks.slice(1) })
  ],
  ['that says it is longer', 'FEED_FORGED', () => ({ ...author().run(), to: 6 })],
  ['that begins before 0', 'FEED_FORGED', beforeZero],
  [
    'that begins between two blocks',
    'FEED_FORGED',
    () => ({ ...author().run(), from: -0.5, to: 4.5 })
  ],
  ['with a block that is too large', 'FEED_FORGED', () => author().put(large).run()],
  ['with more blocks than a run may have', 'FEED_FORGED', tooMany],
  ['that begins in the middle', 'BASE_MISSING', () => author().run(2)]
]

for (const [what, code, run] of forgeries) {
  test(`a new feed ${what} is ${code} and leaves no trace`, async (t) => {
    const log = await createLog(t)
    const error = await rejection(log.append(run()))
    t.is(error.code, code)
    t.is(error.feed, run().feed)
    t.alike([...(await log.heads()).keys()], [log.id])
    t.is(await coresIn(log), 1, 'no record in the store, not even an empty one')
  })
}

const continuations: Array<[what: string, code: string, run: () => Run]> = [
  ['signed by another writer', 'FEED_FORGED', () => signedBy(new Author(2), author().run(2))],
  ['with two blocks in exchanged places', 'FEED_FORGED', () => swapped(author().run(2))],
  ['with a flipped bit', 'FEED_FORGED', () => flipped(author().run(2))],
  ['over other blocks than those held', 'FEED_FORGED', () => Author.withEntries(1, 4).run(2)],
  ['that leaves a gap', 'BASE_MISSING', () => author().run(3)]
]

for (const [what, code, run] of continuations) {
  test(`a continuation ${what} is ${code}, and the right one is taken after it`, async (t) => {
    const log = await createLog(t)
    const honest = author()
    await log.append(honest.run(0, 2))
    const forged = run()
    t.is(await codeOf(() => log.append(forged)), code)
    t.alike(log.ends().get(honest.feed)?.rootHash, honest.rootHash(2))
    await log.append(honest.run(2))
    t.alike(log.ends().get(honest.feed)?.rootHash, honest.rootHash(5))
  })
}

test('who may sign a feed cannot be said by whoever carries it', async (t) => {
  const log = await createLog(t)
  const [victim, thief] = [author(), new Author(2)]
  const run = signedBy(thief, victim.run())
  const manifest = { version: 1, signers: [{ publicKey: thief.feed }] }
  t.is(await codeOf(() => log.append({ ...run, manifest, key: thief.feed } as Run)), 'FEED_FORGED')
  t.is(await coresIn(log), 1)
})

test('a run that overlaps what is held adds what is new, and one that adds nothing is no error', async (t) => {
  const log = await createLog(t)
  const honest = author()
  await log.append(honest.run(0, 3))
  await log.append(honest.run(1))
  await log.append(honest.run(0, 2))
  t.alike(await storeOf(log).read(honest.feed, 0, 5), honest.blocks)
})

test('the same run from two sides at once is taken once', async (t) => {
  const log = await createLog(t)
  const honest = author()
  await Promise.all([
    log.append(honest.run()),
    log.append(honest.run()),
    log.append(honest.run(0, 3))
  ])
  t.is(log.ends().get(honest.feed)?.length, 5)
})

test('what was received is there after a restart', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  const honest = author()
  await log.append(honest.run())
  await log.commit()
  const heads = await log.heads()
  await log.close()
  const again = await createLog(t, { dir })
  t.alike(sorted(await again.heads()), sorted(heads))
})

test('a log gives runs that end at checkpoints and prove themselves', async (t) => {
  const log = await createLog(t)
  await log.write(Array.from({ length: 2100 }, (_, i) => observation(1, i)))
  const runs = await collect(log.read(log.id, 5, 2103))
  t.alike(
    runs.map(({ from, to }) => [from, to]),
    [
      [5, 1024],
      [1024, 2048],
      [2048, 2103]
    ]
  )
  t.absent(runs.find((run) => !isSigned({ ...run, length: run.to })))
  t.absent(runs.find((run) => run.blocks.length !== run.to - run.from))
})

test('runs of one log make another log the same, checkpoints and all', async (t) => {
  const [a, b] = [await createLog(t), await createLog(t)]
  await a.write(Array.from({ length: 2100 }, (_, i) => observation(1, i)))
  for await (const run of a.read(a.id, 0, 2103)) await b.append(run)
  t.alike(b.ends().get(a.id), a.ends().get(a.id))
  t.alike(await verifyCheckpoints(b, a.id), { sound: [1024, 2048], broken: [] })
})

test('a feed with nonsense in the place of a checkpoint is taken, and cut at the next sound one', async (t) => {
  const log = await createLog(t)
  const broken = new Author(1).hello()
  while (broken.blocks.length < 1024) broken.observe()
  broken.put(b4a.alloc(65, 1))
  while (broken.blocks.length < 2050) broken.observe()
  await log.append(broken.run())
  t.alike(await verifyCheckpoints(log, broken.feed), { sound: [2048], broken: [1024] })
  const runs = await collect(log.read(broken.feed, 0, 2050))
  t.alike(
    runs.map(({ from, to }) => [from, to]),
    [
      [0, 2048],
      [2048, 2050]
    ]
  )
})

test('a signed block that nobody can read is carried and shown as unreadable', async (t) => {
  const log = await createLog(t)
  const odd = author().put(b4a.alloc(80)).put(b4a.alloc(0))
  await log.append(odd.run())
  t.is((await log.entry(odd.feed, 5))?.entry.kind, 'unreadable')
  t.is((await log.entry(odd.feed, 6))?.entry.kind, 'unreadable')
})

test('entries come in order and without checkpoints; a checkpoint is no entry', async (t) => {
  const log = await createLog(t)
  await log.write(Array.from({ length: 1030 }, (_, i) => observation(1, i)))
  const seqs: number[] = []
  for await (const batch of log.entries(log.id, 1020, 1030)) {
    for (const { ref } of batch) seqs.push(ref.seq)
  }
  t.alike(seqs, [1020, 1021, 1022, 1023, 1025, 1026, 1027, 1028, 1029])
  t.is(await log.entry(log.id, 1024), null)
  t.is(await log.entry(log.id, 5000), null)
  t.is(await log.entry('y'.repeat(52), 0), null)
})

test('byte length and root hash of any part are those of its blocks', async (t) => {
  const log = await createLog(t)
  const honest = author()
  await log.append(honest.run())
  const bytes = honest.blocks.slice(1, 4).reduce((sum, block) => sum + block.byteLength, 0)
  t.is(await log.byteLength(honest.feed, 1, 4), bytes)
  t.alike(await log.rootHash(honest.feed, 3), honest.rootHash(3))
  t.is(await log.rootHash(honest.feed, 6), null)
  t.is(await log.rootHash(new Author(9).feed, 1), null)
})

test('own entries are in HEAD before a head of theirs is shown to anyone', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  const inHead = async (): Promise<number> =>
    JSON.parse(await readFile(join(dir, 'HEAD'), 'utf8')).length
  await log.write([observation(1, 1)])
  t.is(await inHead(), 1)
  await log.heads()
  t.is(await inHead(), 2)
})

test('heads are right where the own feed is given up for a fresh one meanwhile', async (t) => {
  const log = await createLog(t)
  await log.write([observation(1, 1)])
  await log.flush()
  const store = storeOf(log)
  const forked = log.id
  store.flushLog = async () => {
    store.flushLog = async () => {}
    await log.writer.noteFork(forked, 1)
  }
  const heads = await log.heads()
  t.not(log.id, forked)
  for (const [feed, { length, rootHash }] of log.ends()) {
    const head = heads.get(feed)
    t.alike([head?.length, head?.rootHash], [length, rootHash])
  }
})

test('two writes at once are appended one after the other', async (t) => {
  const log = await createLog(t)
  const refs = (
    await Promise.all([
      log.write([observation(1, 1), observation(1, 2)]),
      log.write([observation(1, 3)])
    ])
  ).flat()
  t.alike(
    refs.map(({ seq }) => seq),
    [1, 2, 3]
  )
  const blocks = await storeOf(log).read(log.id, 0, 4)
  t.alike(new Frontier().appendAll(blocks).rootHash(), log.ends().get(log.id)?.rootHash)
})

function sorted(heads: Awaited<ReturnType<Log['heads']>>): unknown[] {
  return [...heads].sort(([a], [b]) => (a < b ? -1 : 1))
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all = []
  for await (const item of source) all.push(item)
  return all
}
