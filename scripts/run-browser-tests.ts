// Runs the tests of examples/field-map, most of which drive its page in a real Chromium, as
// run-tests.ts runs the library's, and ends with the same line. One file at a time: a browser and
// two servers are enough for the smallest machine. Without a browser nothing is skipped: it fails.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { runTests, testFiles } from './run-tests.js'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

const cwd = join(dirname(fileURLToPath(import.meta.url)), '../../examples/field-map')
if (!existsSync(CHROMIUM)) {
  console.log(`There is no browser at ${CHROMIUM}: apt-get install chromium, or set CHROMIUM.`)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
} else {
  const files = testFiles(cwd, argv.slice(2))
  const { passed, failed, problems } = await runTests({ cwd, files, jobs: 1 })
  if (problems.length > 0) console.log(['', 'Broken files:', ...problems].join('\n'))
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}
