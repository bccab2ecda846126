// Runs every test file of the project with brittle and ends with the line `N passed, N failed`.
//
// The list comes from the sources (test/**/*.test.ts), not from what lies in build/, so the output
// of a deleted test never runs and a test that was not built is a failure. Each file gets a process
// of its own: a crash, a hang or a stray exit in one file is counted there and hides no other file.
// Counts are brittle's own; a file that ends without brittle's summary has failed, whatever its
// exit code says.

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { tally, type Outcome, type Tally } from './tally.js'

/** Two files at a time: what the smallest machine has cores for. */
const JOBS = 2
/** A file still running after this long is stuck: the whole suite is to take less than 8 minutes. */
const FILE_TIMEOUT_MS = 240_000
/** A test: what takes seconds here takes a minute where other programs have the processor. */
const TEST_TIMEOUT_MS = 120_000

const brittle = join(
  dirname(createRequire(import.meta.url).resolve('brittle/package.json')),
  'brittle-node.js'
)
const running = new Set<ChildProcess>()

export interface RunOptions {
  /** Where the files run, and what their printed names are relative to. */
  cwd: string
  /** Built test files, relative to `cwd`. */
  files: string[]
  jobs?: number
  timeout?: number
  print?: (line: string) => void
}

/** Runs the files and sums up their tests; a file that broke counts as one more failed test. */
export async function runTests(options: RunOptions): Promise<Tally> {
  const { cwd, files, jobs = JOBS, timeout = FILE_TIMEOUT_MS, print = console.log } = options
  const total: Tally = { passed: 0, failed: 0, skipped: 0, problems: [] }
  const queue = [...files]

  async function work(): Promise<void> {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const started = Date.now()
      const outcome = await runFile(cwd, file, timeout)
      const result = tally(outcome)
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      if (result.failed > 0) print(withoutPasses(outcome.output))
      for (const problem of result.problems) print(`${file}: ${problem}`)
      const mark = result.failed > 0 ? 'FAILED' : 'ok    '
      print(`${mark} ${file}: ${summary(result)} (${seconds} s)`)
      total.passed += result.passed
      total.failed += result.failed
      total.skipped += result.skipped
      total.problems.push(...result.problems.map((problem) => `${file}: ${problem}`))
    }
  }

  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work))
  return total
}

/** The built files of every test source, or of those whose path contains one of the filters. */
export function testFiles(root: string, filters: string[] = []): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => `build/test/${path.replace(/\.ts$/, '.js')}`)
    .filter((path) => filters.length === 0 || filters.some((part) => path.includes(part)))
    .sort()
}

async function runFile(cwd: string, file: string, timeout: number): Promise<Outcome> {
  const outcome: Outcome = { stdout: '', output: '', code: null, signal: null, timedOut: false }
  if (!existsSync(join(cwd, file))) {
    outcome.output = `${file} is not there: it was not built`
    return outcome
  }
  // Its own process group, so that what a stuck test has started ends with it.
  const child = spawn(process.execPath, [brittle, '--timeout', String(TEST_TIMEOUT_MS), file], {
    cwd,
    detached: true
  })
  running.add(child)
  const timer = setTimeout(() => {
    outcome.timedOut = true
    killGroup(child)
  }, timeout)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    outcome.stdout += text
    outcome.output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    outcome.output += text
  })
  // A grandchild left behind would keep the pipes open, and this run with them.
  child.once('exit', () => killGroup(child))
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      outcome.code = code
      outcome.signal = signal
      resolve()
    })
  })
  clearTimeout(timer)
  running.delete(child)
  return outcome
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already: that is what was asked for.
  }
}

/** What a broken file printed, less the assertions that held: the eye is to land on the others. */
function withoutPasses(output: string): string {
  return output.replace(/^(?:TAP version 13| +ok \d+ - .*)\n/gm, '')
}

function summary({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : '')
}

async function main(filters: string[]): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      for (const child of running) killGroup(child)
      process.exit(1)
    })
  }
  const cwd = join(dirname(fileURLToPath(import.meta.url)), '../..')
  const files = testFiles(cwd, filters)
  const total = await runTests({ cwd, files })
  if (files.length === 0) console.log('No test file matches.')
  if (total.problems.length > 0) console.log(['', 'Broken files:', ...total.problems].join('\n'))
  if (total.skipped > 0) console.log(`${total.skipped} skipped`)
  console.log(`${total.passed} passed, ${total.failed} failed`)
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
}

if (argv[1] === fileURLToPath(import.meta.url)) await main(argv.slice(2))
