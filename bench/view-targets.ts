// What the view is to reach, of what was measured.

import type { Measurement } from './measure.js'
import type { Target } from './suite.js'
import { count } from './table.js'
import { QUERY_NAMES, type QueryName } from './view-queries.js'

export interface Row {
  readonly what: string
  readonly ours: Measurement
  readonly sqlite?: Measurement | undefined
  readonly stock?: Measurement | undefined
}

export const AFTER_ROUNDS = ' after the rounds'

export function rowName(name: QueryName, warm: boolean, when = ''): string {
  return `${name}, ${warm ? 'warm' : 'cold'}${when}`
}

const MIB = 2 ** 20

/** Times as much as SQLite takes: small answers, and large ones. */
const SMALL = { warm: 5, cold: 15 }
const LARGE = { warm: 2.5, cold: 2.5 }
const BESIDE_SQLITE: [name: QueryName, limits: { warm: number; cold: number }][] = [
  ['get', SMALL],
  ['box, 0.1 %', SMALL],
  ['box, 1 %', SMALL],
  ['box, 10 %', LARGE],
  ['by tag', LARGE],
  ['all', LARGE]
]

/** What was measured, by name. */
export class Rows {
  private readonly rows: Row[] = []

  add(row: Row): void {
    this.rows.push(row)
  }

  [Symbol.iterator](): IterableIterator<Row> {
    return this.rows.values()
  }

  of(what: string): Row {
    const row = this.rows.find((r) => r.what === what)
    if (row === undefined) throw new Error(`${what} was not measured`)
    return row
  }

  time(what: string): number {
    return this.of(what).ours.milliseconds
  }

  rebuild(peakMiB: number): Target[] {
    const { ours, sqlite } = this.of('rebuild')
    const perSecond = (ours.blocks / ours.milliseconds) * 1000
    const targets = [
      atLeast('rebuild, observations/s', perSecond, 25_000),
      atMost('rebuild, peak MiB', ours.peakBytes / MIB, peakMiB)
    ]
    if (sqlite === undefined) return targets
    const theirs = (sqlite.blocks / sqlite.milliseconds) * 1000
    return [...targets, atLeast("the same, beside SQLite's own write", perSecond, theirs)]
  }

  changes(what: string): Target[] {
    return [
      atMost(`${what} new, ms`, this.time(`${what} new`), 150),
      atMost(`${what} edits, ms`, this.time(`${what} edits`), 400)
    ]
  }

  pages(): Target[] {
    return (['newest 50', 'box, first 50'] as const).flatMap((name) => [
      atMost(`${name}, cold, ms`, this.time(rowName(name, false)), 15),
      atMost(`${name}, warm, ms`, this.time(rowName(name, true)), 3)
    ])
  }

  besideSqlite(): Target[] {
    const targets: Target[] = []
    for (const [name, limits] of BESIDE_SQLITE) {
      for (const warm of [true, false]) {
        const what = rowName(name, warm)
        const { ours, sqlite } = this.of(what)
        if (sqlite === undefined) continue
        const times = ours.milliseconds / sqlite.milliseconds
        targets.push(atMost(`${what}, times SQLite`, times, warm ? limits.warm : limits.cold))
      }
    }
    return targets
  }

  queryMemory(peakMiB: number): Target[] {
    const asked = QUERY_NAMES.flatMap((name) => [rowName(name, false), rowName(name, true)])
    const peak = Math.max(...asked.map((what) => this.of(what).ours.peakBytes))
    return [atMost('queries, peak MiB', peak / MIB, peakMiB)]
  }

  /** `live` is a rebuild of what the rounds have left. */
  afterRounds(rounds: string, live: Measurement): Target[] {
    const slower = QUERY_NAMES.map((name) => {
      const before = this.time(rowName(name, true))
      // What takes less than a millisecond is not told apart from what the machine does besides.
      return this.time(rowName(name, true, AFTER_ROUNDS)) / Math.max(1, before)
    })
    const { peakBytes, bytes } = this.of(rounds).ours
    return [
      atMost('after the rounds, slowest query, times before', Math.max(...slower), 2),
      atMost('the rounds, peak MiB', peakBytes / MIB, 600),
      atMost('the rounds, disk, times its rebuild', bytes / live.bytes, 2.5)
    ]
  }
}

function atMost(what: string, found: number, wanted: number): Target {
  return { what, wanted: `<= ${wanted}`, found: found.toFixed(2), reached: found <= wanted }
}

function atLeast(what: string, found: number, wanted: number): Target {
  return { what, wanted: `>= ${count(wanted)}`, found: count(found), reached: found >= wanted }
}
