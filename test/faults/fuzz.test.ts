// Strangers' and hostile members' sync files, a bounded number of them. SEED=n repeats a case,
// CASES=n sets how many; `npm run soak:fuzz` goes on for as long as asked.

import test from 'brittle'
import { fuzz } from './fuzz.js'

const CASES = Number(process.env['CASES'] ?? 200)
const MAX_MEMORY_MIB = 1024

test(
  'no forged sync file hangs, crashes or gets a wrong entry in',
  { timeout: 200_000 },
  async (t) => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    t.comment(`seed ${seed}`)
    const { cases, kinds } = await fuzz({ seed, cases: CASES, milliseconds: 30_000 })
    t.ok(cases > 0, `${cases} cases of ${kinds.size} kinds`)
    const memory = process.resourceUsage().maxRSS / 1024
    t.ok(memory < MAX_MEMORY_MIB, `${Math.round(memory)} MiB at the most`)
  }
)
