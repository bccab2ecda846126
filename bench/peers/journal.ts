// What a run has measured, on disk after every step. A run that was cut short goes on from it: at
// the first count that was not finished, and that one from its beginning, for its data may be half
// made.

import { readFile, writeFile } from 'node:fs/promises'
import type { Result } from './compare.js'
import type { FaultRow } from './faults.js'
import type { System } from './systems.js'

interface Kept {
  /** Load of the machine when the run began, before it did anything itself. */
  load: number
  results: Result[]
  faults: FaultRow[]
  finished: number[]
}

export class Journal {
  private constructor(
    private readonly path: string,
    private readonly kept: Kept
  ) {}

  /** Empty where there is no such file. */
  static async open(path: string, load: number): Promise<Journal> {
    const text = await readFile(path, 'utf8').catch(() => null)
    const empty: Kept = { load, results: [], faults: [], finished: [] }
    const kept = text === null ? empty : (JSON.parse(text) as Kept)
    kept.results = kept.results.filter(({ count }) => kept.finished.includes(count))
    kept.load = Math.max(kept.load, load)
    return new Journal(path, kept)
  }

  get load(): number {
    return this.kept.load
  }

  get results(): readonly Result[] {
    return this.kept.results
  }

  get faults(): readonly FaultRow[] {
    return this.kept.faults
  }

  get finished(): ReadonlySet<number> {
    return new Set(this.kept.finished)
  }

  knowsFaultsOf({ name }: System): boolean {
    return this.kept.faults.some(({ system }) => system === name)
  }

  add(results: readonly Result[]): void {
    this.kept.results.push(...results)
  }

  addFaults(rows: readonly FaultRow[]): void {
    this.kept.faults.push(...rows)
  }

  finish(count: number): void {
    this.kept.finished.push(count)
  }

  async save(): Promise<void> {
    await writeFile(this.path, JSON.stringify(this.kept))
  }
}
