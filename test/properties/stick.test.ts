// Up to six devices, two sticks and cables between some: whatever they do, whatever their clocks
// say and whichever way the entries go, in the end all hold the same and show the same, which is
// what a rebuild shows and what a few lines over the set of all entries say.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import test from 'brittle'
import { toUuid } from '../../lib/index/uuid.js'
import type { EntrySource } from '../../lib/log/entry.js'
import { formatVersion } from '../../lib/log/version.js'
import { Device, type Observation, type QueryOptions } from '../../lib/main.js'
import { connect } from '../../lib/testing.js'
import { plainHeads, shownAlike } from '../helpers/devices.js'
import { CONFIGURATION, PROJECT_KEY, START } from '../helpers/fixed.js'
import { check } from '../helpers/property.js'
import { modelRow, type ModelVersion } from '../index/model.js'

const MOST = 6
const DAY = 86_400_000
const CLOCKS = [0, Date.UTC(2017, 2, 3), START - DAY, START + 5, START + DAY, Date.UTC(2106, 0, 1)]

const device = fc.nat(MOST - 1)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const), device }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom('update', 'update by id', 'delete', 'delete by id', 'restore'),
      device,
      pick: fc.nat(1000)
    })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('import' as const), device }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('stick' as const), device, stick: fc.nat(1) })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('link' as const), device, with: device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('export' as const), device, to: device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), device }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('set clock' as const),
      device,
      to: fc.constantFrom(...CLOCKS)
    })
  }
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Everybody imports the same file: features with names of their own, so twice is once. */
const FILE = {
  type: 'FeatureCollection',
  features: [0, 1].map((n) => {
    const geometry = { type: 'Point', coordinates: [n, 0] }
    return { type: 'Feature', id: `house ${n}`, geometry, properties: { by: 0, n } }
  })
}

class Table {
  readonly devices: Device[] = []
  readonly clocks: number[]
  /** What each device's user last saw: edits link to that. */
  readonly seen: Observation[][]

  constructor(
    readonly dir: string,
    readonly count: number
  ) {
    this.clocks = Array.from({ length: count }, () => START)
    this.seen = this.clocks.map(() => [])
  }

  async open(number: number): Promise<void> {
    this.devices[number] = await Device.open(join(this.dir, `device-${number}`), {
      projectKey: PROJECT_KEY,
      name: `Laptop ${number}`,
      configuration: CONFIGURATION,
      wallClock: () => this.clocks[number]!
    })
  }

  async play(step: Step): Promise<void> {
    const number = step.device % this.count
    const one = this.devices[number]!
    const { observations } = one
    const seen = this.seen[number]!
    if (step.do === 'stick') await this.pass(number, step.stick)
    else if (step.do === 'link') await this.link(number, step.with % this.count)
    else if (step.do === 'set clock') this.clocks[number] = step.to
    else if (step.do === 'create') seen.push(await observations.create({ tags: { by: number } }))
    else if (step.do === 'import') {
      await observations.fromGeoJSON(FILE)
      await this.look(number)
    } else if (step.do === 'export') {
      const to = step.to % this.count
      await this.devices[to]!.observations.fromGeoJSON(observations.toGeoJSON({ deleted: true }))
      await this.look(to)
    } else if (step.do === 'restart') {
      await one.close()
      await this.open(number)
    } else if (seen.length > 0) {
      const target = seen[step.pick % seen.length]!
      const tags = { by: number, n: step.pick % 3 }
      if (step.do === 'delete') await observations.delete(target)
      else if (step.do === 'delete by id') await observations.delete(target.id)
      else if (step.do === 'restore') await observations.restore(target)
      else await observations.update(step.do === 'update' ? target : target.id, { tags })
    }
  }

  async pass(to: number, stick: number): Promise<void> {
    await this.devices[to]!.sync(join(this.dir, `stick-${stick}.cairn`))
    await this.look(to)
  }

  async link(a: number, b: number): Promise<void> {
    if (a === b) return
    const link = connect(this.devices[a]!, this.devices[b]!, { live: false })
    await link.caughtUp
    await link.close()
    await this.look(b)
  }

  async look(number: number): Promise<void> {
    this.seen[number] = (await shownAlike(this.devices[number]!)).slice(0, 6)
  }

  async close(): Promise<void> {
    for (const one of this.devices) await one.close()
    await rm(this.dir, { recursive: true })
  }
}

test(
  'up to six devices end with equal heads, views, queries and counts: as a model says, and a rebuild',
  { timeout: 120_000 },
  async (t) => {
    const steps = fc.array(step, { minLength: 10, maxLength: 40 })
    const count = fc.integer({ min: 2, max: MOST })
    const turn = fc.infiniteStream(fc.nat(1000))
    const property = fc.asyncProperty(steps, count, turn, async (all, devices, turns) => {
      const table = new Table(await mkdtemp(join(tmpdir(), 'cairnlog-stick-')), devices)
      try {
        for (let number = 0; number < devices; number++) await table.open(number)
        for (const one of all) await table.play(one)
        // One stick goes round twice: what the last one brings reaches the first one only then.
        const order = table.devices.map((_, number) => number)
        order.sort(() => ((turns.next().value as number) % 2) - 0.5)
        for (const to of [...order, ...order]) await table.pass(to, 0)
        await assertSame(table)
      } finally {
        await table.close()
      }
    })
    await check(t, property, { runs: 12, seconds: 15 })
  }
)

async function assertSame({ devices }: Table): Promise<void> {
  const [first] = devices as [Device, ...Device[]]
  const heads = JSON.stringify(plainHeads(await first.heads()))
  const rows = await shownAlike(first)
  same(JSON.stringify(headsOf(rows)), JSON.stringify(await model(first)), 'the model')
  const view = JSON.stringify(rows)
  const answers = JSON.stringify(await answersOf(first))
  for (const one of devices) {
    same(JSON.stringify(plainHeads(await one.heads())), heads, `heads of ${one.name}`)
    same(JSON.stringify(await shownAlike(one)), view, `view of ${one.name}`)
    same(JSON.stringify(await answersOf(one)), answers, `answers of ${one.name}`)
  }
  await first.rebuildIndex()
  same(JSON.stringify(await shownAlike(first)), view, 'the rebuilt view')
  same(JSON.stringify(await answersOf(first)), answers, 'answers of the rebuilt view')
}

function headsOf(rows: readonly Observation[]): [id: string, deleted: boolean, heads: string[]][] {
  return rows.map(({ id, deleted, versionId, forks }) => {
    return [id, deleted, [versionId, ...forks.map((fork) => fork.versionId)]]
  })
}

/** From all entries that a device holds, each observation by itself. */
async function model({ replica }: Device): Promise<ReturnType<typeof headsOf>> {
  const source = replica as unknown as EntrySource
  const byId = new Map<string, ModelVersion[]>()
  for (const [feed, { length }] of source.ends()) {
    for await (const batch of source.entries(feed, 0, length)) {
      for (const { ref, entry } of batch) {
        if (entry.kind !== 'observation') continue
        const id = toUuid(entry.id)
        byId.set(id, [...(byId.get(id) ?? []), { ref, entry }])
      }
    }
  }
  return [...byId]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, versions]) => {
      const { heads } = modelRow(versions)
      const winner = versions.find(({ ref }) => formatVersion(ref) === heads[0])!
      return [id, winner.entry.deleted, heads]
    })
}

const QUERIES: QueryOptions[] = [
  {},
  { deleted: 'only', reverse: true },
  { forked: true },
  { tags: { n: [1, 2] }, order: 'updated' },
  { tags: { by: 0 }, limit: 3, reverse: true },
  { bbox: [-1, -1, 1, 1] },
  { hasLocation: false, updatedSince: START }
]

async function answersOf(one: Device): Promise<unknown> {
  const answers: unknown[] = []
  for (const query of QUERIES) {
    const ids: string[] = []
    for await (const { id } of one.observations.query(query)) ids.push(id)
    const { limit: _, order: _order, reverse: _reverse, ...filter } = query
    answers.push([ids, await one.observations.count(filter)])
  }
  const { observations, deleted, forked, pendingLinks } = await one.status()
  return [answers, observations, deleted, forked, pendingLinks]
}

function same(actual: string, expected: string, what: string): void {
  if (actual !== expected) throw new Error(`${what}:\n${actual}\nis not\n${expected}`)
}
