// A sync file with damage anywhere: nothing wrong is ever taken from it, every feed that is intact
// still syncs, what is refused is named, writing to it makes nothing worse, and a device that has
// what is lost makes it whole.

import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import { sync } from '../../lib/exchange/sync.js'
import { openParts } from '../../lib/syncfile/open.js'
import type { SegmentPlace } from '../../lib/syncfile/directory.js'
import { Author } from '../helpers/author.js'
import { START } from '../helpers/fixed.js'
import { FaultyMedium, type Image, seeded } from './faulty-medium.js'
import {
  type Truth,
  assertWhole,
  failureOf,
  imageOf,
  lengthsIn,
  openOn,
  project,
  replicaOf,
  say,
  takeFrom,
  truthOf,
  upTo
} from './stick.js'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const [a, b, c] = [Author.withEntries(1, 8), Author.withEntries(2, 5), Author.withEntries(3, 3)]
const truth = truthOf(a, b, c)
const commits = [
  [upTo(a, 3), upTo(b, 2)],
  [upTo(a, 5), upTo(b, 4), c],
  [a, b]
]
const small = (await imageOf(commits)).files.get(1)!

function mediumWith(bytes: Uint8Array): FaultyMedium {
  return new FaultyMedium({ files: new Map([[1, bytes]]), published: true })
}

async function placesIn(bytes: Uint8Array): Promise<SegmentPlace[]> {
  const { file } = await openParts(mediumWith(bytes), project, () => START, false)
  return file.index.places()
}

function flipped(bytes: Uint8Array, at: number, mask = 0x10): Uint8Array {
  const out = b4a.from(bytes)
  out[at]! ^= mask
  return out
}

/** Throws unless all feeds but those of `hit` arrive whole, and those as far as they are sound. */
async function assertIntactArrive(
  bytes: Uint8Array,
  authors: Truth,
  hit: readonly SegmentPlace[],
  /** Whether what lists them is still there: else nobody can say whose they were. */
  listed = true
): Promise<ReadonlyMap<string, number>> {
  const { lengths, report } = await takeFrom(mediumWith(bytes), authors)
  for (const [feed, { blocks }] of authors) {
    const mine = hit.filter((place) => place.feed === feed)
    const until = Math.min(blocks.length, ...mine.map(({ from }) => from))
    if ((lengths.get(feed) ?? 0) < until) {
      throw new Error(`${feed}: ${lengths.get(feed)} of ${until} (${say(report)})`)
    }
    if (mine.length === 0 || !listed) continue
    const told = report.refused.find((refusal) => refusal.feed === feed)
    const named = mine.some(({ offset }) => told?.offset === offset) && told?.seq !== undefined
    if (told?.code !== 'SYNCFILE_DAMAGED' || !named) throw new Error(`not told: ${say(report)}`)
  }
  const innocent = report.refused.find(({ feed }) => hit.every((place) => place.feed !== feed))
  if (innocent !== undefined) throw new Error(`refused for nothing: ${innocent.message}`)
  return lengths
}

/** Verifies a damaged file, syncs it with a device that has everything; throws unless it is whole. */
async function assertHeals(bytes: Uint8Array, authors: Truth): Promise<void> {
  const medium = mediumWith(bytes)
  const file = await openOn(medium)
  await file.verify()
  const report = await sync(await replicaOf(...authors.values()), file)
  await file.close()
  if (report.refused.length > 0) throw new Error(say(report))
  await assertWhole(medium, { truth: authors, committed: new Map(), whole: await replicaOf() })
  await assertIntactArrive(medium.image.files.get(1)!, authors, [])
}

/** Throws if something that could be read before somebody wrote to the file cannot be read after. */
async function assertNoWorse(bytes: Uint8Array): Promise<void> {
  const before = (await takeFrom(mediumWith(bytes), truth)).lengths
  const medium = mediumWith(bytes)
  const stranger = Author.withEntries(9, 2)
  const more = truthOf(a, b, c, stranger)
  const file = await openOn(medium)
  await sync(await replicaOf(stranger), file)
  await file.close()
  const after = (await takeFrom(medium, more)).lengths
  for (const [feed, length] of before) {
    if ((after.get(feed) ?? 0) < length) throw new Error(`${feed}: ${length} to ${after.get(feed)}`)
  }
  if (!file.readOnly && after.get(stranger.feed) !== 3)
    throw new Error('what was sent is not there')
}

async function each(
  t: Assertion,
  cases: Iterable<number>,
  work: (n: number) => Promise<unknown>
): Promise<void> {
  let count = 0
  for (const n of cases) {
    try {
      await work(n)
    } catch (error) {
      return t.fail(`at ${n}: ${(error as Error).stack}`)
    }
    count++
  }
  t.pass(`${count} cases`)
}

function* steps(from: number, to: number, step: number): Generator<number> {
  for (let n = from; n < to; n += step) yield n
}

test('any byte flipped: all that is intact arrives, the rest is named', async (t) => {
  const places = await placesIn(small)
  await each(t, steps(0, small.byteLength, 1), (at) => {
    const hit = places.filter(({ offset, byteLength }) => offset <= at && at < offset + byteLength)
    return assertIntactArrive(flipped(small, at, 1 << (at % 8)), truth, hit)
  })
})

test('any byte flipped: writing to the file makes nothing worse', async (t) => {
  t.comment(`seed ${seed}`)
  const start = Math.floor(seeded(seed)() * 5)
  await each(t, steps(start, small.byteLength, 5), (at) => assertNoWorse(flipped(small, at)))
})

test('any byte flipped: verify and a sync make the file whole', async (t) => {
  t.comment(`seed ${seed}`)
  const start = Math.floor(seeded(seed)() * 5)
  await each(t, steps(start, small.byteLength, 5), (at) => assertHeals(flipped(small, at), truth))
})

test('any byte flipped: verify says so and where', async (t) => {
  await each(t, steps(0, small.byteLength, 1), async (at) => {
    const file = await openOn(mediumWith(flipped(small, at)))
    const problems = await file.verify()
    const near = problems.some(({ offset }) => offset !== undefined && offset <= at)
    if (!near) throw new Error(`found ${JSON.stringify(problems)}`)
  })
})

test('cut off anywhere, the file can be written to and is made whole', async (t) => {
  t.comment(`seed ${seed}`)
  const start = 512 + Math.floor(seeded(seed)() * 7)
  await each(t, steps(start, small.byteLength, 7), async (length) => {
    const bytes = small.slice(0, length)
    // Before the first sound record there is nothing to continue.
    const code = await failureOf(openOn(mediumWith(bytes)))
    if (code === 'SYNCFILE_DAMAGED') return
    await assertNoWorse(bytes)
    await assertHeals(bytes, truth)
  })
})

const [x, y, z] = [
  Author.withEntries(11, 300),
  Author.withEntries(12, 40),
  Author.withEntries(13, 90)
]
const many = truthOf(x, y, z)
const large = (
  await imageOf([
    [upTo(x, 100), upTo(y, 20)],
    [upTo(x, 200), upTo(y, 30), z],
    [x, y]
  ])
).files.get(1)!

test('any 4 KiB lost: all that is intact arrives, and a sync makes the file whole', async (t) => {
  const places = await placesIn(large)
  // The newest directory begins behind the last segment.
  const newest = Math.max(...places.map(({ offset, byteLength }) => offset + byteLength))
  await each(t, steps(0, large.byteLength, 4096), async (at) => {
    const end = Math.min(large.byteLength, at + 4096)
    const hit = places.filter(({ offset, byteLength }) => offset < end && at < offset + byteLength)
    const bytes = b4a.from(large)
    bytes.fill(0, at, end)
    await assertIntactArrive(bytes, many, hit, end <= newest)
    // Who lost both copies of the first bytes is read, and salvaged, but written to no more.
    if (at > 0) await assertHeals(bytes, many)
  })
})

test('any 4 KiB that the medium cannot read: all that is intact arrives', async (t) => {
  const places = await placesIn(large)
  await each(t, steps(0, large.byteLength, 4096), async (at) => {
    const end = Math.min(large.byteLength, at + 4096)
    const hit = places.filter(({ offset, byteLength }) => offset < end && at < offset + byteLength)
    const medium = mediumWith(large)
    medium.badSpots = [{ from: at, to: end }]
    const { lengths, report } = await takeFrom(medium, many)
    for (const [feed, { blocks }] of many) {
      const mine = hit.filter((place) => place.feed === feed)
      const until = Math.min(blocks.length, ...mine.map(({ from }) => from))
      if ((lengths.get(feed) ?? 0) < until) throw new Error(`${lengths.get(feed)}: ${say(report)}`)
    }
  })
})

test('garbage behind the end changes nothing, and the next sync cuts it off', async (t) => {
  t.comment(`seed ${seed}`)
  const random = seeded(seed)
  const starts = [
    b4a.alloc(0),
    small.subarray(512, 700),
    small.subarray(-160),
    small.subarray(-200, -40)
  ]
  await each(t, steps(0, 40, 1), async (n) => {
    const noise = b4a.from(Array.from({ length: 1 + n * n }, () => Math.floor(random() * 256)))
    const bytes = b4a.concat([small, starts[n % starts.length]!, noise])
    await assertIntactArrive(bytes, truth, [])
    await assertNoWorse(bytes)
    await assertHeals(bytes, truth)
  })
})

test('the halves of two copies that went on apart: nothing wrong is taken, and a sync heals', async (t) => {
  const base: Image = await imageOf([[upTo(a, 3), upTo(b, 2)]])
  const grown = async (...authors: Author[]): Promise<Uint8Array> => {
    const medium = new FaultyMedium(base)
    const file = await openOn(medium)
    await sync(await replicaOf(...authors), file)
    await file.close()
    return medium.image.files.get(1)!
  }
  const [one, other] = [await grown(upTo(a, 7), c), await grown(b, upTo(a, 4))]
  const from = base.files.get(1)!.byteLength
  await each(t, steps(from, Math.min(one.byteLength, other.byteLength), 11), async (at) => {
    const bytes = b4a.concat([one.subarray(0, at), other.subarray(at)])
    const { lengths } = await takeFrom(mediumWith(bytes), truth)
    if (lengths.get(a.feed)! < 3 || lengths.get(b.feed)! < 2) throw new Error('lost what both had')
    await assertNoWorse(bytes)
    await assertHeals(bytes, truth)
  })
})

test('the halves of two files of one project: nothing wrong is taken', async (t) => {
  const other = (await imageOf([[a], [b, c]])).files.get(1)!
  await each(t, steps(0, small.byteLength, 37), async (at) => {
    const bytes = b4a.concat([small.subarray(0, at), other.subarray(at)])
    const medium = mediumWith(bytes)
    const code = await failureOf(openOn(medium))
    if (code === null) await takeFrom(medium, truth)
    else if (code !== 'SYNCFILE_DAMAGED') throw new Error(code)
  })
})

test('a sync that meets damage drops it, and the next one with who has it heals', async (t) => {
  const [place] = (await placesIn(small)).filter(({ feed, from }) => feed === a.feed && from === 3)
  const medium = mediumWith(flipped(small, place!.offset + place!.byteLength - 1))
  const { lengths } = await takeFrom(medium, truth)
  t.is(lengths.get(a.feed), 3)
  const file = await openOn(medium)
  t.alike((await file.heads()).get(a.feed)!.held, [
    { from: 0, to: 3 },
    { from: 5, to: 9 }
  ])
  const report = await sync(await replicaOf(a, b, c), file)
  // As far as the next signature, so more than the two that were lost.
  t.is(report.sent.entries, 6)
  t.alike(await file.verify(), [])
  await file.close()
  const whole = await replicaOf()
  await sync(whole, await openOn(medium))
  t.is(lengthsIn(whole, truth).get(a.feed), 9)
})
