// Runs the steps on the systems: the systems take turns within a step, so that a busy machine meets
// them alike, and a system that failed at a step is not given the ones that stand on it.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measurement, Runner, type Summary, summarise } from '../measure.js'
import { BASES, STEPS, type StepName, type SystemModule } from './system.js'
import type { System } from './systems.js'

/** What one system took for one step at one N. */
export interface Result {
  readonly system: string
  readonly step: StepName
  readonly count: number
  readonly runs: number
  /** Null where it was stopped or failed. */
  readonly summary: Summary | null
  readonly reason: string | null
}

export interface CompareOptions {
  readonly dir: string
  readonly count: number
  readonly systems: readonly System[]
  readonly steps: readonly StepName[]
  readonly log: (line: string) => void
}

const RUNS = 3
/** What takes longer than this is measured once. */
const LONG = 60_000
const STOPPED_AFTER = 5 * 60_000
/** One call an observation is the same work a hundred thousand times. */
const MOST_OF_EACH = 10_000

export async function compare(options: CompareOptions): Promise<Result[]> {
  const { systems, steps, count, log } = options
  const results: Result[] = []
  for (const [step] of STEPS) {
    if (!steps.includes(step) || (step === 'recordEach' && count > MOST_OF_EACH)) continue
    const able: System[] = []
    for (const system of systems) if (await knows(system, step, results)) able.push(system)
    const measured = new Map<System, Measurement[]>(able.map((system) => [system, []]))
    const failed = new Map<System, string>()
    for (let run = 0; run < RUNS; run++) {
      for (const [system, all] of measured) {
        if (failed.has(system) || (all[0]?.milliseconds ?? 0) > LONG) continue
        try {
          all.push(await measure(options, system, step, run))
          log(`${count} ${step} ${system.name}: ${all.at(-1)?.milliseconds.toFixed(0)} ms`)
        } catch (error) {
          failed.set(system, (error as Error).message)
          log(`${count} ${step} ${system.name}: ${(error as Error).message}`)
        }
      }
    }
    for (const [{ name }, all] of measured) {
      const reason = failed.get(systems.find((system) => system.name === name) as System) ?? null
      const summary = reason === null ? summarise(all) : null
      results.push({ system: name, step, count, runs: all.length, summary, reason })
    }
  }
  return results
}

/** True where a system has the step, and what the step starts from has been made. */
async function knows(system: System, step: StepName, done: readonly Result[]): Promise<boolean> {
  const module = (await import(moduleOf(system).href)) as SystemModule
  const hasFailed = done.some(
    ({ system: name, step: before, reason }) =>
      name === system.name && reason !== null && BASES[step].includes(before)
  )
  return module[step] !== undefined && !hasFailed
}

async function measure(
  { dir, count }: CompareOptions,
  system: System,
  step: StepName,
  run: number
): Promise<Measurement> {
  const home = join(dir, String(count), system.module)
  await mkdir(home, { recursive: true })
  const runner = new Runner<Required<SystemModule>>(moduleOf(system), undefined, {
    timeout: STOPPED_AFTER
  })
  return runner.run(step, { dir: home, count, run })
}

export function moduleOf({ module }: System): URL {
  return new URL(`./systems/${module}.js`, import.meta.url)
}
