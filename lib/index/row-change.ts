// What a batch did to a row, for those who want to be told: watchers, and the report of a sync.

import type { Row } from './row.js'
import type { PackedVersion } from './version-bytes.js'

/** Everything in it lies in memory that is used again: copy what is kept. */
export interface RowChange {
  /** Name of the kind of a document; empty for an observation. */
  readonly type: string
  readonly id: Buffer
  /** Without heads where there was no row. */
  readonly before: Row
  readonly after: Row
  /** Versions that were not in the view before. */
  readonly arrived: readonly PackedVersion[]
}

export interface RowObserver {
  /** Called while a batch is being made. */
  see(change: RowChange): void
  /** The rows seen are shown now; or they never will be. */
  settle(shown: boolean): void
}

/** Tells several; undefined where there is none, so that nothing is made for nobody. */
export function observersOf(observers: ReadonlySet<RowObserver>): RowObserver | undefined {
  if (observers.size === 0) return undefined
  const all = [...observers]
  return {
    see: (change) => all.forEach((observer) => observer.see(change)),
    settle: (shown) => all.forEach((observer) => observer.settle(shown))
  }
}
