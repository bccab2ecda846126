// What a suite is given and what it brings back; how it looks is table.ts's affair.

export interface SuiteOptions {
  /** Small numbers: to see that everything runs, not how fast. */
  readonly quick: boolean
  /** An empty folder of the suite's own; removed afterwards. */
  readonly dir: string
  /** Where CPU profiles of every step go; none where absent. */
  readonly profiles: string | undefined
  /** Tells whoever waits what is going on. */
  readonly log: (line: string) => void
}

export interface Target {
  readonly what: string
  readonly wanted: string
  readonly found: string
  readonly reached: boolean
}

export interface SuiteResult {
  readonly title: string
  readonly notes: readonly string[]
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly targets: readonly Target[]
}

export type Suite = (options: SuiteOptions) => Promise<SuiteResult>
