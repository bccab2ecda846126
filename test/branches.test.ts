// A feed that forked, and how its device goes on: under a fresh feed, in which what is only in one
// branch is said again, so that everybody has everything, whichever branch they hold.

import { writeFile } from 'node:fs/promises'
import test, { type Assertion } from 'brittle'
import { type CheckProblem, type Device, type Observation, defineKind } from '../lib/main.js'
import { CairnError } from '../lib/errors.js'
import { toUuid } from '../lib/index/uuid.js'
import { MAX_BLOCK_BYTES, MAX_ENTRY_BYTES } from '../lib/log/block-cipher.js'
import { sealedBytes } from '../lib/log/block.js'
import type { ObservationEntry } from '../lib/log/entry.js'
import type { Log } from '../lib/log/log.js'
import { connect } from '../lib/testing.js'
import { observation } from './helpers/author.js'
import { backedUp, createDevice, inputs, shownAlike, syncFilePath } from './helpers/devices.js'
import { waitFor } from './helpers/wait-for.js'

const TRACK = defineKind({ name: 'track' })
const kinds = [TRACK]

interface Twins {
  /** Wrote 5 that both have, then 3 `of: one`. */
  readonly one: Device
  /** Wrote the same 5, then 4 `of: twin`. */
  readonly twin: Device
  /** Id of the feed that both wrote. */
  readonly id: string
  readonly dir: string
  /** Holds what `one` wrote. */
  readonly withOne: Device
  /** Holds what `twin` wrote. */
  readonly withTwin: Device
}

async function twins(t: Assertion): Promise<Twins> {
  const { id, dir, backup } = await backedUp(t, { kinds })
  const one = await createDevice(t, { dir, kinds })
  const twin = await createDevice(t, { dir: backup, kinds })
  await one.observations.createMany(inputs(3, { of: 'one' }))
  await twin.observations.createMany(inputs(4, { of: 'twin' }))
  const [withOne, withTwin] = [await createDevice(t, { kinds }), await createDevice(t, { kinds })]
  await meet(one, withOne)
  await meet(twin, withTwin)
  return { one, twin, id, dir, withOne, withTwin }
}

async function meet(a: Device, b: Device): Promise<void> {
  const { links, caughtUp } = connect(a, b)
  await caughtUp
  for (const link of links) await link.close()
}

/** Each meets each, twice round. */
async function meetAll(...devices: readonly Device[]): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    for (const [i, a] of devices.entries()) for (const b of devices.slice(i + 1)) await meet(a, b)
  }
}

async function tracksOf(device: Device): Promise<unknown> {
  const tracks = []
  for await (const track of device.documents(TRACK).query()) tracks.push(track)
  return JSON.parse(JSON.stringify(tracks))
}

/** Everybody shows the same; resolves to it. */
async function assertAlike(t: Assertion, devices: readonly Device[]): Promise<Observation[]> {
  const [first, ...others] = devices as [Device, ...Device[]]
  const rows = await shownAlike(first)
  for (const other of others) {
    t.alike(await shownAlike(other), rows)
    t.alike(await tracksOf(other), await tracksOf(first))
  }
  return rows
}

async function branchOf(device: Device): Promise<any> {
  const [branch] = await device.branches.list()
  if (branch === undefined) throw new Error('no branch was kept')
  return branch
}

test('a device whose feed forked goes on under a fresh one, which reads as the same person', async (t) => {
  const { one, id, dir, withTwin } = await twins(t)
  await meet(one, withTwin)
  t.not(one.id, id)
  const { feeds } = await one.status()
  const feed = feeds.find(({ device }) => device === one.id)
  t.alike([feed?.predecessor, feed?.confirmed, feed?.name], [id, true, 'Laptop'])
  const after = one.id
  await one.observations.create({ tags: { of: 'later' } })
  await one.close()
  const again = await createDevice(t, { dir, kinds })
  t.is(again.id, after)
  t.is(await again.observations.count(), 5 + 3 + 1)
  await meet(again, withTwin)
  t.is(await withTwin.observations.count({ device: id }), 5 + 4 + 3 + 1)
})

test('those who hold the other branch get what they lack by themselves, and all that comes later', async (t) => {
  const { one, withOne, withTwin } = await twins(t)
  await meetAll(one, withOne, withTwin)
  t.is(await withTwin.observations.count({ tags: { of: 'one' } }), 3)
  await one.observations.create({ tags: { of: 'later' } })
  await meetAll(one, withOne, withTwin)
  for (const device of [one, withOne, withTwin]) {
    t.is(await device.observations.count({ tags: { of: 'later' } }), 1)
  }
})

test('after the other branch was issued again all show the same, and later ones, too', async (t) => {
  const { one, withOne, withTwin } = await twins(t)
  const devices = [one, withOne, withTwin]
  await meetAll(...devices)
  t.is(await one.branches.reissue(await branchOf(one)), 4)
  const edited = (await shownAlike(one)).find(({ tags }) => tags['of'] === 'twin')!
  await one.observations.update(edited.id, { tags: { of: 'twin', edited: true } })
  await one.observations.createMany(inputs(2, { of: 'later' }))
  await meetAll(...devices)
  const rows = await assertAlike(t, devices)
  t.is(rows.length, 5 + 3 + 4 + 2)
  t.ok(
    rows.every(({ forks }) => forks.length === 0),
    'nothing is there twice'
  )
})

test('edits, deletions and documents of both branches come through as what they were', async (t) => {
  const { one, twin, withOne, withTwin } = await twins(t)
  for (const [device, of] of [
    [one, 'one'],
    [twin, 'twin']
  ] as const) {
    const tracks = device.documents(TRACK)
    const track = await tracks.create({ fields: { of } } as any)
    await tracks.update(track.id, { length: 7 } as any)
    const { id } = await device.observations.create({ tags: { of, first: true } })
    await device.observations.update(id, { tags: { of, second: true } })
    const gone = await device.observations.create({ tags: { of, gone: true } })
    await device.observations.delete(gone.id)
  }
  await meet(one, withOne)
  await meet(twin, withTwin)
  const devices = [one, withOne, withTwin]
  await meetAll(...devices)
  await one.branches.reissue(await branchOf(one))
  await meetAll(...devices)
  const rows = await assertAlike(t, devices)
  t.is(rows.filter(({ deleted }) => deleted).length, 2)
  t.is(rows.filter(({ tags }) => tags['second'] === true).length, 2)
  t.is(rows.length, 5 + 3 + 4 + 4)
  t.ok(rows.every(({ forks }) => forks.length === 0))
  const tracks = (await tracksOf(withTwin)) as any[]
  t.is(tracks.length, 2)
  t.ok(tracks.every(({ forks, fields }) => forks.length === 0 && fields.length === 7))
})

test('two laptops that wrote one feed each say again what only they have, and nothing is there twice', async (t) => {
  const { one, twin, id, withOne, withTwin } = await twins(t)
  const devices = [one, twin, withOne, withTwin]
  await meet(one, withTwin)
  await meet(twin, withOne)
  t.not(one.id, twin.id)
  await meetAll(...devices)
  const rows = await assertAlike(t, devices)
  t.is(rows.length, 5 + 3 + 4)
  t.ok(rows.every(({ forks }) => forks.length === 0))
  t.is(await one.branches.reissue(await branchOf(one)), 0, 'the twin has seen to it')
  t.is(await withOne.observations.count({ device: id }), 12, 'both go on for the one feed')
})

test('an edit that somebody made in a branch survives, and the same is shown everywhere', async (t) => {
  const { one, withOne, withTwin } = await twins(t)
  const of = (await shownAlike(withTwin)).find(({ tags }) => tags['of'] === 'twin')!
  await withTwin.observations.update(of.id, { tags: { of: 'twin', checked: true } })
  const devices = [one, withOne, withTwin]
  await meetAll(...devices)
  await one.branches.reissue(await branchOf(one))
  await meetAll(...devices)
  const rows = await assertAlike(t, devices)
  const row = rows.find(({ id }) => id === of.id)
  t.alike([row?.tags['checked'], row?.forks], [true, []])
})

test('a reissue that was killed goes on where it was, and nothing is written twice', async (t) => {
  const { one, dir, withOne, withTwin } = await twins(t)
  await withTwin.observations.createMany(inputs(1))
  const { replica } = one as any
  const write = replica.write.bind(replica)
  let left = 2
  // As a kill would: some of it is in the feed, and nobody has noted that.
  replica.write = async (entries: readonly unknown[]) => {
    if (left === 0) throw new Error('killed')
    const some = entries.slice(0, left)
    left -= some.length
    await write(some)
    throw new Error('killed')
  }
  await meet(one, withTwin).catch(() => {})
  await one.close().catch(() => {})
  const again = await createDevice(t, { dir, kinds })
  const before = again.id
  await meetAll(again, withOne, withTwin)
  t.is(again.id, before, 'it began one feed, not two')
  t.is(await withTwin.observations.count({ tags: { of: 'one' } }), 3)
  await again.branches.reissue(await branchOf(again))
  await meetAll(again, withOne, withTwin)
  const rows = await assertAlike(t, [again, withOne, withTwin])
  t.ok(rows.every(({ forks }) => forks.length === 0))
  const written = (await again.status()).feeds.find(({ device }) => device === again.id)?.length
  t.is(written, 1 + 3 + 4, 'a hello, and each entry once')
})

test('while a link is live, what is written after the fork was learned comes through it', async (t) => {
  const { one, withTwin } = await twins(t)
  await connect(one, withTwin).caughtUp
  await one.observations.create({ tags: { of: 'later' } })
  await waitFor(async () => (await withTwin.observations.count({ tags: { of: 'later' } })) === 1)
  t.is(await withTwin.observations.count({ tags: { of: 'one' } }), 3)
})

test('the stick that told of the fork takes along at once what its other branch lacks', async (t) => {
  const { one, withTwin } = await twins(t)
  const path = await syncFilePath(t)
  await withTwin.sync(path)
  t.is((await one.sync(path)).sent.entries, 3)
  await withTwin.sync(path)
  t.is(await withTwin.observations.count(), 5 + 4 + 3)
})

test('check speaks of a fork until everything in it is here, on every device', async (t) => {
  const { one, withOne, withTwin } = await twins(t)
  await meetAll(one, withOne, withTwin)
  const codesOf = async (device: Device): Promise<string[]> => {
    const codes: string[] = []
    for await (const { code } of device.check()) codes.push(code)
    return codes
  }
  t.alike(await codesOf(one), ['FEED_FORKED'])
  t.alike(await codesOf(withTwin), [], 'its other branch has been said again')
  await one.branches.reissue(await branchOf(one))
  await meetAll(one, withOne, withTwin)
  for (const device of [one, withOne, withTwin]) t.alike(await codesOf(device), [])
})

test('check names a kept branch that cannot be read, and syncs go on and heal it', async (t) => {
  const { one, withTwin } = await twins(t)
  await meet(one, withTwin)
  const { path } = await branchOf(one)
  await writeFile(path, '')
  let problem: CheckProblem | undefined
  for await (const found of one.check()) problem ??= found
  t.alike([problem?.code, problem?.path], ['STORE_DAMAGED', path])
  t.alike(await one.branches.list(), [])
  await meet(one, withTwin)
  t.is((await branchOf(one)).path, path)
})

test('a branch on a stick is issued again, and one more sync takes everything to everybody', async (t) => {
  const { one, withOne, withTwin } = await twins(t)
  const path = await syncFilePath(t)
  await withTwin.sync(path)
  await one.sync(path)
  await one.branches.reissue(await branchOf(one))
  for (const device of [one, withTwin, withOne, one]) await device.sync(path)
  const rows = await assertAlike(t, [one, withOne, withTwin])
  t.is(rows.length, 12)
})

test('the largest entry that an app may write is said again where its feed has forked', async (t) => {
  const { one, withOne, withTwin } = await twins(t)
  await writeLarge(one, MAX_ENTRY_BYTES)
  await meet(one, withOne)
  const path = await syncFilePath(t)
  await withTwin.sync(path)
  t.alike(codesIn(await one.sync(path)), ['FEED_FORKED'])
  await withTwin.sync(path)
  t.is(await withTwin.observations.count({ tags: { of: 'one' } }), 4)
})

test('an entry too large to be said again is named once and left out, and everything else goes on', async (t) => {
  const { one, id, withOne, withTwin } = await twins(t)
  const large = await writeLarge(one, MAX_BLOCK_BYTES)
  await meet(one, withOne)
  const path = await syncFilePath(t)
  await withTwin.sync(path)
  const { refused } = await one.sync(path)
  t.alike(
    refused.map(({ code, feed, seq }) => [code, feed, seq]),
    [
      ['FEED_FORKED', id, 6],
      ['BLOCK_TOO_LARGE', id, 9]
    ]
  )
  t.alike(codesIn(await one.sync(path)), ['FEED_FORKED'])
  await meet(one, withTwin)
  t.is(await withTwin.observations.count({ tags: { of: 'one' } }), 3)
  await one.observations.update(large, { tags: { of: 'one' } })
  await meet(one, withTwin)
  t.is(await withTwin.observations.count({ tags: { of: 'one' } }), 4)
})

test('an entry of another branch that is too large is named by reissue, which writes all others', async (t) => {
  const { one, withTwin, twin } = await twins(t)
  await writeLarge(twin, MAX_BLOCK_BYTES)
  await meet(twin, withTwin)
  await meet(one, withTwin)
  const reissued = one.branches.reissue(await branchOf(one))
  await t.exception(reissued, { code: 'BLOCK_TOO_LARGE' })
  t.is(await one.observations.count({ tags: { of: 'twin' } }), 4)
})

test('what fails after a fork was learned is told, undoes no sync, and is done at the next one', async (t) => {
  const { one, id, withTwin } = await twins(t)
  const path = await syncFilePath(t)
  await withTwin.observations.create({})
  await withTwin.sync(path)
  const { replica } = one as any
  const write = replica.write.bind(replica)
  replica.write = async () => {
    throw new CairnError('NO_SPACE', 'The disk is full.')
  }
  const report = await one.sync(path)
  t.alike(codesIn(report), ['FEED_FORKED', 'NO_SPACE'])
  t.is(report.refused[1]?.feed, id)
  t.is(report.received.entries, 1)
  replica.write = write
  t.is((await one.sync(path)).sent.entries, 3)
})

/** An observation whose block has so many bytes; resolves to its id. */
async function writeLarge(device: Device, byteLength: number): Promise<string> {
  const sized = (length: number): ObservationEntry =>
    observation(200, 1, { tags: { of: 'one', note: 'x'.repeat(length) } })
  const length = 200_000 + byteLength - sealedBytes(sized(200_000))
  const [entry, log] = [sized(length), device.replica as Log]
  await log.write([entry], byteLength)
  return toUuid(entry.id)
}

function codesIn({ refused }: { refused: readonly { code: string }[] }): string[] {
  return refused.map(({ code }) => code)
}
