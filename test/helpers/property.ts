// Random tests with a printed seed. Set SEED=n to run one again; what fast-check reports on failure
// is the smallest case it found.

import type { Assertion } from 'brittle'
import fc from 'fast-check'

export interface PropertyOptions {
  runs: number
  /** Stops begun runs no more after so long: a bound on slow machines. One run is always done. */
  seconds?: number
}

/** Holds a property against random cases. */
export async function check(
  t: Assertion,
  property: fc.IAsyncProperty<any> | fc.IProperty<any>,
  { runs, seconds }: PropertyOptions
): Promise<void> {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const details = await fc.check(property as fc.IAsyncProperty<any>, {
    seed,
    numRuns: runs,
    ...(seconds !== undefined && { interruptAfterTimeLimit: seconds * 1000 })
  })
  if (details.failed) t.fail(await fc.asyncDefaultReportMessage(details))
  else t.pass(`${details.numRuns} cases`)
}
