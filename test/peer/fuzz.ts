// Lets hostile peers talk to a device that has an honest peer beside them, and looks at what became
// of both. A case is made from its number alone, so a failure is repeated by its seed: SEED=n CASES=1.

import { Watchdog } from '../helpers/watchdog.js'
import { Base, CaseRun } from './fuzz-case.js'
import { Growth, Stray } from './fuzz-checks.js'

export interface FuzzOptions {
  seed: number
  /** Ends after so many cases or so long, whichever comes first. */
  cases?: number
  milliseconds?: number
  /** Only hostile peers of this kind. */
  only?: string | undefined
  onCase?: (names: readonly string[]) => void
}

export interface FuzzResult {
  cases: number
  /** How often which kind ran. */
  kinds: Map<string, number>
}

/** Throws at the first case that breaks a promise; the message says how to repeat it. */
export async function fuzzLinks(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, cases = Infinity, milliseconds = Infinity, only } = options
  const watch = new Watchdog()
  const stray = new Stray()
  const kinds = new Map<string, number>()
  try {
    const base = new Base()
    const started = performance.now()
    let done = 0
    for (; done < cases && performance.now() - started < milliseconds; done++) {
      const run = new CaseRun(seed + done, base, only)
      const growth = new Growth()
      watch.begin(`SEED=${seed + done} (${run.names.join(', ')})`)
      try {
        await run.run()
        growth.assertBounded()
        await stray.assertNone()
      } catch (error) {
        const repeat = `Repeat with SEED=${seed + done} CASES=1`
        throw new Error(`${run.told()}: ${String(error)}. ${repeat}`, { cause: error })
      } finally {
        growth.stop()
        watch.end()
      }
      for (const name of run.names) kinds.set(name, (kinds.get(name) ?? 0) + 1)
      options.onCase?.(run.names)
    }
    return { cases: done, kinds }
  } finally {
    stray.stop()
    await watch.stop()
  }
}
