// One key that wrote two continuations: a copied folder forced to go on. Seen before hypercore is
// handed anything, told with the facts, and nothing of either branch is lost.

import test, { type Assertion } from 'brittle'
import type { Log } from '../../lib/log/log.js'
import type { Replica, Run } from '../../lib/log/replica.js'
import { ReplicaView } from '../../lib/log/replica-view.js'
import { type Device, sync } from '../../lib/main.js'
import { backedUp, createDevice, inputs, syncFilePath } from '../helpers/devices.js'
import { codeOf } from '../helpers/rejection.js'
import { connect } from '../../lib/testing.js'
import { waitFor } from '../helpers/wait-for.js'

interface Forked {
  readonly one: Device
  readonly twin: Device
  readonly id: string
}

/** Two devices that write one feed: 5 observations in common, then 3 here and `more` there. */
async function forkedPair(t: Assertion, more = 4): Promise<Forked> {
  const { id, dir, backup } = await backedUp(t)
  const one = await createDevice(t, { dir })
  const twin = await createDevice(t, { dir: backup })
  await one.observations.createMany(inputs(3, { of: 'one' }))
  await twin.observations.createMany(inputs(more, { of: 'twin' }))
  return { one, twin, id }
}

/** Lengths of the branches that a device keeps, ascending. */
async function lengthsOf(device: Device): Promise<number[]> {
  return (await device.branches.list()).map(({ length }) => length).sort((a, b) => a - b)
}

for (const more of [3, 4, 1]) {
  test(`a branch of ${more} against one of 3 is FEED_FORKED with feed, parting and both lengths`, async (t) => {
    const { one, twin, id } = await forkedPair(t, more)
    const path = await syncFilePath(t)
    await one.sync(path)
    const { refused } = await twin.sync(path)
    t.is(refused.length, 1)
    t.is(refused[0]?.code, 'FEED_FORKED')
    t.is(refused[0]?.feed, id)
    t.is(refused[0]?.seq, 6)
    t.ok(refused[0]?.message.includes(`${6 + more} blocks`), 'our length')
    t.ok(refused[0]?.message.includes('9 of the other'), 'their length')
    t.is(await twin.observations.count(), 5 + more, 'the branch held stays')
  })
}

test('every other feed goes on, on both devices and in the file', async (t) => {
  const { one, twin } = await forkedPair(t)
  const other = await createDevice(t)
  await other.observations.createMany(inputs(7))
  const path = await syncFilePath(t)
  await one.sync(path)
  await other.sync(path)
  t.is((await twin.sync(path)).received.entries, 7)
  t.is(await twin.observations.count(), 5 + 4 + 7)
  await one.sync(path)
  const reader = await createDevice(t)
  await reader.sync(path)
  t.is(await reader.observations.count(), 5 + 3 + 7 + 4, 'the file kept what it had, and more')
})

test('the other branch is kept aside, once, and can be read', async (t) => {
  const { one, twin, id } = await forkedPair(t)
  const path = await syncFilePath(t)
  await twin.createSyncFile(path)
  await one.sync(path)
  await one.sync(path)
  const branches = await one.branches.list()
  t.is(branches.length, 1)
  const [branch] = branches
  if (branch === undefined) return
  t.is(branch.feed, id)
  t.is(branch.length, 10)
  const versions = []
  for await (const version of one.branches.read(branch)) versions.push(version)
  t.is(versions.length, 4, 'what both have is not listed')
  t.ok(versions.every(({ tags }) => tags['of'] === 'twin'))
})

test("the feed's own device issues a branch again, once, and everybody has everything", async (t) => {
  const { one, twin } = await forkedPair(t)
  const other = await createDevice(t)
  const path = await syncFilePath(t)
  await twin.createSyncFile(path)
  await other.sync(path)
  await one.sync(path)
  const [branch] = await one.branches.list()
  if (branch === undefined) return t.fail('no branch was kept')
  t.is(await one.branches.reissue(branch), 4)
  t.is(await one.observations.count(), 12)
  const [again] = await one.branches.list()
  t.is(await codeOf(async () => again && one.branches.reissue(again)), 'FEED_FORKED')
})

test('an edit in a branch is issued again as an edit of what it edited', async (t) => {
  const { one, twin } = await forkedPair(t, 0)
  const made = await twin.observations.create({ tags: { name: 'new' } })
  await twin.observations.update(made.id, { tags: { name: 'edited' } })
  const path = await syncFilePath(t)
  await twin.createSyncFile(path)
  await one.sync(path)
  const [branch] = await one.branches.list()
  if (branch === undefined) return t.fail('no branch was kept')
  await one.branches.reissue(branch)
  const shown = await one.observations.get(made.id)
  t.is(shown?.tags['name'], 'edited')
  t.alike(shown?.forks, [])
})

test("another device's branch is not issued again", async (t) => {
  const { one, twin } = await forkedPair(t)
  const other = await createDevice(t)
  const [path, second] = [await syncFilePath(t), await syncFilePath(t)]
  await one.createSyncFile(path)
  await twin.createSyncFile(second)
  await other.sync(path)
  await other.sync(second)
  const [branch] = await other.branches.list()
  t.is(await codeOf(async () => branch && other.branches.reissue(branch)), 'FEED_FORKED')
})

test('over a link both sides keep the other branch, told with feed and parting', async (t) => {
  const { one, twin, id } = await forkedPair(t)
  const other = await createDevice(t)
  const path = await syncFilePath(t)
  await twin.createSyncFile(path)
  await other.sync(path)
  const reports = await connect(one, other).caughtUp
  for (const { refused } of reports) {
    t.alike([refused[0]?.code, refused[0]?.feed, refused[0]?.seq], ['FEED_FORKED', id, 6])
  }
  t.alike(await lengthsOf(one), [10])
  t.alike(await lengthsOf(other), [9])
  const [branch] = await one.branches.list()
  if (branch === undefined) return t.fail('no branch was kept')
  t.is(await one.branches.reissue(branch), 4)
  t.is(await one.observations.count(), 12)
})

test('a fork that shows while a link is live is kept aside, too', async (t) => {
  const { one, twin, id } = await forkedPair(t)
  const [path, second] = [await syncFilePath(t), await syncFilePath(t)]
  await one.createSyncFile(path)
  await twin.createSyncFile(second)
  const [x, y] = [await createDevice(t), await createDevice(t)]
  // So slow that both have their branch before they hear of the other one.
  const { links, caughtUp } = connect(x, y, { latency: 500 })
  await caughtUp
  await Promise.all([x.sync(path), y.sync(second)])
  const kept = async (): Promise<number> =>
    (await x.branches.list()).length + (await y.branches.list()).length
  await waitFor(async () => (await kept()) > 0)
  const refused = links.flatMap((side) => side.refused)
  t.ok(refused.length > 0)
  t.ok(refused.every(({ code, feed }) => code === 'FEED_FORKED' && feed === id))
})

test('a branch that was met again is kept once, as far as it goes', async (t) => {
  const { one, twin } = await forkedPair(t)
  const [short, path] = [await syncFilePath(t), await syncFilePath(t)]
  await twin.createSyncFile(short)
  await one.sync(short)
  t.alike(await lengthsOf(one), [10])
  await twin.observations.createMany(inputs(2, { of: 'twin' }))
  await twin.createSyncFile(path)
  await one.sync(path)
  t.alike(await lengthsOf(one), [12], 'the longer one took its place')
  await one.sync(short)
  t.alike(await lengthsOf(one), [12], 'the shorter one is in it')
})

test('what was issued again is not issued once more, also where its branch went on', async (t) => {
  const { one, twin } = await forkedPair(t)
  const [short, path] = [await syncFilePath(t), await syncFilePath(t)]
  await twin.createSyncFile(short)
  await one.sync(short)
  const [branch] = await one.branches.list()
  if (branch === undefined) return t.fail('no branch was kept')
  t.is(await one.branches.reissue(branch), 4)
  await one.sync(short)
  t.alike(await lengthsOf(one), [10], 'it is not kept anew')
  await twin.observations.createMany(inputs(2, { of: 'twin' }))
  await twin.createSyncFile(path)
  await one.sync(path)
  t.alike(await lengthsOf(one), [10, 12])
  const longer = (await one.branches.list()).find(({ length }) => length === 12)
  t.is(longer && (await one.branches.reissue(longer)), 2)
  t.is(await one.observations.count(), 5 + 3 + 4 + 2)
})

test('check names a forked feed and what to do, also after a sync of two devices', async (t) => {
  const { one, twin, id } = await forkedPair(t)
  t.is((await sync(one, twin)).refused[0]?.code, 'FEED_FORKED')
  const problems = []
  for await (const problem of one.check()) problems.push(problem)
  t.is(problems.length, 1)
  t.is(problems[0]?.code, 'FEED_FORKED')
  t.is(problems[0]?.feed, id)
})

for (const more of [1, 3, 4]) {
  test(`a branch of ${more} that comes while the other of 3 does is kept aside at once`, async (t) => {
    const { one, twin, id } = await forkedPair(t, more)
    const other = await createDevice(t)
    const meanwhile = new Meanwhile(twin.replica, async () => {
      await other.syncWith(one.replica)
    })
    const { refused } = await other.syncWith(meanwhile)
    t.alike(
      refused.map(({ code, feed, seq }) => [code, feed, seq]),
      [['FEED_FORKED', id, 6]]
    )
    t.alike(await lengthsOf(other), [6 + more])
    t.is(await other.observations.count(), 5 + 3)
  })
}

for (const more of [1, 4]) {
  test(`two links that bring the branches of a feed at once, one of ${more}, both go on`, async (t) => {
    const { one, twin, id } = await forkedPair(t, more)
    const [x, y, other] = [await createDevice(t), await createDevice(t), await createDevice(t)]
    const [path, second] = [await syncFilePath(t), await syncFilePath(t)]
    await one.createSyncFile(path)
    await twin.createSyncFile(second)
    await x.sync(path)
    await y.sync(second)
    const links = [connect(other, x, { latency: 50 }), connect(other, y, { latency: 50 })]
    const reports = (await Promise.all(links.map((link) => link.caughtUp))).map(([own]) => own)
    t.alike(
      reports.flatMap((report) => report?.refused.map(({ code, feed }) => [code, feed])),
      [['FEED_FORKED', id]]
    )
    t.is((await lengthsOf(other)).length, 1)
    const { id: late } = await x.observations.create({ tags: { after: 'the fork' } })
    await waitFor(async () => (await other.observations.get(late)) !== null)
    const { id: later } = await y.observations.create({ tags: { after: 'the fork' } })
    await waitFor(async () => (await other.observations.get(later)) !== null)
  })
}

/** Something else happens between what was planned and the first block. */
class Meanwhile extends ReplicaView {
  private done = false

  constructor(
    replica: Replica,
    private readonly happens: () => Promise<void>
  ) {
    super(replica)
  }

  override async describe(): ReturnType<Replica['describe']> {
    return { ...(await super.describe()), readOnly: true }
  }

  override async *read(...what: Parameters<Replica['read']>): AsyncGenerator<Run> {
    if (!this.done) {
      this.done = true
      await this.happens()
    }
    yield* super.read(...what)
  }
}

for (const lie of ['a root hash', 'a root hash and the blocks behind it']) {
  test(`a peer that lies about ${lie} makes no device give up its feed`, async (t) => {
    const { id, dir, backup } = await backedUp(t)
    const lost = await createDevice(t, { dir })
    await lost.observations.createMany(inputs(3))
    const liar = await createDevice(t)
    await connect(lost, liar).caughtUp
    await lost.close()

    const log = liar.replica as Log
    let lies = 0
    log.rootHash = async () => {
      lies++
      return new Uint8Array(32)
    }
    const runs = log.disclosedRuns.bind(log)
    log.disclosedRuns = async function* (feed, from, to) {
      for await (const run of runs(feed, from, to)) {
        const changed = from === 0 && feed === id && lie.includes('blocks')
        yield changed ? { ...run, blocks: run.blocks.map((block) => block.toReversed()) } : run
      }
    }
    const restored = await createDevice(t, { dir: backup })
    const [report] = await connect(restored, liar).caughtUp
    t.ok(lies > 0)
    t.alike(report.refused, [])
    t.is(restored.id, id)
    t.is(await restored.observations.count(), 8)
    t.alike(await restored.branches.list(), [])
  })
}
