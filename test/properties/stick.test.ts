// Three devices and one stick: whatever they do and in whatever order the stick is passed round, in
// the end all hold and show the same, which is also what a rebuild shows.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import test from 'brittle'
import { Device, SyncFile, type Observation } from '../../lib/main.js'
import { plainHeads, shown } from '../helpers/devices.js'
import { CONFIGURATION, PROJECT_KEY, START } from '../helpers/fixed.js'
import { check } from '../helpers/property.js'

const NAMES = ['A', 'B', 'C']

const device = fc.nat(NAMES.length - 1)
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('create' as const), device }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('update', 'update by id', 'delete', 'restore' as const),
      device,
      pick: fc.nat(1000)
    })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('many' as const), device }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sync' as const), device }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('set clock' as const),
      device,
      to: fc.constantFrom(0, START - 86_400_000, START + 5, Date.UTC(2106, 0, 1))
    })
  }
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** In which order the stick goes round at the end, and who begins again. */
const round = fc.shuffledSubarray([0, 1, 2], { minLength: 3 })

class Table {
  readonly clocks = NAMES.map(() => START)
  readonly devices: Device[] = []
  /** What each device's user last saw: edits link to that. */
  readonly seen: Observation[][] = NAMES.map(() => [])
  readonly stick: string

  constructor(readonly dir: string) {
    this.stick = join(dir, 'territory.cairn')
  }

  async open(): Promise<void> {
    for (const [i, name] of NAMES.entries()) {
      const options = { projectKey: PROJECT_KEY, name, configuration: CONFIGURATION }
      const wallClock = (): number => this.clocks[i]!
      this.devices.push(await Device.open(join(this.dir, name), { ...options, wallClock }))
    }
  }

  async play(step: Step): Promise<void> {
    const { observations } = this.devices[step.device]!
    const seen = this.seen[step.device]!
    if (step.do === 'sync') await this.pass(step.device)
    else if (step.do === 'set clock') this.clocks[step.device] = step.to
    else if (step.do === 'create')
      seen.push(await observations.create({ tags: { by: step.device } }))
    else if (step.do === 'many') {
      await observations.createMany(Array.from({ length: 40 }, (_, i) => ({ lat: i, lon: i })))
    } else if (seen.length > 0) {
      const target = seen[step.pick % seen.length]!
      const tags = { by: step.device, n: step.pick }
      if (step.do === 'delete') await observations.delete(target)
      else if (step.do === 'restore') await observations.restore(target)
      else await observations.update(step.do === 'update' ? target : target.id, { tags })
    }
  }

  async pass(to: number): Promise<void> {
    await this.devices[to]!.sync(this.stick)
    this.seen[to] = (await shown(this.devices[to]!)).slice(0, 6)
  }

  async close(): Promise<void> {
    for (const one of this.devices) await one.close()
    await rm(this.dir, { recursive: true })
  }
}

test(
  'three devices and one stick end with equal heads and equal views, as after a rebuild',
  { timeout: 120_000 },
  async (t) => {
    const steps = fc.array(step, { minLength: 5, maxLength: 25 })
    const property = fc.asyncProperty(steps, round, async (all, order) => {
      const table = new Table(await mkdtemp(join(tmpdir(), 'cairnlog-stick-')))
      try {
        await table.open()
        for (const one of all) await table.play(one)
        // Twice round: what the last one brings reaches the first one only then.
        for (const to of [...order, ...order]) await table.pass(to)
        await assertSame(table)
      } finally {
        await table.close()
      }
    })
    await check(t, property, { runs: 25 })
  }
)

async function assertSame({ devices, stick }: Table): Promise<void> {
  const file = await SyncFile.open(stick, { projectKey: PROJECT_KEY })
  const expected = JSON.stringify(plainHeads((await file.heads()).values()))
  await file.close()
  let rows: string | null = null
  for (const one of devices) {
    same(JSON.stringify(plainHeads(await one.heads())), expected, `heads of ${one.name}`)
    const view = JSON.stringify(await shown(one))
    same(view, (rows ??= view), `view of ${one.name}`)
    await one.rebuildIndex()
    same(JSON.stringify(await shown(one)), view, `rebuilt view of ${one.name}`)
  }
}

function same(actual: string, expected: string, what: string): void {
  if (actual !== expected) throw new Error(`${what}:\n${actual}\nis not\n${expected}`)
}
