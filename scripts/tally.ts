// Turns what one brittle process printed, and how it ended, into counts of tests. Kept apart from
// the running so that every way a test file can break is a plain value in a test.

/** How one test process ended, and what it printed. */
export interface Outcome {
  stdout: string
  /** stdout and stderr in the order they came. */
  output: string
  code: number | null
  signal: string | null
  timedOut: boolean
}

/** Tests, not assertions. `problems` are failures of a whole file, each counted in `failed`. */
export interface Tally {
  passed: number
  failed: number
  skipped: number
  problems: string[]
}

/** Counts the tests of one process; a process that did not end as brittle ends is one failure. */
export function tally({ stdout, code, signal, timedOut }: Outcome): Tally {
  const skipped = count(stdout, /^ok \d+ - .*# (?:SKIP|TODO)$/gm)
  // Printed once, after the last test. Without it the process ended early, by itself or not.
  const summary = /^# tests = (\d+)\/(\d+) pass$/m.exec(stdout)
  // brittle prints nothing for a test that threw, and the process ends there.
  const passed = (summary ? Number(summary[1]) : count(stdout, /^ok \d+ - /gm)) - skipped
  const failed = summary
    ? Number(summary[2]) - Number(summary[1])
    : count(stdout, /^not ok \d+ - /gm)
  const problem = whatBroke()
  return {
    passed,
    failed: failed + (problem ? 1 : 0),
    skipped,
    problems: problem ? [problem] : []
  }

  function whatBroke(): string | null {
    if (timedOut) return 'still running at the time limit, ended'
    if (signal !== null) return `ended by ${signal}`
    if (!summary) return `ended before its last test (exit code ${code})`
    if (summary[2] === '0') return 'holds no test'
    if (failed === 0 && code !== 0) return `every test passed, yet the exit code is ${code}`
    return null
  }
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
