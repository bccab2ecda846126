// The suite `sync`: what a sync costs with 100,000 observations, beside what stock replication of
// the same blocks costs, and whether small syncs stay small in a large project.

import { mkdir, copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measurement, type Summary, Runner, summarise } from './measure.js'
import type { SuiteOptions, SuiteResult, Target } from './suite.js'
import { count, mebibytes, milliseconds, times } from './table.js'
import type * as steps from './sync-steps.js'

/** Observations that each side records before they meet. */
const NEW = 100

interface Sizes {
  readonly large: number
  readonly small: number
  /** Processes of each long step, and of each step that takes milliseconds. */
  readonly runs: number
  readonly shortRuns: number
}

const FULL: Sizes = { large: 100_000, small: 1000, runs: 3, shortRuns: 7 }
const QUICK: Sizes = { large: 1500, small: 100, runs: 1, shortRuns: 1 }

interface Row {
  readonly what: string
  readonly observations: number
  readonly summary: Summary
}

export async function syncSuite(options: SuiteOptions): Promise<SuiteResult> {
  const sizes = options.quick ? QUICK : FULL
  const bench = new SyncBench(options, sizes)
  const [large, small] = await Promise.all([
    bench.project('large', sizes.large),
    bench.project('small', sizes.small)
  ])
  // Round by round, so that whatever else the machine is doing meets every row alike.
  for (let run = 0; run < sizes.runs; run++) await bench.carryAll(large)
  for (let run = 0; run < sizes.shortRuns; run++) {
    for (const project of [small, large]) await bench.carryLittle(project)
  }
  return bench.result(large, small)
}

/** A project of a certain size: who holds it, and in which file. */
interface Project {
  readonly observations: number
  readonly dir: string
  /** The device that recorded everything, and the file that it made. */
  readonly author: string
  readonly file: string
  /** Two devices that received the file, and the copy in which they meet. */
  readonly here: string
  readonly there: string
  readonly meeting: string
}

class SyncBench {
  private readonly runner: Runner<typeof steps>
  private readonly measured: { what: string; observations: number; all: Measurement[] }[] = []
  private fresh = 0

  constructor(
    private readonly options: SuiteOptions,
    private readonly sizes: Sizes
  ) {
    this.runner = new Runner(new URL('./sync-steps.js', import.meta.url), options.profiles)
  }

  /** Makes the data that the rows start from; nothing of it is measured. */
  async project(name: string, observations: number): Promise<Project> {
    this.options.log(`recording ${count(observations)} observations`)
    const dir = join(this.options.dir, name)
    await mkdir(dir)
    const in_ = (path: string): string => join(dir, path)
    const [author, here, there] = [in_('author'), in_('here'), in_('there')]
    const [file, meeting] = [in_('territory.cairn'), in_('meeting.cairn')]
    await this.runner.run('record', { dir: author, count: observations, seed: 1 })
    await this.runner.run('create', { dir: author, file })
    await copyFile(file, meeting)
    for (const device of [here, there]) {
      // One after the other: both write their beginning into the file.
      await this.runner.run('meet', { dir: device, file: meeting })
    }
    return { observations, dir, author, file, here, there, meeting }
  }

  /** Everything from one side to the other, in each of the ways. */
  async carryAll(project: Project): Promise<void> {
    const { author, file } = project
    const fresh = (name: string): string => join(project.dir, `${name}-${++this.fresh}`)
    const arrival = (): { dir: string; file: string; copy: string } => {
      return { dir: fresh('device'), file, copy: fresh('copy.cairn') }
    }
    await this.take(ROWS.create, project, (runner) =>
      runner.run('create', { dir: author, file: fresh('new.cairn') })
    )
    await this.take(ROWS.log, project, (runner) => runner.run('receiveLog', arrival()))
    await this.take(ROWS.view, project, (runner) => runner.run('receiveAll', arrival()))
    await this.take(ROWS.stock, project, (runner) =>
      runner.run('stock', { from: author, dir: fresh('stock') })
    )
  }

  /** Nothing, and then a little both ways. */
  async carryLittle(project: Project): Promise<void> {
    const { author, file, here, there, meeting } = project
    await this.take(ROWS.nothing, project, (runner) => runner.run('meet', { dir: author, file }))
    await Promise.all(
      [here, there].map((dir) =>
        this.runner.run('record', { dir, count: NEW, seed: 1 + ++this.fresh })
      )
    )
    await this.runner.run('meet', { dir: there, file: meeting })
    await this.take(ROWS.little, project, (runner) =>
      runner.run('meet', { dir: here, file: meeting })
    )
    // And the other device hears of it, so that the next round begins like this one.
    await this.runner.run('meet', { dir: there, file: meeting })
  }

  result(large: Project, small: Project): SuiteResult {
    const rows = this.measured.map(({ what, observations, all }): Row => {
      return { what, observations, summary: summarise(all) }
    })
    const of = (what: string, project: Project): Summary => {
      const row = rows.find((r) => r.what === what && r.observations === project.observations)
      if (row === undefined) throw new Error(`${what} was not measured`)
      return row.summary
    }
    const stock = perSecond(of(ROWS.stock, large))
    return {
      title: `sync, ${count(this.sizes.large)} observations`,
      notes: notes(of(ROWS.stock, large)),
      columns: COLUMNS,
      rows: rows.map((row) => cells(row, stock)),
      targets: targets(of, large, small)
    }
  }

  private async take(
    what: string,
    project: Project,
    step: (runner: Runner<typeof steps>) => Promise<Measurement>
  ): Promise<void> {
    const { observations } = project
    const measurement = await step(this.runner)
    const row = this.measured.find((r) => r.what === what && r.observations === observations)
    if (row === undefined) this.measured.push({ what, observations, all: [measurement] })
    else row.all.push(measurement)
    this.options.log(`${what}, ${count(observations)}: ${milliseconds(measurement)} ms`)
  }
}

const ROWS = {
  create: 'device to new file',
  log: 'file to empty device, without view',
  view: 'file to empty device, with view',
  stock: 'stock replication, loopback TCP',
  nothing: 'no-op sync',
  little: `${NEW} new both ways`
} as const

const COLUMNS = [
  'step',
  'observations',
  'ms',
  'lowest - highest',
  'blocks/s',
  'times stock',
  'bytes',
  'peak MiB',
  'of it before'
] as const

function cells({ what, observations, summary }: Row, stock: number): string[] {
  const bulk = what !== ROWS.nothing && what !== ROWS.little
  return [
    what,
    count(observations),
    milliseconds(summary),
    `${summary.lowest.toFixed(1)} - ${summary.highest.toFixed(1)}`,
    bulk ? count(perSecond(summary)) : '',
    bulk ? times(perSecond(summary) / stock) : '',
    count(summary.bytes),
    mebibytes(summary.peakBytes),
    mebibytes(summary.startBytes)
  ]
}

function notes({ bytes, blocks }: Summary): string[] {
  return [
    `A block is ${Math.round(bytes / blocks)} bytes on average. ` +
      'Every row is a median over fresh processes; bench/README.md says what is measured.'
  ]
}

function targets(
  of: (what: string, project: Project) => Summary,
  large: Project,
  small: Project
): Target[] {
  const speed = (what: string): number =>
    perSecond(of(what, large)) / perSecond(of(ROWS.stock, large))
  const growth = (what: string): number =>
    of(what, large).milliseconds / of(what, small).milliseconds
  const ours = [ROWS.create, ROWS.log, ROWS.view, ROWS.nothing, ROWS.little]
  const peak = Math.max(...ours.map((what) => of(what, large).peakBytes))
  return [
    atLeast('file to device without view, times stock', speed(ROWS.log), 8),
    atLeast('file to device with view, times stock', speed(ROWS.view), 2),
    atLeast('the same, hoped for', speed(ROWS.view), 4),
    atMost('peak memory of any of our steps, MiB', peak / 2 ** 20, 350),
    atMost('no-op, large to small project', growth(ROWS.nothing), 1.5),
    atMost(`${NEW} new both ways, large to small project`, growth(ROWS.little), 2)
  ]
}

function atLeast(what: string, found: number, wanted: number): Target {
  return { what, wanted: `>= ${wanted}`, found: found.toFixed(2), reached: found >= wanted }
}

function atMost(what: string, found: number, wanted: number): Target {
  return { what, wanted: `<= ${wanted}`, found: found.toFixed(2), reached: found <= wanted }
}

function perSecond({ blocks, milliseconds }: Measurement): number {
  return blocks / (milliseconds / 1000)
}
