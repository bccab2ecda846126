// The suites `view` and `view-large`: what it costs to make the view, to keep it up to date and to
// ask it, beside better-sqlite3 (bench/peers) and stock hyperbee 2 with the same rows.

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCities, NO_CITIES } from './cities.js'
import { type Measurement, Runner } from './measure.js'
import type { Suite, SuiteOptions, SuiteResult, Target } from './suite.js'
import { count, mebibytes, milliseconds } from './table.js'
import type { Place } from './view-place.js'
import { QUERY_NAMES, STOCK_ANSWERS } from './view-queries.js'
import type * as steps from './view-steps.js'
import { AFTER_ROUNDS, type Row, rowName, Rows } from './view-targets.js'

interface Sizes {
  readonly observations: number
  readonly changes: number
  /** Of edits; 0: none, nor what comes after them. */
  readonly rounds: number
  /** MiB. */
  readonly rebuildPeak: number
  readonly queryPeak: number
}

const FULL: Sizes = {
  observations: 100_000,
  changes: 1000,
  rounds: 50,
  rebuildPeak: 400,
  queryPeak: 600
}
const LARGE: Sizes = {
  observations: 1_000_000,
  changes: 1000,
  rounds: 0,
  rebuildPeak: 700,
  queryPeak: 800
}
const QUICK = { observations: 1500, changes: 100, rounds: 2 }
const QUICK_LARGE = { observations: 3000, changes: 100 }

/** From build/bench, where this runs. */
const SQLITE = new URL(
  '../../bench/peers/node_modules/better-sqlite3/build/Release/better_sqlite3.node',
  import.meta.url
)

export const viewSuite: Suite = (options) =>
  new ViewBench(options, { ...FULL, ...(options.quick && QUICK) }).run()

export const largeViewSuite: Suite = (options) =>
  new ViewBench(options, { ...LARGE, ...(options.quick && QUICK_LARGE) }).run()

class ViewBench {
  private readonly runner: Runner<typeof steps>
  private readonly rows = new Rows()
  private readonly withSqlite: boolean = existsSync(SQLITE)

  constructor(
    private readonly options: SuiteOptions,
    private readonly sizes: Sizes
  ) {
    this.runner = new Runner(new URL('./view-steps.js', import.meta.url), options.profiles)
  }

  async run(): Promise<SuiteResult> {
    const { observations, changes, rounds, rebuildPeak, queryPeak } = this.sizes
    const dir = join(this.options.dir, `device-${observations}`)
    await mkdir(dir)
    const place = { dir, count: observations }
    await this.runner.run('record', place)
    this.add({
      what: 'rebuild',
      ours: await this.sized(place, 'rebuild'),
      sqlite: this.withSqlite ? await this.runner.run('sqliteBuild', place) : undefined,
      stock: await this.runner.run('stockBuild', place)
    })
    await this.askAll(dir)
    const grown = await this.runner.run('grow', { dir, count: changes })
    this.add({ what: `${changes} new`, ours: grown })
    const edited = await this.runner.run('edit', { dir, count: changes })
    this.add({ what: `${changes} edits`, ours: edited })
    const targets = [
      ...this.rows.rebuild(rebuildPeak),
      ...this.rows.changes(String(changes)),
      ...this.rows.pages(),
      ...this.rows.besideSqlite(),
      ...this.rows.queryMemory(queryPeak)
    ]
    if (rounds > 0) targets.push(...(await this.edits(place, rounds)))
    return this.result(targets)
  }

  /** Rounds of edits, every query again, and what the same content takes when it is made anew. */
  private async edits(place: Place, rounds: number): Promise<Target[]> {
    const { dir } = place
    const what = `${rounds} rounds of edits`
    this.add({ what, ours: await this.sized({ dir, count: rounds }, 'rounds') })
    for (const name of QUERY_NAMES) {
      const ours = await this.runner.run('ask', { dir, name, warm: true })
      this.add({ what: rowName(name, true, AFTER_ROUNDS), ours })
    }
    const live = await this.sized(place, 'rebuild')
    this.add({ what: `rebuild${AFTER_ROUNDS}`, ours: live })
    return this.rows.afterRounds(what, live)
  }

  /** With the bytes that a step has left on disk. */
  private async sized(place: Place, step: 'rebuild' | 'rounds'): Promise<Measurement> {
    const measurement = await this.runner.run(step, place)
    const { bytes } = await this.runner.run('size', place)
    return { ...measurement, bytes }
  }

  private async askAll(dir: string): Promise<void> {
    for (const name of QUERY_NAMES) {
      for (const warm of [false, true]) {
        const asking = { dir, name, warm }
        const ours = await this.runner.run('ask', asking)
        const sqlite = this.withSqlite ? await this.runner.run('sqliteAsk', asking) : undefined
        const stock = STOCK_ANSWERS.has(name)
          ? await this.runner.run('stockAsk', asking)
          : undefined
        this.add({ what: rowName(name, warm), ours, sqlite, stock })
      }
    }
  }

  private add(row: Row): void {
    const { what, ours, sqlite, stock } = row
    const found = [ours, sqlite, stock].flatMap((m) => (m === undefined ? [] : [m.blocks]))
    this.rows.add(row)
    this.options.log(`${what}: ${milliseconds(ours)} ms`)
    // SQLite's R-tree keeps places as 32-bit numbers, so a row at the edge of a box can be in or out.
    const apart = Math.max(...found) - Math.min(...found)
    if (apart > ours.blocks * MAX_APART) throw new Error(`${what}: ${found.join(' and ')} rows`)
  }

  private result(targets: Target[]): SuiteResult {
    const sqlite = this.withSqlite
      ? 'better-sqlite3 holds the same rows as JSON, with an R-tree and three indexes; its write does not count making the JSON.'
      : 'better-sqlite3 is not there: see bench/README.md.'
    return {
      title: `view, ${count(this.sizes.observations)} observations of five devices`,
      notes: [
        `Each row is one fresh process; cold means the first query in it, with the operating system's file cache warm. ${sqlite}`,
        'Stock hyperbee 2 holds them as JSON under their id, with a key each for time of update and type.',
        hasCities() ? 'Walks begin at the cities of GeoNames.' : NO_CITIES
      ],
      columns: COLUMNS,
      rows: [...this.rows].map(cells),
      targets
    }
  }
}

/** Part of the rows of a box that may lie at its edge. */
const MAX_APART = 0.01

const COLUMNS = [
  'step',
  'rows',
  'ms',
  'CPU ms',
  'SQLite ms',
  'times',
  'hyperbee 2 ms',
  'times',
  'peak MiB',
  'SQLite',
  'hyperbee 2',
  'bytes',
  'SQLite',
  'hyperbee 2'
]

function cells({ what, ours, sqlite, stock }: Row): string[] {
  const beside = (peer: Measurement | undefined): string[] =>
    peer === undefined
      ? ['', '']
      : [milliseconds(peer), (ours.milliseconds / peer.milliseconds).toFixed(2)]
  const all = [ours, sqlite, stock]
  return [
    what,
    count(ours.blocks),
    milliseconds(ours),
    ours.cpuMilliseconds.toFixed(1),
    ...beside(sqlite),
    ...beside(stock),
    ...all.map((m) => (m === undefined ? '' : mebibytes(m.peakBytes))),
    ...all.map((m) => (m === undefined || m.bytes === 0 ? '' : count(m.bytes)))
  ]
}
