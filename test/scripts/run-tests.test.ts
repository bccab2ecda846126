// The runner decides whether the project is sound, so each way a test file can break is tried on
// it for real: a file that breaks silently must never count as a success.

import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type Assertion } from 'brittle'
import { runTests, testFiles } from '../../scripts/run-tests.js'
import type { Tally } from '../../scripts/tally.js'

const brittle = pathToFileURL(createRequire(import.meta.url).resolve('brittle')).href
const pass = "test('good', (t) => t.pass())\n"

const broken: Array<{ name: string; source: string; passed: number; problem: RegExp | null }> = [
  { name: 'a failing test', source: "test('bad', (t) => t.fail())", passed: 1, problem: null },
  {
    name: 'a test that throws',
    source: "test('bad', () => { throw new Error('no') })",
    passed: 1,
    problem: /ended before its last test \(exit code 1\)/
  },
  {
    name: 'a test that never settles',
    source: "test('bad', () => new Promise(() => {}))",
    passed: 1,
    problem: /ended before its last test/
  },
  {
    name: 'a file that exits with 0 halfway',
    source: "test('bad', () => process.exit(0))",
    passed: 1,
    problem: /ended before its last test \(exit code 0\)/
  },
  {
    name: 'a file that is killed',
    source: "test('bad', () => process.kill(process.pid, 'SIGKILL'))",
    passed: 1,
    problem: /ended by SIGKILL/
  },
  {
    name: 'an exit code set after tests that all passed',
    source: 'process.exitCode = 3',
    passed: 1,
    problem: /the exit code is 3/
  }
]

for (const { name, source, passed, problem } of broken) {
  test(`${name} is one failure`, async (t) => {
    const result = await run(t, { 'a.test.js': pass + source })
    t.is(result.passed, passed)
    t.is(result.failed, 1)
    t.is(result.problems.length, problem ? 1 : 0)
    if (problem) t.ok(problem.test(result.problems[0] ?? ''), result.problems[0])
  })
}

test('a file that hangs is ended at the limit, with the processes it started', async (t) => {
  const source = `import { spawn } from 'node:child_process'
test('hangs', { timeout: 0 }, () => {
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
  return new Promise(() => {})
})`
  const result = await run(t, { 'a.test.js': pass + source }, 3000)
  t.is(result.failed, 1)
  t.ok(/time limit/.test(result.problems[0] ?? ''), result.problems[0])
})

test('a file without a test, and one that was not built, are failures', async (t) => {
  const result = await run(t, { 'a.test.js': '', 'b.test.js': pass, 'missing.test.js': null })
  t.is(result.passed, 1)
  t.is(result.failed, 2)
})

test('a skipped test is neither passed nor failed', async (t) => {
  const result = await run(t, { 'a.test.js': pass + "test.skip('later', (t) => t.pass())\n" })
  t.alike([result.passed, result.failed, result.skipped], [1, 0, 1])
})

test('what is listed comes from the sources, not from what lies in build/', async (t) => {
  const root = await t.tmp()
  mkdirSync(join(root, 'test/log'), { recursive: true })
  mkdirSync(join(root, 'build/test'), { recursive: true })
  writeFileSync(join(root, 'test/log/entry.test.ts'), '')
  writeFileSync(join(root, 'test/helpers.ts'), '')
  writeFileSync(join(root, 'build/test/deleted.test.js'), '')
  t.alike(testFiles(root), ['build/test/log/entry.test.js'])
  t.alike(testFiles(root, ['syncfile']), [])
})

async function run(
  t: Assertion,
  files: Record<string, string | null>,
  timeout = 20_000
): Promise<Tally> {
  const cwd = await t.tmp()
  writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }')
  for (const [name, source] of Object.entries(files)) {
    if (source === null) continue
    writeFileSync(join(cwd, name), `import test from '${brittle}'\n${source}`)
  }
  return await runTests({ cwd, files: Object.keys(files), timeout, print: () => {} })
}
