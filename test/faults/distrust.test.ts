// What a hostile member sealed into a file is refused once: the file looks itself, gives up what its
// own bytes disprove, and nothing else, and the next device that has the real thing puts it back.

import { writeFile } from 'node:fs/promises'
import test, { type Assertion } from 'brittle'
import b4a from 'b4a'
import { sync } from '../../lib/exchange/sync.js'
import type { SyncReport } from '../../lib/exchange/report.js'
import { toSignerKey } from '../../lib/log/feed-id.js'
import { Project } from '../../lib/log/project.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { Author } from '../helpers/author.js'
import { OTHER_PROJECT_KEY, syncFilePath } from '../helpers/devices.js'
import { createLog } from '../helpers/logs.js'
import { isSame, stateOf, syncPath, withKey } from '../syncfile/files.js'
import { type ForgedFile, segmentsOf, writeForged } from './mutate.js'
import { project, replicaOf, upTo } from './stick.js'

const [a, b] = [Author.withEntries(1, 30), Author.withEntries(2, 30)]

test('forged blocks in a known feed are refused once, and healed by whoever has the real ones', async (t) => {
  const segments = [...segmentsOf(a, 10), ...segmentsOf(b, 10)]
  segments[1]!.blocks = [...segments[1]!.blocks].reverse()
  const path = await forgedFile(t, { segments })
  t.alike(codes(await receive(t, path), a), ['FEED_FORGED'])
  t.alike(await held(path, a), [
    { from: 0, to: 10 },
    { from: 20, to: 31 }
  ])
  const healed = await syncPath(path, await replicaOf(a))
  t.alike(healed.refused, [])
  await expectSound(t, path)
})

test('a forged head gives way to what the segments prove', async (t) => {
  for (const length of [31, 2 ** 40]) {
    const directory = (fields: Record<string, any>): void => {
      fields['heads'][0].splice(1, 3, length, b4a.alloc(32, 7), b4a.alloc(64, 7))
    }
    const path = await forgedFile(t, { segments: segmentsOf(a, 10), directory })
    // Whoever holds less of the feed compares heads before anything moves.
    t.alike(codes(await receive(t, path, upTo(a, 10)), a), ['FEED_FORGED'])
    t.alike(codes(await receive(t, path), a), [])
    await expectSound(t, path)
  }
})

test('a forged head without blocks does not make a feed look forked for ever', async (t) => {
  const directory = (fields: Record<string, any>): void => {
    fields['feeds'].push(b4a.from(toSignerKey(b.feed)))
    fields['heads'].push([1, 31, b4a.alloc(32, 7), b4a.alloc(64, 7)])
  }
  const path = await forgedFile(t, { segments: segmentsOf(a, 10), directory })
  const replica = await replicaOf(a, b)
  t.alike(codes(await syncPath(path, replica), b), ['FEED_FORGED'])
  t.alike(codes(await syncPath(path, replica), b), [])
  await expectSound(t, path)
  t.alike(await held(path, b), [{ from: 0, to: 31 }])
})

test('a feed that is not of the project is refused once and listed no more', async (t) => {
  const stranger = Author.withEntries(77, 5, new Project(OTHER_PROJECT_KEY))
  const path = await forgedFile(t, { segments: [...segmentsOf(stranger, 3), ...segmentsOf(a)] })
  t.alike(codes(await receive(t, path), stranger), ['FEED_NOT_ADMITTED'])
  t.alike(await held(path, stranger), undefined)
  await expectSound(t, path)
})

test('a feed whose hello only a newer library can open stays in the file', async (t) => {
  const newer = new Author(78).put(b4a.from([1, ...b4a.alloc(80, 3)])).observe()
  const path = await forgedFile(t, { segments: [...segmentsOf(newer), ...segmentsOf(a)] })
  t.alike(codes(await receive(t, path), newer), ['FEED_NOT_ADMITTED'])
  t.alike(await held(path, newer), [{ from: 0, to: 2 }])
})

test('of two runs that cover the same blocks only the forged one is dropped', async (t) => {
  const forged = { ...segmentsOf(a)[0]! }
  forged.blocks = [...forged.blocks.slice(0, 12), ...Author.withEntries(1, 30).blocks.slice(12)]
  const path = await forgedFile(t, { segments: [...segmentsOf(a, 10), forged] })
  const file = await SyncFile.open(path, withKey)
  t.is((await file.verify()).length, 1)
  await file.commit()
  t.alike(await file.verify(), [])
  await file.close()
  t.alike(codes(await receive(t, path), a), [])
  await expectSound(t, path)
})

test('verify finds forged blocks, and the sync that follows puts the real ones in their place', async (t) => {
  const segments = segmentsOf(a, 10)
  segments[1]!.blocks = [...segments[1]!.blocks].reverse()
  const path = await forgedFile(t, { segments })
  const file = await SyncFile.open(path, withKey)
  t.alike(
    (await file.verify()).map(({ feed, from, to }) => ({ feed, from, to })),
    [{ feed: a.feed, from: 10, to: 20 }],
    'what lies behind them is sound'
  )
  await sync(await replicaOf(a), file)
  await file.close()
  await expectSound(t, path)
})

test('nobody can talk a file out of something good', async (t) => {
  const path = await forgedFile(t, { segments: [...segmentsOf(a, 10), ...segmentsOf(b, 10)] })
  const before = await stateOf(path)
  const file = await SyncFile.open(path, withKey)
  for (const { feed } of [a, b, new Author(99)]) await file.distrust(feed)
  await file.commit()
  await file.close()
  t.ok(isSame(await stateOf(path), before))
})

test('a sync that fails after a feed was distrusted leaves file and object as they were', async (t) => {
  const segments = segmentsOf(a, 10)
  segments[1]!.blocks = [...segments[1]!.blocks].reverse()
  const path = await forgedFile(t, { segments })
  const before = await stateOf(path)
  const file = await SyncFile.open(path, withKey)
  await file.distrust(a.feed)
  t.alike((await file.heads()).get(a.feed)?.held.length, 2)
  await file.rollback()
  t.alike((await file.heads()).get(a.feed)?.held, [{ from: 0, to: 31 }])
  await file.close()
  t.ok(isSame(await stateOf(path), before))
})

async function forgedFile(t: Assertion, file: ForgedFile): Promise<string> {
  const path = await syncFilePath(t)
  await writeFile(path, writeForged(project, file))
  return path
}

/** Syncs a new log, which may hold some feeds already, with the file. */
async function receive(t: Assertion, path: string, ...authors: Author[]): Promise<SyncReport> {
  const log = await createLog(t)
  for (const author of authors) await log.append(author.run())
  const file = await SyncFile.open(path, withKey)
  try {
    return await sync(log, file)
  } finally {
    await file.close()
  }
}

function codes({ refused }: SyncReport, { feed }: Author): string[] {
  return refused.filter((one) => one.feed === feed).map(({ code }) => code)
}

async function held(path: string, { feed }: Author): Promise<unknown> {
  await using file = await SyncFile.open(path, withKey)
  return (await file.heads()).get(feed)?.held
}

/** Nothing is refused any more, and nothing is found wrong. */
async function expectSound(t: Assertion, path: string): Promise<void> {
  await using file = await SyncFile.open(path, withKey)
  t.alike(await file.verify(), [])
  t.alike((await receive(t, path)).refused, [])
}
