// `cairnlog/testing`: for tests of apps, and our own. Devices in temporary folders with fixed keys
// and a clock that the test sets; connections between them that are as bad as a test wants.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Device, type Link } from './device.js'
import type { DeviceOptions } from './device-options.js'
import type { DeviceSyncReport } from './device-sync.js'
import type { Configuration } from './log/replica.js'
import type { ReplicateOptions } from './peer/link.js'
import { Wire, type WireOptions } from './testing-wire.js'

export { Wire, type WireOptions } from './testing-wire.js'

/** The project key of all test devices. */
export const PROJECT_KEY: Uint8Array = new Uint8Array(32).fill(0x11)
export const CONFIGURATION: Configuration = { name: 'testing', version: '1.0.0' }
/** 2026-05-01T00:00:00.000Z, in milliseconds: when the clock of test devices begins. */
export const START: number = Date.UTC(2026, 4, 1)

export interface TestDevices extends AsyncDisposable {
  readonly devices: Device[]
  /** Milliseconds since 1970, for all of them; moves only when the test moves it. */
  readonly clock: { now: number }
  /** Closes the devices and removes their folders. */
  close(): Promise<void>
}

/** `count` devices of one project, named "Device 1" and so on. */
export async function createDevices(
  count: number,
  options: Partial<DeviceOptions> = {}
): Promise<TestDevices> {
  const folder = await mkdtemp(join(tmpdir(), 'cairnlog-testing-'))
  const clock = { now: START }
  const devices: Device[] = []
  const close = async (): Promise<void> => {
    await Promise.all(devices.map((device) => device.close()))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    for (let n = 1; n <= count; n++) {
      const device = await Device.open(join(folder, `device-${n}`), {
        projectKey: PROJECT_KEY,
        name: `Device ${n}`,
        configuration: CONFIGURATION,
        wallClock: () => clock.now,
        ...options
      })
      devices.push(device)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { devices, clock, close, [Symbol.asyncDispose]: close }
}

export interface Connection {
  readonly links: readonly [Link, Link]
  readonly wire: Wire
  /** Resolves to both reports, in the order of the devices. */
  readonly caughtUp: Promise<readonly [DeviceSyncReport, DeviceSyncReport]>
  /** Ends it in peace. */
  close(): Promise<void>
}

export interface ConnectOptions
  extends WireOptions, Pick<ReplicateOptions, 'live' | 'signal' | 'media'> {}

/** Connects two devices in memory and replicates both ways. */
export function connect(a: Device, b: Device, options: ConnectOptions = {}): Connection {
  const wire = new Wire(options)
  const { live, signal, media } = options
  const links = [
    a.replicate(wire.a, { live, signal, media }),
    b.replicate(wire.b, { live, signal, media })
  ] as const
  const caughtUp = Promise.all([links[0].caughtUp, links[1].caughtUp] as const)
  caughtUp.catch(() => {})
  const close = async (): Promise<void> => {
    await Promise.all(links.map((link) => link.close()))
  }
  return { links, wire, caughtUp, close }
}

/**
 * Resolves when all devices hold the same feeds and show them. Throws, and says who lacks what,
 * when that has not come about in `timeout` milliseconds.
 */
export async function waitForEqual(
  devices: readonly Device[],
  { timeout = 10_000 }: { timeout?: number } = {}
): Promise<void> {
  const deadline = performance.now() + timeout
  for (;;) {
    const found = await Promise.all(devices.map(describeHeads))
    if (found.every((heads) => heads === found[0])) break
    if (performance.now() > deadline) {
      const lines = found.map((heads, i) => `${devices[i]?.name}:\n${heads}`)
      throw new Error(`not equal after ${timeout} ms\n${lines.join('\n')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await Promise.all(devices.map((device) => device.status()))
}

async function describeHeads(device: Device): Promise<string> {
  const heads = await device.heads()
  return heads
    .map(({ feed, length, rootHash }) => {
      return `  ${feed.slice(0, 8)} ${length} ${Buffer.from(rootHash).toString('hex').slice(0, 16)}`
    })
    .join('\n')
}
