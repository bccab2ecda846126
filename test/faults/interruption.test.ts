// The power goes, the stick is pulled out, or the space runs out, at every operation of a create and
// of syncs, and whatever a disk may then hold: the file is the old or the new snapshot, nothing that
// was committed is lost, and the next sync makes it whole.

import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import { sync } from '../../lib/exchange/sync.js'
import { CONTINUATION_BYTES } from '../../lib/syncfile/continuation.js'
import type { SyncFile } from '../../lib/syncfile/syncfile.js'
import { Author } from '../helpers/author.js'
import type { MemoryReplica } from '../helpers/memory-replica.js'
import {
  Crash,
  type Fault,
  FaultyMedium,
  type Image,
  NOTHING,
  crashImages,
  fingerprint,
  seeded
} from './faulty-medium.js'
import {
  type Expected,
  assertSurvives,
  assertWhole,
  createOn,
  failureOf,
  imageOf,
  lengthsIn,
  openOn,
  replicaOf,
  truthOf,
  upTo
} from './stick.js'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** One operation of the library on a medium, as it may be interrupted. */
interface Scenario {
  readonly name: string
  readonly before: Image
  readonly volumeBytes: number
  /** What the device has before it. */
  readonly device: () => Promise<MemoryReplica>
  readonly expected: Expected
}

const [a, b, c] = [Author.withEntries(1, 1100), Author.withEntries(2, 9), Author.withEntries(3, 4)]
const truth = truthOf(a, b, c)
const first = [upTo(a, 700), upTo(b, 3)]

async function scenario(
  name: string,
  commits: readonly Author[][],
  has: readonly Author[],
  volumeBytes = 0
): Promise<Scenario> {
  const before = commits.length === 0 ? NOTHING : await imageOf(commits, volumeBytes)
  const committed = new Map<string, number>()
  for (const author of commits.flat()) committed.set(author.feed, author.blocks.length)
  const expected = { truth, committed, whole: await replicaOf(a, b, c) }
  return { name, before, volumeBytes, device: () => replicaOf(...has), expected }
}

/** Volumes so small that a sync of `has` on top of `first` goes on behind its nth new record. */
async function volumeBytesFor(has: readonly Author[], record: number): Promise<number> {
  const medium = new FaultyMedium(await imageOf([first]))
  await exchange(await replicaOf(...has), await openOn(medium))
  const writes = medium.operations.filter((operation) => operation.kind === 'write')
  // The last write is the trailer, which stands where its directory does.
  return writes.at(record < 0 ? record - 1 : record)!.offset + CONTINUATION_BYTES
}

const scenarios = [
  await scenario('a create', [], [upTo(a, 700), upTo(b, 3)]),
  await scenario('a two-way sync', [first], [upTo(a, 1000), c]),
  await scenario('a second sync on top', [first, [upTo(a, 1000), c]], [a, b]),
  await scenario('a create in volumes', [], [a, c], 48 * 1024),
  await scenario(
    'a sync that goes on in the next volume',
    [first],
    [a, c],
    await volumeBytesFor([a, c], 1)
  ),
  await scenario(
    'a sync of which only the directory goes to the next volume',
    [first],
    [a, c],
    await volumeBytesFor([a, c], -1)
  )
]

/** Runs a scenario on a medium; what it failed with, or null. */
async function run(
  { before, volumeBytes, device }: Scenario,
  fault: Fault | null
): Promise<{ medium: FaultyMedium; replica: MemoryReplica; failure: string | null }> {
  const medium = new FaultyMedium(before)
  const replica = await device()
  medium.fault = fault
  const work = async (): Promise<void> => {
    const file = before.published ? await openOn(medium) : await createOn(medium, volumeBytes)
    await exchange(replica, file)
  }
  const failure = await failureOf(work()).catch((error: unknown) => {
    if (error instanceof Crash) return 'crash'
    throw error
  })
  return { medium, replica, failure }
}

async function exchange(replica: MemoryReplica, file: SyncFile): Promise<void> {
  try {
    await sync(replica, file)
  } finally {
    await file.close()
  }
}

/** All runs of a scenario with a fault at the first, second, ... operation, until none strikes. */
async function* everyFault(
  scenario: Scenario,
  how: Fault['how'],
  reads = false
): AsyncGenerator<{ at: number } & Awaited<ReturnType<typeof run>>> {
  for (let at = 1; ; at++) {
    const outcome = await run(scenario, { at, how, reads })
    yield { at, ...outcome }
    if (outcome.medium.count < at) return
  }
}

async function holds(t: Assertion, what: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    t.fail(`${what}: ${(error as Error).stack}`)
    return false
  }
}

for (const each of scenarios) {
  for (const lies of [false, true]) {
    const medium = lies ? 'a medium that lies about its last sync' : 'a medium'
    test(`${each.name}, cut off at any operation on ${medium}`, async (t) => {
      t.comment(`seed ${seed}`)
      const random = seeded(seed)
      const seen = new Set<string>()
      let operations = 0
      for await (const { at, medium } of everyFault(each, 'crash')) {
        operations = at
        for (const image of crashImages(medium, { random, lies })) {
          // A new file that never got its name is not there: it is simply made again.
          if (!image.published) continue
          const print = fingerprint(image)
          if (seen.has(print)) continue
          seen.add(print)
          const expected = { ...each.expected, lied: lies }
          const what = `cut off at ${at}, image ${seen.size}, seed ${seed}`
          if (!(await holds(t, what, () => assertSurvives(image, expected)))) return
        }
      }
      t.pass(`${operations} operations, ${seen.size} images`)
    })
  }

  test(`${each.name}, with the medium full at any write`, async (t) => {
    for await (const { at, medium, replica, failure } of everyFault(each, 'ENOSPC')) {
      if (failure !== null && failure !== 'NO_SPACE') return t.fail(`full at ${at}: ${failure}`)
      medium.fault = null
      const sound = await holds(t, `full at ${at}`, async () => {
        // What was there is there, byte by byte, and nothing else.
        if (failure !== null) assertSame(medium.image, each.before)
        lengthsIn(replica, each.expected.truth)
        if (medium.image.files.size > 0) await assertSurvives(medium.image, each.expected)
      })
      if (!sound) return
    }
    t.pass()
  })

  test(`${each.name}, with the medium gone at any operation`, async (t) => {
    for await (const { at, medium, replica, failure } of everyFault(each, 'EIO', true)) {
      if (failure !== null && failure !== 'IO_FAILED') return t.fail(`gone at ${at}: ${failure}`)
      const sound = await holds(t, `gone at ${at}`, async () => {
        lengthsIn(replica, each.expected.truth)
        if (medium.image.published) await assertSurvives(medium.image, each.expected)
      })
      if (!sound) return
    }
    t.pass()
  })
}

test('the scenarios with volumes are what they say', async (t) => {
  const volumes: number[] = []
  for (const each of scenarios) volumes.push((await run(each, null)).medium.image.files.size)
  t.alike(volumes, [1, 1, 1, 2, 2, 2])
  const { medium } = await run(scenarios[5]!, null)
  const inSecond = medium.operations.filter((o) => o.kind === 'write' && o.volume === 2)
  t.is(inSecond.length, 3, 'superblock, directory, trailer')
})

test('what was received before the medium was full stays received', async (t) => {
  const each = scenarios[1]!
  for await (const { replica, failure } of everyFault(each, 'ENOSPC')) {
    if (failure === null) break
    t.is(replica.feeds.get(b.feed)?.blocks.length, 3)
  }
})

test('after a failed write the same open file can be synced again', async (t) => {
  const each = scenarios[4]!
  for (let at = 1; ; at++) {
    const medium = new FaultyMedium(each.before)
    const file = await openOn(medium)
    medium.fault = { at, how: 'ENOSPC' }
    const failure = await failureOf(sync(await each.device(), file))
    medium.fault = null
    await sync(each.expected.whole, file)
    await file.close()
    if (!(await holds(t, `full at ${at}`, () => assertWhole(medium, each.expected)))) return
    if (failure === null) break
  }
  t.pass()
})

test('every prefix of a finished file is an older snapshot, or says that it is damaged', async (t) => {
  const [x, y] = [Author.withEntries(4, 6), Author.withEntries(5, 5)]
  const image = await imageOf([[upTo(x, 3)], [upTo(x, 5), y], [x]])
  const bytes = image.files.get(1)!
  const codes = new Map<string, number>()
  let had = 0
  for (let length = 0; length <= bytes.byteLength; length++) {
    const medium = new FaultyMedium({
      files: new Map([[1, bytes.slice(0, length)]]),
      published: true
    })
    let held = 0
    const code = await failureOf(
      (async () => {
        const file = await openOn(medium)
        const replica = await replicaOf()
        const report = await sync(replica, file, { receive: true })
        if (report.refused.length > 0) throw new Error(`refused at ${length}`)
        for (const n of lengthsIn(replica, truthOf(x, y)).values()) held += n
        await file.close()
      })()
    )
    codes.set(code ?? 'opens', (codes.get(code ?? 'opens') ?? 0) + 1)
    if (code !== null && had > 0) return t.fail(`a longer prefix of ${length} bytes is ${code}`)
    if (code !== null && !['NOT_A_SYNCFILE', 'SYNCFILE_DAMAGED'].includes(code)) return t.fail(code)
    if (held < had) return t.fail(`at ${length}: ${held} blocks, a shorter prefix had ${had}`)
    had = held
  }
  t.is(had, x.blocks.length + y.blocks.length)
  t.alike([...codes.keys()].sort(), ['NOT_A_SYNCFILE', 'SYNCFILE_DAMAGED', 'opens'])
})

function assertSame(found: Image, before: Image): void {
  const same =
    found.files.size === before.files.size &&
    [...before.files].every(([volume, bytes]) => {
      const now = found.files.get(volume)
      return now !== undefined && b4a.equals(now, bytes)
    })
  if (!same) throw new Error('the file is not what it was')
}
