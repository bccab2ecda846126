// Runs one step in one fresh process and brings back what it cost. A step first gets ready (opens,
// copies, forks a peer) and is then run; only the running is timed. Data that a step needs is made
// by an earlier step, in a process of its own, so that its memory is not counted here.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a step did. */
export interface Work {
  readonly blocks: number
  /** Bytes written into a file, or received; which one, the suite's README says. */
  readonly bytes: number
}

/** A step that is ready to run. */
export interface Prepared {
  /** Run again and again before what counts: for steps that want what is compiled compiled. */
  readonly warm?: boolean
  run(): Promise<Work>
  close?(): Promise<void>
}

/** What a module of steps exports, and nothing else. */
export type Steps = Record<string, (params: never) => Promise<Prepared>>

export interface Measurement extends Work {
  /** Wall time of the step alone. */
  readonly milliseconds: number
  /** Processor time of the step alone, all threads: what a busy machine changes least. */
  readonly cpuMilliseconds: number
  /** Resident memory of the process at its highest: Node.js, getting ready and the step. */
  readonly peakBytes: number
  /** The same, just before the step began. */
  readonly startBytes: number
}

/** Everything that a process needs to know to run a step. */
export interface Order {
  readonly module: string
  readonly step: string
  readonly params: unknown
  /** Where a CPU profile of the step goes; none where absent. */
  readonly profile?: string | undefined
}

export const WORKER: string = fileURLToPath(new URL('./worker.js', import.meta.url))

/** For steps that are not ours, and may neither end nor be silent. */
export interface Bounds {
  /** Milliseconds after which the process is killed; without end where absent. */
  readonly timeout?: number
  /** Says nothing on standard error. */
  readonly silent?: boolean
}

/** A step took longer than its bounds allow and was killed. */
export class StoppedError extends Error {}

/** Runs steps of one module. */
export class Runner<S extends Steps> {
  private count = 0

  constructor(
    private readonly module: URL,
    private readonly profiles: string | undefined,
    private readonly bounds: Bounds = {}
  ) {}

  async run<Name extends keyof S & string>(
    step: Name,
    params: Parameters<S[Name]>[0]
  ): Promise<Measurement> {
    const profile = this.profiles && `${this.profiles}/${step}-${++this.count}.cpuprofile`
    return inProcess({ module: this.module.href, step, params, profile }, this.bounds)
  }
}

/** The middle one by time, with the lowest and highest time beside it. */
export interface Summary extends Measurement {
  readonly lowest: number
  readonly highest: number
}

export function summarise(measurements: readonly Measurement[]): Summary {
  const sorted = measurements.toSorted((a, b) => a.milliseconds - b.milliseconds)
  const median = sorted[Math.floor((sorted.length - 1) / 2)]
  if (median === undefined) throw new Error('nothing was measured')
  return {
    ...median,
    lowest: sorted[0]?.milliseconds ?? 0,
    highest: sorted.at(-1)?.milliseconds ?? 0,
    // Not the median's: a peak that one run in three reaches is a peak that people will meet.
    peakBytes: Math.max(...measurements.map(({ peakBytes }) => peakBytes))
  }
}

async function inProcess(order: Order, { timeout, silent }: Bounds): Promise<Measurement> {
  const said = silent ? 'ignore' : 'inherit'
  const child = fork(WORKER, [JSON.stringify(order)], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', said, said, 'ipc'],
    ...(timeout !== undefined && { timeout, killSignal: 'SIGKILL' })
  })
  let measured: Measurement | null = null
  child.once('message', (message) => (measured = message as Measurement))
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve([code, signal]))
  })
  if (signal === 'SIGKILL' && timeout !== undefined) {
    throw new StoppedError(`stopped after ${Math.round(timeout / 1000)} s`)
  }
  if (code !== 0 || measured === null) {
    throw new Error(`ended with ${signal ?? code} and without a result`)
  }
  return measured
}
