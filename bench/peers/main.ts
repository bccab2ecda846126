// `npm run bench:peers`: what a kill, a flipped byte and a cut tail do to the two sync files; then
// the same observations and the same steps on every system that is installed. docs/performance.md
// and its charts are written anew after every step, so that a run that was cut short leaves what it
// has measured.

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawCharts } from './charts.js'
import { compare } from './compare.js'
import { writeDocument } from './document.js'
import { measureFaults } from './faults.js'
import { Journal } from './journal.js'
import { STEPS } from './system.js'
import { SYSTEMS, versionsOf } from './systems.js'

const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url))
const USAGE = `Usage: npm run bench:peers -- [--counts 1000,10000,100000] [--systems cairnlog,mapeo]
         [--steps record,create] [--runs 3] [--faults 20] [--minutes 60]
         [--out FOLDER] [--dir FOLDER]
  --counts, --systems, --steps   only these; a step needs those that it stands on
  --runs                         processes a figure is the median of
  --faults                       kills, flipped bytes and cuts of each kind; 0: none
  --minutes                      nothing is started later than this, and the document says so
  --out                          where performance.md and images/ go; docs unless given
  --dir                          where to work and keep what was measured: a run with the folder of
                                 one that was cut short goes on behind the last finished count`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    counts: { type: 'string', default: '1000,10000,100000' },
    systems: { type: 'string', default: SYSTEMS.map(({ module }) => module).join() },
    steps: { type: 'string', default: STEPS.map(([step]) => step).join() },
    runs: { type: 'string', default: '3' },
    faults: { type: 'string', default: '20' },
    minutes: { type: 'string', default: 'Infinity' },
    out: { type: 'string', default: DOCS },
    dir: { type: 'string' }
  }
})
if (values.help) console.log(USAGE)
else await run()

async function run(): Promise<void> {
  const log = (line: string): void => console.error(line)
  const until = performance.now() + Number(values.minutes) * 60_000
  const load = os.loadavg()[0] ?? 0
  const wanted = SYSTEMS.filter(({ module }) => values.systems.split(',').includes(module))
  const systems = wanted.filter((system) => versionsOf(system) !== null)
  const absent = wanted.filter((system) => !systems.includes(system))
  for (const { name } of absent) log(`${name} is not installed: see bench/README.md`)
  const steps = STEPS.map(([step]) => step).filter((step) => values.steps.split(',').includes(step))
  const out = resolve(values.out)
  await mkdir(join(out, 'images'), { recursive: true })
  if (values.dir !== undefined) await mkdir(values.dir, { recursive: true })
  const dir = values.dir ?? (await mkdtemp(join(os.tmpdir(), 'cairnlog-bench-')))
  const journal = await Journal.open(join(dir, 'measured.json'), load)

  const write = async (): Promise<void> => {
    await journal.save()
    const { results, faults } = journal
    const charts = await drawCharts(results, join(out, 'images'))
    const measured = { results, faults, charts, systems, absent, runs, load: journal.load }
    await writeDocument(join(out, 'performance.md'), measured)
  }

  const [times, runs] = [Number(values.faults), Number(values.runs)]
  for (const system of systems) {
    if (times === 0 || journal.knowsFaultsOf(system)) continue
    try {
      journal.addFaults(await measureFaults(system, dir, times, log))
    } catch (error) {
      log(`${system.name} in bad hands: ${(error as Error).message}`)
    }
    await write()
  }
  for (const count of values.counts.split(',').map(Number)) {
    if (journal.finished.has(count)) continue
    const home = join(dir, String(count))
    await rm(home, { recursive: true, force: true })
    const options = { dir, count, systems, steps, times: runs, before: journal.results, until, log }
    for await (const results of compare(options)) {
      journal.add(results)
      await write()
    }
    journal.finish(count)
    await write()
    // Three runs of ten systems leave some gigabytes.
    await rm(home, { recursive: true, force: true })
  }
  log(`written: ${join(out, 'performance.md')}`)
  if (values.dir === undefined) await rm(dir, { recursive: true, force: true })
}
