// The suite `view`: what it costs to make the view, to keep it up to date and to ask it, beside
// better-sqlite3 with the same rows where that is there (bench/peers).

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measurement, Runner } from './measure.js'
import type { Suite, SuiteOptions, SuiteResult, Target } from './suite.js'
import { count, mebibytes, milliseconds } from './table.js'
import { QUERY_NAMES, type QueryName } from './view-queries.js'
import type * as steps from './view-steps.js'

interface Sizes {
  readonly observations: number
  readonly changes: number
  readonly rounds: number
}

const FULL: Sizes = { observations: 100_000, changes: 1000, rounds: 50 }
const QUICK: Sizes = { observations: 1500, changes: 100, rounds: 2 }

/** From build/bench, where this runs. */
const SQLITE = new URL(
  '../../bench/peers/node_modules/better-sqlite3/build/Release/better_sqlite3.node',
  import.meta.url
)

interface Row {
  readonly what: string
  readonly ours: Measurement
  readonly sqlite: Measurement | null
}

export const viewSuite: Suite = (options) => new ViewBench(options).run()

class ViewBench {
  private readonly runner: Runner<typeof steps>
  private readonly sizes: Sizes
  private readonly rows: Row[] = []
  private readonly withSqlite: boolean = existsSync(SQLITE)

  constructor(private readonly options: SuiteOptions) {
    this.sizes = options.quick ? QUICK : FULL
    this.runner = new Runner(new URL('./view-steps.js', import.meta.url), options.profiles)
  }

  async run(): Promise<SuiteResult> {
    const { observations, changes, rounds } = this.sizes
    const dir = join(this.options.dir, 'device')
    await mkdir(dir)
    const place = { dir, count: observations }
    await this.runner.run('record', place)
    const made = await this.sized(place, await this.runner.run('rebuild', place))
    const peer = this.withSqlite ? await this.runner.run('sqliteBuild', place) : null
    this.add('rebuild', made, peer)
    await this.askAll(dir, '')
    this.add(`${changes} new`, await this.runner.run('grow', { dir, count: changes }))
    this.add(`${changes} edits`, await this.runner.run('edit', { dir, count: changes }))
    const edited = await this.runner.run('rounds', { dir, count: rounds })
    this.add(`${rounds} rounds of edits`, await this.sized(place, edited))
    await this.askAll(dir, ' after the rounds', false)
    return this.result()
  }

  /** With the bytes that a step has left on disk. */
  private async sized(place: steps.Place, measurement: Measurement): Promise<Measurement> {
    const { bytes } = await this.runner.run('size', place)
    return { ...measurement, bytes }
  }

  private async askAll(dir: string, when: string, peer = this.withSqlite): Promise<void> {
    for (const name of QUERY_NAMES) {
      for (const warm of [false, true]) {
        const ours = await this.runner.run('ask', { dir, name, warm })
        const theirs = peer ? await this.runner.run('sqliteAsk', { dir, name, warm }) : null
        this.add(rowName(name, warm) + when, ours, theirs)
      }
    }
  }

  private add(what: string, ours: Measurement, sqlite: Measurement | null = null): void {
    this.rows.push({ what, ours, sqlite })
    this.options.log(`${what}: ${milliseconds(ours)} ms`)
  }

  private result(): SuiteResult {
    const { observations } = this.sizes
    return {
      title: `view, ${count(observations)} observations`,
      notes: [
        `Each row is one fresh process; cold means the first query in it. SQLite ${
          this.withSqlite
            ? 'holds the same rows as JSON, with an R-tree and three indexes'
            : 'is not there: see bench/README.md'
        }.`
      ],
      columns: COLUMNS,
      rows: this.rows.map(cells),
      targets: this.targets()
    }
  }

  private targets(): Target[] {
    const { observations, changes, rounds } = this.sizes
    const of = (what: string): Row => {
      const row = this.rows.find((r) => r.what === what)
      if (row === undefined) throw new Error(`${what} was not measured`)
      return row
    }
    const time = (what: string): number => of(what).ours.milliseconds
    const rebuild = of('rebuild').ours
    const edited = of(`${rounds} rounds of edits`).ours
    const slower = QUERY_NAMES.map((name) => {
      const what = rowName(name, true)
      return time(`${what} after the rounds`) / Math.max(1, time(what))
    })
    const mib = 2 ** 20
    return [
      {
        what: 'rebuild, observations/s',
        wanted: '>= 25,000',
        found: count((observations / rebuild.milliseconds) * 1000),
        reached: observations / rebuild.milliseconds >= 25
      },
      atMost('rebuild, peak MiB', rebuild.peakBytes / mib, 400),
      atMost(`${changes} new, ms`, time(`${changes} new`), 150),
      atMost(`${changes} edits, ms`, time(`${changes} edits`), 400),
      atMost('newest 50, cold, ms', time('newest 50, cold'), 15),
      atMost('newest 50, warm, ms', time('newest 50, warm'), 3),
      atMost('box, first 50, cold, ms', time('box, first 50, cold'), 15),
      atMost('box, first 50, warm, ms', time('box, first 50, warm'), 3),
      ...(this.withSqlite ? this.besideSqlite(of) : []),
      atMost('after the rounds, slowest query, times before', Math.max(...slower), 2),
      atMost('the rounds, peak MiB', edited.peakBytes / mib, 600),
      atMost('the rounds, disk, times a rebuild', edited.bytes / rebuild.bytes, 2.5)
    ]
  }

  private besideSqlite(of: (what: string) => Row): Target[] {
    const wanted: [name: QueryName, warm: boolean, limit: number][] = [
      ['get', true, 5],
      ['get', false, 15],
      ['box, 0.1 %', true, 5],
      ['box, 0.1 %', false, 15],
      ['box, 10 %', true, 2.5],
      ['by tag', true, 2.5],
      ['all', true, 2.5],
      ['all', false, 2.5]
    ]
    return wanted.map(([name, warm, limit]) => {
      const what = rowName(name, warm)
      const { ours, sqlite } = of(what)
      const found = ours.milliseconds / (sqlite?.milliseconds ?? NaN)
      return atMost(`${what}, times SQLite`, found, limit)
    })
  }
}

const COLUMNS = ['step', 'rows', 'ms', 'SQLite ms', 'times SQLite', 'peak MiB', 'bytes']

function cells({ what, ours, sqlite }: Row): string[] {
  return [
    what,
    count(ours.blocks),
    milliseconds(ours),
    sqlite === null ? '' : milliseconds(sqlite),
    sqlite === null ? '' : (ours.milliseconds / sqlite.milliseconds).toFixed(2),
    mebibytes(ours.peakBytes),
    ours.bytes === 0 ? '' : count(ours.bytes)
  ]
}

function rowName(name: QueryName, warm: boolean): string {
  return `${name}, ${warm ? 'warm' : 'cold'}`
}

function atMost(what: string, found: number, wanted: number): Target {
  return { what, wanted: `<= ${wanted}`, found: found.toFixed(2), reached: found <= wanted }
}
