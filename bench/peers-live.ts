// The suite `peers`: live peers beside stock replication of the same blocks.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measurement, Runner, type Summary, summarise } from './measure.js'
import { type Latencies, type Latency, latencies } from './peers-latency.js'
import type * as peerSteps from './peers-steps.js'
import type { Suite, SuiteResult, Target } from './suite.js'
import type * as syncSteps from './sync-steps.js'
import { count, mebibytes, milliseconds, times } from './table.js'

const ROUNDS = 3
const HUB = 50

const ROWS = {
  log: 'peer to empty device, without view',
  view: 'peer to empty device, with view',
  stock: 'stock replication'
} as const

export const peersSuite: Suite = async ({ quick, dir, profiles, log }) => {
  const size = quick ? 3000 : 100_000
  const live = quick ? 20 : 300
  const sync = new Runner<typeof syncSteps>(new URL('./sync-steps.js', import.meta.url), undefined)
  const peers = new Runner<typeof peerSteps>(new URL('./peers-steps.js', import.meta.url), profiles)
  await mkdir(dir, { recursive: true })
  const author = join(dir, 'author')
  log(`recording ${count(size)} observations`)
  await sync.run('record', { dir: author, count: size, seed: 1 })
  const measured = new Map<string, Measurement[]>()
  const take = async (what: string, run: () => Promise<Measurement>): Promise<void> => {
    const measurement = await run()
    measured.set(what, [...(measured.get(what) ?? []), measurement])
    log(`${what}: ${milliseconds(measurement)} ms`)
  }
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
    const fresh = (name: string): string => join(dir, `${name}-${round}`)
    await take(ROWS.log, () =>
      peers.run('receive', { from: author, dir: fresh('log'), view: false })
    )
    await take(ROWS.view, () =>
      peers.run('receive', { from: author, dir: fresh('view'), view: true })
    )
    await take(ROWS.stock, () => sync.run('stock', { from: author, dir: fresh('stock') }))
  }
  const latency = await latencies(dir, live)
  log('hub')
  const hub = await peers.run('hub', { dir: join(dir, 'hub'), spokes: quick ? 5 : HUB })
  return result(measured, latency, hub, size)
}

function result(
  measured: ReadonlyMap<string, Measurement[]>,
  { logs, devices, stock }: Latencies,
  hub: Measurement,
  size: number
): SuiteResult {
  const of = (what: string): Summary => summarise(measured.get(what) ?? [])
  const base = of(ROWS.stock)
  const rows = Object.values(ROWS).map((what) => {
    const summary = of(what)
    return [
      what,
      milliseconds(summary),
      `${summary.lowest.toFixed(0)} - ${summary.highest.toFixed(0)}`,
      count(perSecond(summary)),
      times(perSecond(summary) / perSecond(base)),
      mebibytes(summary.peakBytes)
    ]
  })
  rows.push([
    `hub with devices: ${hub.blocks}`,
    milliseconds(hub),
    '',
    '',
    '',
    mebibytes(hub.peakBytes)
  ])
  const latency = (name: string, { median, p99 }: Latency): string =>
    `${name}: median ${median.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
  const targets: Target[] = [
    atLeast('without view, times stock', perSecond(of(ROWS.log)) / perSecond(base), 5),
    atMost('peak memory, MiB', of(ROWS.log).peakBytes / 2 ** 20, base.peakBytes / 2 ** 20),
    atMost('live, median in the log, ms', logs.median, stock.median),
    atMost('live, p99 in the log, ms', logs.p99, stock.p99)
  ]
  return {
    title: `peers, ${count(size)} observations over loopback TCP`,
    notes: [
      'One live entry, from the call that records it: ' +
        `${latency('a log alone, in the log of the other side', logs)}; ` +
        `${latency('stock, readable', stock)}; ` +
        `${latency('a device with its view, in the log of the other side', devices.log)}; ` +
        `${latency('in its view', devices.view)}. Ours is durable on its device before it leaves, ` +
        'stock is not.'
    ],
    columns: ['what', 'ms', 'lowest - highest', 'blocks/s', 'times stock', 'peak MiB'],
    rows,
    targets
  }
}

function perSecond({ blocks, milliseconds: ms }: Measurement): number {
  return blocks / (ms / 1000)
}

function atLeast(what: string, found: number, wanted: number): Target {
  return { what, wanted: `>= ${wanted}`, found: found.toFixed(2), reached: found >= wanted }
}

function atMost(what: string, found: number, wanted: number): Target {
  const reached = found <= wanted
  return { what, wanted: `<= ${wanted.toFixed(2)}`, found: found.toFixed(2), reached }
}
