// The process that a step runs in: gets it ready, collects garbage, runs it against the clock, and
// tells the parent what it cost.

import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { argv, cpuUsage, exit, resourceUsage } from 'node:process'
import type { Measurement, Order, Prepared, Work } from './measure.js'

const order = JSON.parse(argv[2] ?? '') as Order
const steps = (await import(order.module)) as Record<string, (params: unknown) => Promise<Prepared>>
const step = steps[order.step]
if (step === undefined) throw new Error(`${order.module} has no step ${order.step}`)

const WARM = { runs: 3, most: 60, milliseconds: 1000 }
/** Of a warm step this many runs are timed, fewer where they take longer than that. */
const TIMED = { most: 9, milliseconds: 1000 }

const prepared = await step(order.params)
globalThis.gc?.()
if (prepared.warm === true) await warmUp()
const startBytes = peakMemory()
const time = prepared.warm === true ? median : timed
const result = order.profile === undefined ? await time() : await profiled(order.profile)
const measurement: Measurement = { ...result, startBytes, peakBytes: peakMemory() }
await prepared.close?.()
process.send?.(measurement, () => exit(0))

/**
 * Three times at least; longer where it is soon done. After the garbage was collected, for that lets
 * go of what was compiled.
 */
async function warmUp(): Promise<void> {
  const started = performance.now()
  for (let i = 0; i < WARM.most; i++) {
    if (i >= WARM.runs && performance.now() - started > WARM.milliseconds) return
    await prepared.run()
  }
}

/**
 * Whatever happens besides now and then, compiling, collecting garbage, would otherwise decide what
 * half a millisecond is said to be.
 */
async function median(): Promise<Timed> {
  const started = performance.now()
  const runs = [await timed()]
  while (runs.length < TIMED.most && performance.now() - started < TIMED.milliseconds) {
    runs.push(await timed())
  }
  return runs.sort((a, b) => a.milliseconds - b.milliseconds)[Math.floor((runs.length - 1) / 2)]!
}

type Timed = Work & { milliseconds: number; cpuMilliseconds: number }

async function timed(): Promise<Timed> {
  const started = performance.now()
  const used = cpuUsage()
  const work = await prepared.run()
  const milliseconds = performance.now() - started
  const { user, system } = cpuUsage(used)
  return { ...work, milliseconds, cpuMilliseconds: (user + system) / 1000 }
}

async function profiled(path: string): Promise<Timed> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
  const result = await time()
  const { profile } = await session.post('Profiler.stop')
  await writeFile(path, JSON.stringify(profile))
  session.disconnect()
  return result
}

/** Bytes. Linux and macOS alike: Node.js converts what the system says into KiB. */
function peakMemory(): number {
  return resourceUsage().maxRSS * 1024
}
