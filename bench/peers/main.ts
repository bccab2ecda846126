// `npm run bench:peers`: the same observations and the same steps on every system that is
// installed; then what a kill, a flipped byte and a cut tail do to the two sync files. Writes
// docs/performance.md and its charts.

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawCharts } from './charts.js'
import { compare, type Result } from './compare.js'
import { writeDocument } from './document.js'
import { type FaultRow, measureFaults } from './faults.js'
import { STEPS } from './system.js'
import { SYSTEMS, versionsOf } from './systems.js'

const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url))
const USAGE = `Usage: npm run bench:peers -- [--counts 1000,10000,100000] [--systems cairnlog,mapeo]
         [--steps record,create] [--faults 20] [--out FOLDER] [--dir FOLDER]
  --counts, --systems, --steps   only these; a step needs those that it stands on
  --faults                       kills, flipped bytes and cuts of each kind; 0: none
  --out                          where performance.md and images/ go; docs unless given
  --dir                          where to work; the system's temporary folder unless given`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    counts: { type: 'string', default: '1000,10000,100000' },
    systems: { type: 'string', default: SYSTEMS.map(({ module }) => module).join() },
    steps: { type: 'string', default: STEPS.map(([step]) => step).join() },
    faults: { type: 'string', default: '20' },
    out: { type: 'string', default: DOCS },
    dir: { type: 'string', default: tmpdir() }
  }
})
if (values.help) console.log(USAGE)
else await run()

async function run(): Promise<void> {
  const log = (line: string): void => console.error(line)
  const wanted = SYSTEMS.filter(({ module }) => values.systems.split(',').includes(module))
  const systems = wanted.filter((system) => versionsOf(system) !== null)
  const absent = wanted.filter((system) => !systems.includes(system))
  for (const { name } of absent) log(`${name} is not installed: see bench/README.md`)
  const steps = STEPS.map(([step]) => step).filter((step) => values.steps.split(',').includes(step))
  const dir = await mkdtemp(join(values.dir, 'cairnlog-bench-'))
  try {
    const results: Result[] = []
    for (const count of values.counts.split(',').map(Number)) {
      results.push(...(await compare({ dir, count, systems, steps, log })))
      // Three runs of ten systems leave some gigabytes.
      await rm(join(dir, String(count)), { recursive: true, force: true })
    }
    const faults: FaultRow[] = []
    for (const system of systems) {
      const times = Number(values.faults)
      if (times > 0) faults.push(...(await measureFaults(system, dir, times, log)))
    }
    const out = resolve(values.out)
    await mkdir(join(out, 'images'), { recursive: true })
    const charts = await drawCharts(results, join(out, 'images'))
    await writeDocument(join(out, 'performance.md'), { results, faults, charts, systems, absent })
    log(`written: ${join(out, 'performance.md')}`)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
