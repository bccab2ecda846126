// Hostile peers beside an honest one, a bounded number of cases. SEED=n repeats a case, CASES=n sets
// how many, KIND=name takes one kind; `npm run soak:fuzz -- links` goes on for as long as asked.

import test from 'brittle'
import { fuzzLinks } from './fuzz.js'

const { env } = process
const CASES = Number(env['CASES'] ?? 60)
const MAX_MILLISECONDS = 10_000

test(
  'no hostile peer hangs, crashes, lies to or keeps from others a device',
  { timeout: 120_000 },
  async (t) => {
    const seed = Number(env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    t.comment(`seed ${seed}`)
    const limits = { cases: CASES, milliseconds: MAX_MILLISECONDS }
    const { cases, kinds } = await fuzzLinks({ seed, ...limits, only: env['KIND'] || undefined })
    t.ok(cases > 0, `${cases} cases of ${kinds.size} kinds`)
  }
)
