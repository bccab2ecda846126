// The exchange between devices and a replica in memory that knows nothing but the interface.

import test, { type Assertion } from 'brittle'
import type { Progress } from '../../lib/exchange/progress.js'
import { sync } from '../../lib/exchange/sync.js'
import type { Log } from '../../lib/log/log.js'
import type { Head, Replica, Run } from '../../lib/log/public.js'
import { Project } from '../../lib/log/project.js'
import { Author, observation } from '../helpers/author.js'
import { OTHER_PROJECT_KEY, PROJECT_KEY } from '../helpers/fixed.js'
import { coresIn, createLog } from '../helpers/logs.js'
import { MemoryReplica } from '../helpers/memory-replica.js'
import { codeOf, rejection } from '../helpers/rejection.js'

const { id: projectId } = new Project(PROJECT_KEY)

/** A log with this many observations of its own. */
async function logWith(t: Assertion, count: number, name = 'Laptop'): Promise<Log> {
  const log = await createLog(t, { name })
  await log.write(Array.from({ length: count }, (_, i) => observation(1, i)))
  return log
}

async function lengths(replica: Replica): Promise<Record<string, number>> {
  const entries = [...(await replica.heads())].map(([feed, { length }]) => [feed, length] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function memoryWith(...authors: Author[]): Promise<MemoryReplica> {
  const memory = new MemoryReplica({ projectId })
  for (const author of authors) await memory.append(author.run())
  return memory
}

test('device, memory and device end with the same feeds', async (t) => {
  const [a, b] = [await logWith(t, 1500), await logWith(t, 20)]
  const memory = new MemoryReplica({ projectId })
  await sync(a, memory)
  await sync(b, memory)
  await sync(a, memory)
  t.alike(await lengths(a), await lengths(memory))
  t.alike(await lengths(b), await lengths(memory))
  t.alike(Object.keys(await lengths(memory)).length, 2)
})

test('two devices sync without anything between them', async (t) => {
  const [a, b] = [await logWith(t, 1500), await logWith(t, 20)]
  const report = await sync(a, b)
  t.alike(await lengths(a), await lengths(b))
  t.is(report.received.entries, 20)
  t.is(report.sent.entries, 1500)
})

test("whoever carries a feed relays it: C gets A's data from B", async (t) => {
  const [a, b, c] = [await logWith(t, 5), await logWith(t, 6), await logWith(t, 7)]
  await sync(a, b)
  const report = await sync(c, b)
  t.is(report.received.entries, 11)
  t.is((await lengths(c))[a.id], 6)
})

test('the report counts observations per feed, without hellos and checkpoints', async (t) => {
  const [a, b] = [await logWith(t, 1500), await logWith(t, 3)]
  const memory = new MemoryReplica({ projectId })
  await sync(a, memory)
  const report = await sync(b, memory)
  t.alike(report.received, { entries: 1500, media: 0, bytes: await a.byteLength(a.id, 0, 1502) })
  t.alike(report.sent, { entries: 3, media: 0, bytes: await b.byteLength(b.id, 0, 4) })
  t.alike(
    [...report.feeds].sort((x, y) => y.received - x.received),
    [
      { feed: a.id, had: 0, received: 1500, sent: 0 },
      { feed: b.id, had: 3, received: 0, sent: 3 }
    ]
  )
  t.alike(report.refused, [])
})

test('a second sync moves nothing, writes nothing and says what was had', async (t) => {
  const a = await logWith(t, 5)
  const memory = new MemoryReplica({ projectId })
  await sync(a, memory)
  memory.calls.length = 0
  const report = await sync(a, memory)
  t.alike(report.feeds, [{ feed: a.id, had: 5, received: 0, sent: 0 }])
  t.alike(
    memory.calls.filter((call) => call !== 'commit'),
    []
  )
})

test('what is about to come is announced before the first of it', async (t) => {
  const a = await logWith(t, 5)
  const memory = new MemoryReplica({ projectId })
  await sync(a, memory)
  t.alike(memory.calls, ['prepare 6', 'append 0-6', 'commit'])
})

for (const kind of ['readOnly', 'oneWay'] as const) {
  test(`a replica that is ${kind} gives and is not written to`, async (t) => {
    const a = await logWith(t, 5)
    const memory = new MemoryReplica({ projectId, [kind]: true })
    await memory.append(Author.withEntries(1, 4).run())
    memory.calls.length = 0
    const report = await sync(a, memory)
    t.is(report[kind], true)
    t.is(report.received.entries, 4)
    t.is(report.sent.entries, 0)
    t.alike(
      memory.calls.filter((call) => call !== 'commit'),
      []
    )
  })
}

test('progress goes up, phase by phase, and ends at its total', async (t) => {
  const [a, b] = [await logWith(t, 2500), await logWith(t, 1500)]
  const steps: Progress[] = []
  await sync(a, b, { onProgress: (progress) => steps.push(progress) })
  const last = steps.at(-1)!
  t.alike(last.entries, { done: 4000, total: 4000 })
  t.is(last.bytes.done, last.bytes.total)
  t.is(last.bytes.total, (await a.byteLength(a.id, 0, 2503)) + (await a.byteLength(b.id, 0, 1502)))
  const falls = steps.filter((step, i) => i > 0 && step.entries.done < steps[i - 1]!.entries.done)
  t.alike(falls, [])
  t.absent(steps.find(({ entries }) => entries.done > entries.total))
  const phases = steps.map(({ phase }) => phase)
  t.ok(phases.lastIndexOf('receive') < phases.indexOf('send'))
})

test('a signal that has fired stops a sync before anything is written', async (t) => {
  const [a, b] = [await logWith(t, 5), await logWith(t, 5)]
  t.is(await codeOf(() => sync(a, b, { signal: AbortSignal.abort() })), 'ABORTED')
  t.is(await coresIn(a), 1)
  t.is(await coresIn(b), 1)
})

test(
  'stopped at any run, a sync is ABORTED, keeps what arrived, and the next one completes',
  { timeout: 120_000 },
  async (t) => {
    const source = await logWith(t, 3000)
    let stops = 0
    for (let at = 1; ; at++) {
      const [a, b] = [await logWith(t, 5), await createLog(t)]
      for await (const run of source.read(source.id, 0, 3003)) await b.append(run)
      const controller = new AbortController()
      let calls = 0
      const onProgress = (): void => {
        if (++calls === at) controller.abort()
      }
      const outcome = await sync(a, b, { signal: controller.signal, onProgress }).then(
        () => 'done',
        (error: { code: string }) => error.code
      )
      if (calls < at) break
      if (outcome === 'ABORTED') stops++
      else if (outcome !== 'done') t.fail(`stopped at ${at}: ${outcome}`)
      t.is((await lengths(a))[a.id], 6, 'nothing of its own is lost')
      await sync(a, b)
      t.alike(await lengths(a), await lengths(b))
      t.is(Object.keys(await lengths(a)).length, 3)
      await Promise.all([a.close(), b.close()])
    }
    t.ok(stops >= 5, `${stops} stops`)
  }
)

test('another project is PROJECT_MISMATCH with both ids, and nothing is written', async (t) => {
  const [a, b] = [await logWith(t, 5), await createLog(t, { projectKey: OTHER_PROJECT_KEY })]
  const error = await rejection(sync(a, b))
  t.is(error.code, 'PROJECT_MISMATCH')
  t.alike([error.expected, error.found], [projectId, new Project(OTHER_PROJECT_KEY).id])
  t.alike([await coresIn(a), await coresIn(b)], [1, 1])
})

test('another configuration is CONFIGURATION_MISMATCH with both, and nothing is written', async (t) => {
  const a = await logWith(t, 5)
  const memory = new MemoryReplica({ projectId, configuration: { name: 'fires', version: '2' } })
  await memory.append(Author.withEntries(1, 4).run())
  memory.calls.length = 0
  const error = await rejection(sync(a, memory))
  t.is(error.code, 'CONFIGURATION_MISMATCH')
  t.alike(error.expected, a.configuration)
  t.alike(error.found, { name: 'fires', version: '2' })
  t.ok(error.message.includes('"fires"') && error.message.includes('"rivers"'))
  t.alike(memory.calls, [])
  t.is(await coresIn(a), 1)
})

test('another version of the same configuration syncs', async (t) => {
  const a = await logWith(t, 5)
  const memory = new MemoryReplica({ projectId, configuration: { name: 'rivers', version: '9' } })
  t.is((await sync(a, memory)).sent.entries, 5)
})

test('feeds that are refused are in the report with their codes, and stop no other', async (t) => {
  const a = await createLog(t)
  const good = [Author.withEntries(1, 4), Author.withEntries(2, 5)]
  const stranger = Author.withEntries(3, 6, new Project(OTHER_PROJECT_KEY))
  const damaged = Author.withEntries(4, 7)
  const memory = await memoryWith(...good, stranger, damaged)
  memory.feeds.get(damaged.feed)!.blocks[3] = new Uint8Array(9)
  const report = await sync(a, memory)
  t.is(report.received.entries, 9)
  t.alike(
    new Map(report.refused.map(({ feed, code }) => [feed, code])),
    new Map([
      [stranger.feed, 'FEED_NOT_ADMITTED'],
      [damaged.feed, 'FEED_FORGED']
    ])
  )
  t.is(await coresIn(a), 3)
})

for (const [there, here] of [
  [8, 8],
  [5, 9],
  [9, 5]
] as const) {
  test(`a feed that went on in two ways (${here} here, ${there} there) is FEED_FORKED on both sides, and others sync`, async (t) => {
    const a = await createLog(t)
    const [mine, other] = [Author.withEntries(1, 3), new Author(1)]
    for (const block of mine.blocks) other.put(block)
    while (mine.blocks.length < here) mine.observe({ tags: { side: 'here' } })
    while (other.blocks.length < there) other.observe({ tags: { side: 'there' } })
    await a.append(mine.run())
    const memory = await memoryWith(other, Author.withEntries(2, 6))
    const report = await sync(a, memory)
    t.alike(
      report.refused.map(({ feed, code }) => ({ feed, code })),
      [{ feed: mine.feed, code: 'FEED_FORKED' }]
    )
    t.is(report.received.entries, 6)
    t.alike((await a.rootHash(mine.feed, here))!, mine.rootHash(here), 'this side keeps its own')
    t.alike((await memory.rootHash(mine.feed, there))!, other.rootHash(there))
  })
}

test('a longer continuation with a forged signature is refused, and what is held stays', async (t) => {
  const a = await createLog(t)
  const honest = Author.withEntries(1, 3)
  await a.append(honest.run(0, 2))
  const memory = await memoryWith(honest)
  const proofs = memory.feeds.get(honest.feed)!.proofs
  proofs.set(4, {
    rootHash: honest.rootHash(4),
    signature: new Author(2).sign(4, honest.rootHash(4))
  })
  const report = await sync(a, memory)
  t.is(report.refused[0]?.code, 'FEED_FORGED')
  t.is((await lengths(a))[honest.feed], 2)
})

class Unplugged extends MemoryReplica {
  left = 0

  constructor(private readonly side: 'read' | 'append') {
    super({ projectId })
  }

  override async append(run: Run): Promise<void> {
    if (this.side === 'append' && this.left-- <= 0) throw new Error('unplugged')
    await super.append(run)
  }

  override async *read(feed: string, from: number, to: number): AsyncGenerator<Run> {
    for await (const run of super.read(feed, from, to)) {
      if (this.side === 'read' && this.left-- <= 0) throw new Error('unplugged')
      yield run
    }
  }
}

test('a replica that breaks while it is written to: both sides roll back, the next sync completes', async (t) => {
  const a = await logWith(t, 3000)
  const memory = new Unplugged('append')
  memory.left = 1
  await t.exception(sync(a, memory), /unplugged/)
  t.is(memory.calls.at(-1), 'rollback')
  memory.left = Infinity
  await sync(a, memory)
  t.alike(await lengths(a), await lengths(memory))
})

test('a replica that breaks while it is read: what came is kept, the next sync completes', async (t) => {
  const [source, a] = [await logWith(t, 3000), await createLog(t)]
  const memory = new Unplugged('read')
  for await (const run of source.read(source.id, 0, 3003)) await memory.append(run)
  memory.left = 1
  await t.exception(sync(a, memory), /unplugged/)
  t.is((await lengths(a))[source.id], 1024)
  memory.left = Infinity
  const report = await sync(a, memory)
  t.is(report.received.entries, 3000 - 1023)
  t.is((await lengths(a))[source.id], 3003)
})

test('a head without a feed behind it is refused and does not stop the sync', async (t) => {
  const a = await createLog(t)
  const memory = await memoryWith(Author.withEntries(1, 4), Author.withEntries(2, 4))
  const { feed } = new Author(1)
  const heads = memory.heads.bind(memory)
  memory.heads = async () => {
    const all = await heads()
    const head = all.get(feed)!
    return new Map<string, Head>(all).set(feed, {
      ...head,
      length: 900,
      held: [{ from: 0, to: 900 }]
    })
  }
  const report = await sync(a, memory)
  t.is((await lengths(a))[new Author(2).feed], 5)
  t.ok(report.received.entries >= 4)
})
