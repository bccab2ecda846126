// docs/performance.md: the tables that a run has measured, with the machine and the versions. What
// is said there about where the time goes is written by hand between two marks, and stays.

import { readFile, writeFile } from 'node:fs/promises'
import { count, machine, mebibytes, table } from '../table.js'
import type { Chart } from './charts.js'
import type { Result } from './compare.js'
import type { FaultRow } from './faults.js'
import { STEPS } from './system.js'
import { OURS, type System, versionsOf } from './systems.js'

export interface Measured {
  readonly results: readonly Result[]
  readonly faults: readonly FaultRow[]
  readonly charts: readonly Chart[]
  readonly systems: readonly System[]
  readonly absent: readonly System[]
}

const BY_HAND = ['<!-- by hand -->', '<!-- measured -->'] as const

export async function writeDocument(path: string, measured: Measured): Promise<void> {
  const before = await readFile(path, 'utf8').catch(() => '')
  const [from, to] = BY_HAND.map((mark) => before.indexOf(mark)) as [number, number]
  const byHand = from < 0 || to < 0 ? '' : before.slice(from + BY_HAND[0].length, to).trim()
  const lines = [
    '# Side by side',
    '',
    'Written by `npm run bench:peers` (see [bench/README.md](../bench/README.md)), except for the next part.',
    '',
    BY_HAND[0],
    '',
    byHand,
    '',
    BY_HAND[1],
    '',
    '## What was measured, and with what',
    '',
    'Every system is given the same made-up observations (seeded) and the same steps. Each step runs in a process of its own, the systems in turn; a figure is the median of three processes, or of one where a step takes more than a minute. **Bold** is the fastest of those that do the same work. A dash is a step that a system does not know.',
    '',
    `${machine()}.`,
    '',
    ...table(
      ['system', 'version'],
      measured.systems.map((system) => [system.name, versionsOf(system) ?? ''])
    ),
    '',
    ...(measured.absent.length > 0
      ? [`Not installed for this run: ${measured.absent.map(({ name }) => name).join(', ')}.`, '']
      : []),
    ...countsOf(measured.results).flatMap((n) => section(measured, n)),
    ...growth(measured.charts),
    ...bad(measured.faults)
  ]
  await writeFile(
    path,
    `${lines
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trimEnd()}\n`
  )
}

function section({ results, systems }: Measured, n: number): string[] {
  const shown = systems.filter(({ name }) => results.some(({ system }) => system === name))
  const rows = (cell: (result: Result, fastest: boolean) => string): string[][] =>
    STEPS.flatMap(([step, title]) => {
      const ofStep = results.filter((result) => result.step === step && result.count === n)
      if (ofStep.length === 0) return []
      const fastest = fastestOf(ofStep)
      const cells = shown.map(({ name }) => {
        const result = ofStep.find(({ system }) => system === name)
        return result === undefined ? '–' : cell(result, result === fastest)
      })
      return [[title, ...cells]]
    })
  const columns = (first: string): string[] => [first, ...shown.map(({ name }) => name)]
  return [
    `## ${count(n)} observations`,
    '',
    ...table(
      columns('milliseconds'),
      rows(({ summary, reason }, fastest) => {
        if (summary === null) return reason ?? 'failed'
        return fastest ? `**${time(summary.milliseconds)}**` : time(summary.milliseconds)
      })
    ),
    '',
    ...table(
      columns('peak memory, MiB'),
      rows(({ summary }) => (summary === null ? '' : mebibytes(summary.peakBytes)))
    ),
    ''
  ]
}

/** `cp + BLAKE2b` is a floor and no competitor. */
function fastestOf(results: readonly Result[]): Result | undefined {
  return results
    .filter(({ summary, system }) => summary !== null && !system.startsWith('cp '))
    .toSorted((a, b) => (a.summary?.milliseconds ?? 0) - (b.summary?.milliseconds ?? 0))[0]
}

function growth(charts: readonly Chart[]): string[] {
  if (charts.length === 0) return []
  const images = charts.map(({ title, file }) => `![${title}](images/${file})`)
  return [
    '## How the cost grows',
    '',
    `Both axes are logarithmic: a line of slope one is a cost in proportion to the number of observations, a level line does not depend on it. The thick line is ${OURS}.`,
    '',
    ...images,
    ''
  ]
}

function bad(faults: readonly FaultRow[]): string[] {
  if (faults.length === 0) return []
  return [
    '## In bad hands',
    '',
    'A sync file of 2,000 observations. Afterwards a new device syncs with what is left; counted is how often it shows all that the file had held, how often nothing, and the share on average.',
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

function countsOf(results: readonly Result[]): number[] {
  return [...new Set(results.map((result) => result.count))].toSorted((a, b) => a - b)
}

function time(milliseconds: number): string {
  return milliseconds < 100 ? milliseconds.toFixed(1) : count(milliseconds)
}
