// docs/performance.md: where ours stands at a glance, then step by step what every system took, how
// the cost grows with the number of observations, and what became of sync files in bad hands.

import { writeFile } from 'node:fs/promises'
import { count, machine, mebibytes, table } from '../table.js'
import type { Chart } from './charts.js'
import { type Result, summaryOf } from './compare.js'
import type { FaultRow } from './faults.js'
import { growthTable } from './growth.js'
import { REASONS } from './reasons.js'
import { firstOf, placeOf, PROPERTIES, type Property } from './standing.js'
import { STEPS, type StepName } from './system.js'
import { OURS, type System, versionsOf } from './systems.js'

export interface Measured {
  readonly results: readonly Result[]
  readonly faults: readonly FaultRow[]
  readonly charts: readonly Chart[]
  readonly systems: readonly System[]
  readonly absent: readonly System[]
  /** Processes a figure is the median of, at most. */
  readonly runs: number
  /** Of the machine before the run began. */
  readonly load: number
}

/** Load above which the machine had something else to do. */
const QUIET = 0.7

export async function writeDocument(path: string, measured: Measured): Promise<void> {
  const lines = [
    '# Side by side',
    '',
    `Written by \`npm run bench:peers\` ([bench/README.md](../bench/README.md)): every system that is at hand is given the same made-up observations (seeded) and the same steps, through its public API. Each step runs in a process of its own, the systems in turn. ${figure(measured.runs)}; one that takes more than five minutes is stopped.`,
    '',
    ...circumstances(measured),
    ...glance(measured.results),
    ...STEPS.flatMap(([step]) => section(measured, step)),
    ...growth(measured),
    ...bad(measured.faults)
  ]
  const text = lines.join('\n').replace(/\n{3,}/g, '\n\n')
  await writeFile(path, `${text.trimEnd()}\n`)
}

function figure(runs: number): string {
  if (runs === 1) return 'A figure is that of one process'
  return `A figure is the median of ${runs} processes, or of one where a process takes more than half a minute`
}

function circumstances({ systems, absent, load }: Measured): string[] {
  return [
    `${machine()}; load ${load.toFixed(1)} before it began.`,
    '',
    ...(load > QUIET
      ? [
          '**The machine was busy with other work meanwhile.** Times vary by a factor of two and more; ratios say a little, processor time and memory more.',
          ''
        ]
      : []),
    'Not all do the same work:',
    '',
    ...systems.map((system) => `- **${system.name}** (${versionsOf(system)}): ${system.differs}.`),
    '',
    ...(absent.length > 0
      ? [`Not installed for this run: ${absent.map(({ name }) => name).join(', ')}.`, '']
      : [])
  ]
}

function glance(results: readonly Result[]): string[] {
  const counts = countsOf(results)
  const rows = (property: Property): string[][] =>
    STEPS.flatMap(([step, title]) => {
      const cells = counts.map((n) => placeOf(at(results, step, n), property))
      return cells.every((cell) => cell === '') ? [] : [[title, ...cells]]
    })
  const columns = (first: string): string[] => [
    first,
    ...counts.map((n) => `${count(n)} observations`)
  ]
  return [
    '## At a glance',
    '',
    `Where ${OURS} stands among all that know a step, whether they do the same work or less.`,
    '',
    ...table(columns('time'), rows('milliseconds')),
    '',
    ...table(columns('peak memory'), rows('peakBytes')),
    '',
    ...before(results)
  ]
}

/** What no step can be below. */
function before(results: readonly Result[]): string[] {
  const starts = results
    .filter(({ system }) => system === OURS)
    .flatMap(({ runs }) => runs.map(({ startBytes }) => startBytes))
  if (starts.length === 0) return []
  return [
    `Memory is that of the whole process. ${mebibytes(Math.min(...starts))} MiB of ours are Node.js, the loaded code and an open device, before any step begins.`,
    ''
  ]
}

function section({ results, systems, charts }: Measured, step: StepName): string[] {
  const ofStep = results.filter((result) => result.step === step)
  if (ofStep.length === 0) return []
  const [, title, timed] = STEPS.find(([name]) => name === step) as (typeof STEPS)[number]
  const counts = countsOf(ofStep)
  const rows = systems.flatMap(({ name }) => {
    if (ofStep.every(({ system }) => system !== name)) return []
    return [[name, ...counts.flatMap((n) => cellsOf(at(ofStep, step, n), name))]]
  })
  const heads = counts.flatMap((n) => [`${count(n)}: ms`, 'CPU ms', 'MiB'])
  const chart = charts.find((one) => one.step === step)
  return [
    `## ${title[0]?.toUpperCase()}${title.slice(1)}`,
    '',
    timed,
    '',
    ...table(['', ...heads], rows),
    '',
    ...failuresOf(ofStep),
    ...reasonsOf(ofStep, step),
    ...(chart ? [`![${title}: time by the number of observations](images/${chart.file})`, ''] : [])
  ]
}

/** Time, processor time and memory of one system; the least of each is bold. */
function cellsOf(results: readonly Result[], name: string): string[] {
  const result = results.find(({ system }) => system === name)
  const summary = result && summaryOf(result)
  if (!summary) return [result?.stopped ? 'stopped' : '–', '', '']
  return PROPERTIES.map((property) => {
    const shown = property === 'peakBytes' ? mebibytes(summary.peakBytes) : time(summary[property])
    return firstOf(results, property)?.system === name ? `**${shown}**` : shown
  })
}

function failuresOf(results: readonly Result[]): string[] {
  const lines = results.flatMap(({ system, count: n, failures }) =>
    [...new Set(failures)].map((why) => {
      const times = failures.filter((one) => one === why).length
      return `- ${system} at ${count(n)}: ${why}${times > 1 ? ` (${times} times)` : ''}.`
    })
  )
  return lines.length === 0 ? [] : [...lines, '']
}

/** Why another is first, where another is. */
function reasonsOf(results: readonly Result[], step: StepName): string[] {
  const isBehind = countsOf(results).some((n) => {
    const first = firstOf(at(results, step, n), 'milliseconds')
    return first !== undefined && first.system !== OURS
  })
  const reason = REASONS[step]
  return isBehind && reason !== undefined ? [`Why ours is not first everywhere: ${reason}`, ''] : []
}

function growth({ results, charts }: Measured): string[] {
  const rows = growthTable(results)
  if (rows.length === 0) return []
  const chart = charts.find(({ step }) => step === null)
  return [
    '## How our cost grows',
    '',
    'How many times as long a step takes for ten times as many observations: 10 is a cost in proportion, 1 does not depend on their number. What takes the same at any size (opening, handshakes, code that is not compiled yet) makes the first step smaller. In the charts both axes are logarithmic, and the dotted line is a cost in proportion.',
    '',
    ...rows,
    '',
    ...(chart
      ? [`![Time of our steps by the number of observations](images/${chart.file})`, '']
      : [])
  ]
}

function bad(faults: readonly FaultRow[]): string[] {
  if (faults.length === 0) return []
  return [
    '## In bad hands',
    '',
    'A sync file of 2,000 observations, 500 from each of four devices. Afterwards a new device syncs with what is left; counted is how often it shows all that the file had held, how often nothing, and the share on average. Of a file that was cut, nobody can have what lay behind the cut.',
    '',
    ...table(
      ['what happens', 'system', 'times', 'everything arrives', 'nothing arrives', 'share'],
      faults
        .toSorted((a, b) => a.fault.localeCompare(b.fault))
        .map(({ fault, system, times, whole, nothing, share }) => [
          fault,
          system,
          String(times),
          String(whole),
          String(nothing),
          `${(100 * share).toFixed(0)} %`
        ])
    ),
    ''
  ]
}

function at(results: readonly Result[], step: StepName, n: number): Result[] {
  return results.filter((result) => result.step === step && result.count === n)
}

function countsOf(results: readonly Result[]): number[] {
  return [...new Set(results.map((result) => result.count))].toSorted((a, b) => a - b)
}

function time(milliseconds: number): string {
  return milliseconds < 100 ? milliseconds.toFixed(1) : count(milliseconds)
}
