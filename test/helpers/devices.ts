// Devices for tests: in a temporary folder, of one known project, with a clock that the test sets,
// closed when the test ends.

import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import b4a from 'b4a'
import type { Assertion } from 'brittle'
import {
  Device,
  type DeviceOptions,
  type Head,
  type Observation,
  type ObservationInput
} from '../../lib/main.js'
import { CONFIGURATION, PROJECT_KEY, START, type TestClock } from './fixed.js'

export { CONFIGURATION, OTHER_PROJECT_KEY, PROJECT_KEY, START, type TestClock } from './fixed.js'

export interface TestDeviceOptions extends Partial<Omit<DeviceOptions, 'wallClock'>> {
  /** The folder; a new temporary one by default. Give it to open a device again. */
  dir?: string
  clock?: TestClock
}

/** A device with defaults for everything, closed in the test's teardown (earlier is fine, too). */
export async function createDevice(
  t: Assertion,
  { dir, clock = { now: START }, ...options }: TestDeviceOptions = {}
): Promise<Device> {
  const device = await Device.open(dir ?? join(await t.tmp(), 'device'), {
    projectKey: PROJECT_KEY,
    name: 'Laptop',
    configuration: CONFIGURATION,
    wallClock: () => clock.now,
    ...options
  })
  t.teardown(() => device.close())
  return device
}

/** A device that recorded 5 observations and was closed. */
export interface BackedUp {
  readonly id: string
  readonly dir: string
  /** Its folder as a backup, or another laptop, has it. */
  readonly backup: string
}

/** Both folders can be opened: hypercore does not notice that there are two. */
export async function backedUp(t: Assertion, options: TestDeviceOptions = {}): Promise<BackedUp> {
  const parent = await t.tmp()
  const [dir, backup] = [join(parent, 'device'), join(parent, 'backup')]
  const device = await createDevice(t, { ...options, dir })
  await device.observations.createMany(inputs(5, { of: 'both' }))
  await device.close()
  await cp(dir, backup, { recursive: true })
  await rm(join(backup, 'feeds', 'CORESTORE'))
  return { id: device.id, dir, backup }
}

/** A path for a sync file in a fresh folder that goes away with the test. */
export async function syncFilePath(t: Assertion): Promise<string> {
  return join(await t.tmp(), 'territory.cairn')
}

/** Different places, a tag with the number: enough to tell them apart. */
export function inputs(count: number, tags: Record<string, string> = {}): ObservationInput[] {
  return Array.from({ length: count }, (_, i) => ({
    lat: (i % 170) - 85,
    lon: (i % 350) - 175,
    tags: { number: i, ...tags }
  }))
}

/** All observations as the device shows them, deleted ones too, in order of id. */
export async function shown(device: Device): Promise<Observation[]> {
  const rows: Observation[] = []
  for await (const row of device.observations.query({ deleted: true })) rows.push(row)
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The same without what each device thinks of the others' clocks: that is its own opinion. */
export async function shownAlike(device: Device): Promise<Observation[]> {
  const opinions = (key: string, value: unknown): unknown =>
    key.endsWith('AtDoubtful') ? undefined : value
  return JSON.parse(JSON.stringify(await shown(device), opinions)) as Observation[]
}

/** Heads as plain data, so that two replicas can be compared with `t.alike`. */
export function plainHeads(heads: Iterable<Head>): Array<Record<string, unknown>> {
  return [...heads]
    .map(({ feed, length, rootHash }) => ({
      feed,
      length,
      rootHash: b4a.toString(rootHash, 'hex')
    }))
    .sort((a, b) => (a.feed < b.feed ? -1 : 1))
}
