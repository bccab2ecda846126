// Laptops whose clocks are wrong, each in its own way: order follows from who had seen what, never
// from what a clock said, and no wrong clock spreads.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import test from 'brittle'
import { Device, type Observation, type ObservationVersion } from '../../lib/main.js'
import { createDevice, shown, shownAlike, syncFilePath } from '../helpers/devices.js'
import { CONFIGURATION, PROJECT_KEY, START } from '../helpers/fixed.js'
import { check } from '../helpers/property.js'

const DAY = 86_400_000
const YEAR_2106 = Date.UTC(2106, 0, 1)
const CLOCKS = {
  1970: 0,
  2017: Date.UTC(2017, 2, 3),
  'a day behind': START - DAY,
  right: START,
  'a day ahead': START + DAY,
  2106: YEAR_2106
}

const DEVICES = 3
const device = fc.nat(DEVICES - 1)
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('create' as const), device }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('edit' as const, 'delete' as const),
      device,
      pick: fc.nat(1000)
    })
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sync' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), device }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('set clock' as const),
      device,
      to: fc.constantFrom(...Object.values(CLOCKS))
    })
  }
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class Table {
  readonly clocks = Array.from({ length: DEVICES }, () => START)
  readonly devices: Device[] = []
  /** What each user last saw: edits replace that. */
  readonly seen: Observation[][] = this.clocks.map(() => [])
  /** Ids that a device gave, in order. */
  readonly given: string[][] = this.clocks.map(() => [])

  constructor(readonly dir: string) {}

  async open(number: number): Promise<void> {
    this.devices[number] = await Device.open(join(this.dir, `device-${number}`), {
      projectKey: PROJECT_KEY,
      name: `Laptop ${number}`,
      configuration: CONFIGURATION,
      wallClock: () => this.clocks[number] ?? START
    })
  }

  async play(step: Step): Promise<void> {
    const { observations } = this.devices[step.device]!
    const seen = this.seen[step.device]!
    if (step.do === 'set clock') this.clocks[step.device] = step.to
    else if (step.do === 'sync') await this.sync(step.device)
    else if (step.do === 'restart') {
      await this.devices[step.device]!.close()
      await this.open(step.device)
    } else if (step.do === 'create') {
      const made = await observations.create({ tags: { n: 0 } })
      this.given[step.device]!.push(made.id)
      seen.push(made)
    } else if (seen.length > 0) {
      const at = step.pick % seen.length
      const target = seen[at]!
      seen[at] =
        step.do === 'delete'
          ? await observations.delete(target)
          : await observations.update(target, { tags: { n: step.pick } })
    }
  }

  async sync(number: number): Promise<void> {
    await this.devices[number]!.sync(join(this.dir, 'territory.cairn'))
    this.seen[number] = (await shown(this.devices[number]!)).slice(0, 5)
  }

  async close(): Promise<void> {
    for (const device of this.devices) await device.close()
    await rm(this.dir, { recursive: true })
  }
}

test(
  'whatever the clocks say, an edit comes after what it replaced, on every device',
  { timeout: 120_000 },
  async (t) => {
    const steps = fc.array(step, { minLength: 10, maxLength: 35 })
    const property = fc.asyncProperty(steps, async (all) => {
      const table = new Table(await mkdtemp(join(tmpdir(), 'cairnlog-clocks-')))
      try {
        for (let number = 0; number < DEVICES; number++) await table.open(number)
        for (const one of all) await table.play(one)
        for (const number of [0, 1, 2, 0, 1, 2]) await table.sync(number)
        await assertOrder(table)
      } finally {
        await table.close()
      }
    })
    await check(t, property, { runs: 12 })
  }
)

async function assertOrder({ devices, given }: Table): Promise<void> {
  const [first, ...others] = devices as [Device, ...Device[]]
  const rows = await shownAlike(first)
  for (const other of others) {
    if (JSON.stringify(await shownAlike(other)) !== JSON.stringify(rows))
      throw new Error('views differ')
  }
  for (const { id, versionId, forks } of rows) {
    const versions: ObservationVersion[] = []
    for await (const version of first.observations.history(id)) versions.push(version)
    const replaced = new Set(versions.flatMap(({ links }) => links))
    for (const head of [versionId, ...forks.map((fork) => fork.versionId)]) {
      if (replaced.has(head)) throw new Error(`${head} is shown and has been replaced`)
    }
    for (const [i, { versionId: name, links }] of versions.entries()) {
      const late = versions.findIndex((version) => links.includes(version.versionId))
      if (late !== -1 && late < i) throw new Error(`${name} is older than what it replaced`)
    }
  }
  for (const ids of given) {
    if (ids.some((id, i) => i > 0 && id <= ids[i - 1]!))
      throw new Error(`ids go back: ${ids.join()}`)
  }
}

for (const [name, now] of Object.entries(CLOCKS)) {
  test(`an edit by a laptop whose clock says ${name} replaces what it saw`, async (t) => {
    const [right, wrong] = [await createDevice(t), await createDevice(t, { clock: { now } })]
    const path = await syncFilePath(t)
    const { id } = await right.observations.create({ tags: { by: 'right' } })
    await right.sync(path)
    await wrong.sync(path)
    await wrong.observations.update(id, { tags: { by: 'wrong' } })
    await wrong.sync(path)
    await right.sync(path)
    const row = await right.observations.get(id)
    t.alike({ by: row?.tags['by'], forks: row?.forks }, { by: 'wrong', forks: [] })
    await right.observations.update(id, { tags: { by: 'right again' } })
    t.is((await right.observations.get(id))?.tags['by'], 'right again')
  })
}

test('a laptop in 2106 wins its own edits until somebody edits who has seen them', async (t) => {
  const [right, wrong] = [
    await createDevice(t),
    await createDevice(t, { clock: { now: YEAR_2106 } })
  ]
  const path = await syncFilePath(t)
  const meet = async (): Promise<void> => {
    for (const one of [right, wrong, right]) await one.sync(path)
  }
  const made = await right.observations.create({ tags: { by: 'nobody' } })
  await meet()
  await wrong.observations.update(made, { tags: { by: 'wrong' } })
  await right.observations.update(made, { tags: { by: 'right' } })
  await meet()
  const forked = await right.observations.get(made.id)
  t.is(forked?.tags['by'], 'wrong', 'of two that know nothing of each other, the later clock')
  t.is(forked?.forks.length, 1)
  if (forked) await right.observations.update(forked, { tags: { by: 'right, who saw both' } })
  await meet()
  const settled = await wrong.observations.get(made.id)
  t.is(settled?.tags['by'], 'right, who saw both')
  t.alike(settled?.forks, [])
})

test("a laptop in 2106 drags nobody else's clock, not even of who edits its observations", async (t) => {
  const dir = join(await t.tmp(), 'right')
  const right = await createDevice(t, { dir })
  const wrong = await createDevice(t, { clock: { now: YEAR_2106 } })
  const path = await syncFilePath(t)
  const theirs = await wrong.observations.create({})
  await wrong.sync(path)
  await right.sync(path)
  for (let i = 0; i < 100; i++) await right.observations.update(theirs.id, { tags: { i } })
  const ours = await right.observations.create({})
  t.ok(ours.id < theirs.id, 'its id is of our time')
  await right.close()
  const again = await createDevice(t, { dir })
  const later = await again.observations.create({})
  t.ok(later.id < theirs.id, 'also after a restart')
  t.ok(later.id > ours.id)
})

test('after a restart in 1970, behind a hundred edits, ids and edits still go forward', async (t) => {
  const dir = join(await t.tmp(), 'device')
  const device = await createDevice(t, { dir })
  const made = await device.observations.create({})
  for (let i = 0; i < 100; i++) await device.observations.update(made.id, { tags: { i } })
  await device.close()
  const again = await createDevice(t, { dir, clock: { now: 0 } })
  const later = await again.observations.create({})
  t.ok(later.id > made.id)
  t.is(later.createdAt, '1970-01-01T00:00:00.000Z', 'what the clock said is kept as it was')
  await again.observations.update(made.id, { tags: { i: 'last' } })
  t.is((await again.observations.get(made.id))?.tags['i'], 'last')
})

test('a trusted time is kept beside what the clock said, through a sync and an edit', async (t) => {
  const [wrong, other] = [await createDevice(t, { clock: { now: 0 } }), await createDevice(t)]
  const path = await syncFilePath(t)
  const { id } = await wrong.observations.create({ trustedAt: new Date(START) })
  await wrong.sync(path)
  await other.sync(path)
  await other.observations.update(id, { tags: { seen: true } })
  const row = await other.observations.get(id)
  t.is(row?.createdAt, '1970-01-01T00:00:00.000Z')
  t.is(row?.trustedAt, '2026-05-01T00:00:00.000Z')
})
