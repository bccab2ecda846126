// Runs the steps on the systems: the systems take turns within a step, so that a busy machine meets
// them alike. A system that crashes or does not end costs its own row and nothing else.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measurement, Runner, StoppedError, type Summary, summarise } from '../measure.js'
import { BASES, STEPS, type StepName, type SystemModule } from './system.js'
import type { System } from './systems.js'

/** What one system took for one step at one N. */
export interface Result {
  readonly system: string
  readonly step: StepName
  readonly count: number
  readonly runs: readonly Run[]
  /** Of each run that brought nothing, why. */
  readonly failures: readonly string[]
  /** Killed because it took too long; no larger N will do. */
  readonly stopped: boolean
}

export interface Run extends Measurement {
  /** Which run it was, counted from 0; what it left behind is named by it. */
  readonly run: number
  /** Milliseconds of the whole process, getting ready included. */
  readonly elapsed: number
}

export interface CompareOptions {
  readonly dir: string
  readonly count: number
  readonly systems: readonly System[]
  readonly steps: readonly StepName[]
  /** Processes a step and system, as long as they are short. */
  readonly times: number
  /** What smaller Ns have given. */
  readonly before: readonly Result[]
  /** `performance.now()` after which no process is started any more. */
  readonly until: number
  readonly log: (line: string) => void
}

/** Milliseconds: whose process takes longer is measured once. */
const LONG = 30_000
const STOPPED_AFTER = 5 * 60_000
/** One call an observation is the same work a hundred thousand times. */
const MOST_OF_EACH = 10_000

/** Gives the results of one step after the other. */
export async function* compare(options: CompareOptions): AsyncGenerator<Result[]> {
  const done: Result[] = []
  for (const [step] of STEPS) {
    if (!options.steps.includes(step)) continue
    if (step === 'recordEach' && options.count > MOST_OF_EACH) continue
    const attempts: Attempt[] = []
    for (const system of options.systems) {
      const module = (await import(moduleOf(system).href)) as SystemModule
      if (module[step] !== undefined) attempts.push(new Attempt(options, system, step, done))
    }
    for (let run = 0; run < options.times; run++) {
      for (const attempt of attempts) await attempt.measure(run)
    }
    const results = attempts.map((attempt) => attempt.result())
    done.push(...results)
    yield results
  }
}

/** Null where no run brought anything. */
export function summaryOf({ runs }: Result): Summary | null {
  return runs.length === 0 ? null : summarise(runs)
}

/** One system at one step and N, up to three times. */
class Attempt {
  private readonly runs: Run[] = []
  private readonly failures: string[] = []
  private stopped = false

  constructor(
    private readonly options: CompareOptions,
    private readonly system: System,
    private readonly step: StepName,
    private readonly done: readonly Result[]
  ) {}

  async measure(run: number): Promise<void> {
    const { count, log, until } = this.options
    if (this.stopped || this.runs.some(({ elapsed }) => elapsed > LONG)) return
    const obstacle = this.obstacle(run) ?? (performance.now() > until ? 'the time was up' : null)
    if (obstacle !== null) {
      if (run === 0) this.failures.push(`not tried: ${obstacle}`)
      return
    }
    const name = `${count} ${this.step} ${this.system.name}`
    const started = performance.now()
    try {
      const measured = await this.start(run)
      const elapsed = performance.now() - started
      this.runs.push({ ...measured, run, elapsed })
      log(`${name}: ${measured.milliseconds.toFixed(0)} ms of ${elapsed.toFixed(0)}`)
    } catch (error) {
      this.stopped = error instanceof StoppedError
      this.failures.push((error as Error).message)
      log(`${name}: ${(error as Error).message}`)
    }
  }

  result(): Result {
    const { system, step, runs, failures, stopped } = this
    return { system: system.name, step, count: this.options.count, runs, failures, stopped }
  }

  /** Why it is of no use to try, or null. */
  private obstacle(run: number): string | null {
    const { before, count } = this.options
    const own = ({ system, step }: Result): boolean =>
      system === this.system.name && step === this.step
    for (const smaller of before.filter(own)) {
      if (smaller.stopped) return `stopped at ${smaller.count} already`
      const elapsed = smaller.runs[0]?.elapsed ?? 0
      if (elapsed * (count / smaller.count) > STOPPED_AFTER) {
        return `took ${(elapsed / 1000).toFixed(0)} s at ${smaller.count} already`
      }
    }
    for (const base of BASES[this.step]) {
      const made = this.done.find(
        ({ system, step }) => system === this.system.name && step === base
      )
      // Each run goes on with the copy that the same run received; the rest is there once.
      const needed = base === 'receive' ? run : 0
      if (made && !made.runs.some((one) => one.run === needed)) return `it failed to ${base}`
    }
    return null
  }

  private async start(run: number): Promise<Measurement> {
    const { dir, count } = this.options
    const home = join(dir, String(count), this.system.module)
    await mkdir(home, { recursive: true })
    const runner = new Runner<Required<SystemModule>>(moduleOf(this.system), undefined, {
      timeout: STOPPED_AFTER
    })
    return runner.run(this.step, { dir: home, count, run })
  }
}

export function moduleOf({ module }: System): URL {
  return new URL(`./systems/${module}.js`, import.meta.url)
}
