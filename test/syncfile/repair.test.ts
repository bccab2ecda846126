// Salvage takes what is sound out of a damaged file, also without its directories; verify lists what
// is wrong; a sync puts it right. Neither of the first two writes to its source. And what progress
// tells on the way.

import { readFile, writeFile } from 'node:fs/promises'
import test from 'brittle'
import type { Progress } from '../../lib/exchange/progress.js'
import { sync } from '../../lib/exchange/sync.js'
import { Project } from '../../lib/log/project.js'
import { FileMedium } from '../../lib/syncfile/medium.js'
import { openParts } from '../../lib/syncfile/open.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import type { VerifyProgress } from '../../lib/syncfile/verify.js'
import { lengthsIn, replicaOf, truthOf, upTo } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { PROJECT_KEY, createDevice, inputs, syncFilePath } from '../helpers/devices.js'
import { codeOf } from '../helpers/rejection.js'
import { fileWith, flip, isSame, stateOf, syncPath, withKey } from './files.js'

const [a, b] = [Author.withEntries(1, 30), Author.withEntries(2, 20)]
const truth = truthOf(a, b)

test('a file without its first bytes, directories and trailers is salvaged whole', async (t) => {
  const path = await fileWith(t, [upTo(a, 10)], [a, b])
  const bytes = await readFile(path)
  bytes.fill(0, 0, 512)
  const marks = ['CairnEnd']
  for (const mark of marks) {
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at)) bytes[at] = 0
  }
  await writeFile(path, bytes)
  const before = await stateOf(path)
  const target = await syncFilePath(t)
  const steps: VerifyProgress[] = []
  const onProgress = (step: VerifyProgress): void => void steps.push(step)
  const report = await SyncFile.salvage(path, target, { ...withKey, onProgress })
  t.is(report.complete, true)
  t.alike(steps[0], { done: 0, total: bytes.length })
  t.alike(steps.at(-1), { done: bytes.length, total: bytes.length })
  t.ok(steps.some(({ done }) => done > 0 && done < bytes.length))
  t.ok(steps.every(({ done }, i) => i === 0 || done >= steps[i - 1]!.done))
  t.alike(report.blocks, { held: 52, lost: 0 })
  t.ok(isSame(await stateOf(path), before))
  const file = await SyncFile.open(target, withKey)
  t.alike(await file.verify(), [])
  await file.close()
  t.is(await codeOf(() => SyncFile.salvage(path, target, withKey)), 'SYNCFILE_EXISTS')
})

test('salvage says feed by feed what is lost, and a sync makes the salvaged file whole', async (t) => {
  const path = await fileWith(t, [upTo(a, 10), b], [a])
  await flip(path, 700)
  const target = await syncFilePath(t)
  const report = await SyncFile.salvage(path, target, withKey)
  t.is(report.complete, false)
  const lost = report.feeds.find(({ feed }) => feed === a.feed)
  t.alike(lost?.lost, [{ from: 0, to: 10 }])
  t.alike(lost?.held, [{ from: 10, to: 31 }])
  const file = await SyncFile.open(target, withKey)
  const [problem] = await file.verify()
  t.alike([problem?.feed, problem?.from, problem?.to], [a.feed, 0, 10])
  await sync(await replicaOf(a, b), file)
  t.alike(await file.verify(), [])
  await file.close()
})

test('verify names code, feed, blocks and offset, writes nothing, and the next sync heals', async (t) => {
  const path = await fileWith(t, [upTo(a, 10), b], [a])
  await flip(path, 700)
  const before = await stateOf(path)
  const file = await SyncFile.open(path, withKey)
  const steps: { done: number; total: number }[] = []
  const problems = await file.verify({ onProgress: (step) => steps.push(step) })
  t.alike(
    problems.map(({ code, feed, from, to, offset }) => ({ code, feed, from, to, offset })),
    [{ code: 'SYNCFILE_DAMAGED', feed: a.feed, from: 0, to: 10, offset: 512 }]
  )
  t.alike(steps.at(-1), { done: before.bytes.byteLength, total: before.bytes.byteLength })
  t.is(steps[0]?.total, before.bytes.byteLength)
  t.ok(isSame(await stateOf(path), before))
  t.is(await codeOf(() => file.verify({ signal: AbortSignal.abort() })), 'ABORTED')
  await sync(await replicaOf(a, b), file)
  t.alike(await file.verify(), [])
  await file.close()
  const again = await SyncFile.open(path, withKey)
  t.alike(await again.verify(), [])
  await again.close()
})

test('what was lost from a file is named to every device that lacks it, until it is healed', async (t) => {
  const path = await fileWith(t, [upTo(a, 10), b], [a])
  const { length } = await readFile(path)
  const file = await SyncFile.open(path, withKey)
  const last = file['parts'].file.index.placesOf(a.feed).at(-1)!
  await file.close()
  t.ok(last.from === 10 && last.offset < length)
  await flip(path, last.offset + last.byteLength - 1)
  const told = async (...authors: Author[]): Promise<unknown[]> => {
    const { refused } = await syncPath(path, await replicaOf(...authors))
    return refused.map(({ code, feed, seq, to }) => ({ code, feed, seq, to }))
  }
  const lost = { code: 'SYNCFILE_DAMAGED', feed: a.feed, seq: 10, to: 31 }
  t.alike(await told(), [lost], 'met damaged')
  t.alike(await told(), [lost], 'no longer listed')
  t.alike(await told(upTo(a, 20)), [{ ...lost, seq: 20 }], 'what one has is not missed')
  t.alike(await told(a), [])
  t.alike(await told(), [])
})

test('without the key verify finds the damaged bytes', async (t) => {
  const path = await fileWith(t, [a])
  await flip(path, 700)
  const file = await SyncFile.open(path)
  const problems = await file.verify()
  t.is(problems[0]?.code, 'SYNCFILE_DAMAGED')
  t.is(problems[0]?.offset, 512)
  t.is((await file.inspect()).whole, false)
  await file.close()
})

test('progress tells the whole work first, never goes back, and ends at its total', async (t) => {
  const long = Author.withEntries(5, 2500)
  const path = await fileWith(t, [long, b])
  const replica = await replicaOf(a)
  const steps: Progress[] = []
  await syncPath(path, replica, { onProgress: (step) => steps.push(step) })
  t.alike(steps[0]?.entries, { done: 0, total: 2550 })
  t.ok(steps[0]!.bytes.total > 0)
  for (const [i, step] of steps.entries()) {
    if (i === 0) continue
    const before = steps[i - 1]!
    if (step.entries.done < before.entries.done || step.bytes.done < before.bytes.done)
      t.fail('back')
    if (step.bytes.total !== before.bytes.total) t.fail('another total')
  }
  const last = steps.at(-1)!
  t.alike(last.entries, { done: 2550, total: 2550 })
  t.is(last.bytes.done, last.bytes.total)
})

test('progress ends at its total also where something is refused', async (t) => {
  const path = await fileWith(t, [a], [b])
  await flip(path, 700)
  const replica = await replicaOf()
  const steps: Progress[] = []
  const report = await syncPath(path, replica, { onProgress: (step) => steps.push(step) })
  t.alike(
    report.refused.map(({ feed, code, offset }) => ({ feed, code, offset })),
    [{ feed: a.feed, code: 'SYNCFILE_DAMAGED', offset: 512 }]
  )
  t.is(lengthsIn(replica, truth).get(b.feed), 21)
  t.alike(steps.at(-1)?.entries, { done: 50, total: 50 })
})

test('device.sync with verify finds a flipped byte and restores the file to whole', async (t) => {
  const device = await createDevice(t)
  await device.observations.createMany(inputs(50))
  const path = await syncFilePath(t)
  await device.createSyncFile(path)
  const bytes = await readFile(path)
  const at = bytes.indexOf('CairnRec') + 3000
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(path, bytes)
  await device.sync(path, { verify: true })
  const sealed = await SyncFile.open(path, { projectKey: PROJECT_KEY })
  t.alike(await sealed.verify(), [])
  await sealed.close()
  const other = await createDevice(t)
  t.is((await other.sync(path)).received.entries, 50)
})

test('a medium without locks is synced with, and the report says so', async (t) => {
  const device = await createDevice(t)
  const path = await syncFilePath(t)
  t.is((await device.sync(path)).lockless, false)
  const medium = new FileMedium(path)
  const open = medium.open.bind(medium)
  medium.open = async (volume) => Object.assign(await open(volume), { lock: () => false })
  const project = new Project(PROJECT_KEY)
  const file = new SyncFile(await openParts(medium, project, Date.now, true))
  t.is((await device.syncWith(file)).lockless, true)
  await file.close()
})
