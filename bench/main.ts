// `npm run bench -- SUITE`: runs a suite and prints its table.

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { mediaSuite } from './media.js'
import { peersSuite } from './peers-live.js'
import type { Suite } from './suite.js'
import { syncSuite } from './sync.js'
import { syncfileSuite } from './syncfile.js'
import { toMarkdown } from './table.js'
import { largeViewSuite, viewSuite } from './view.js'

const SUITES: Record<string, Suite> = {
  sync: syncSuite,
  syncfile: syncfileSuite,
  view: viewSuite,
  'view-large': largeViewSuite,
  peers: peersSuite,
  media: mediaSuite
}
const USAGE = `Usage: npm run bench -- SUITE... [--quick] [--dir FOLDER] [--profile FOLDER]
Suites: ${Object.keys(SUITES).join(', ')}
  --quick     small numbers: shows that everything runs, says nothing about speed
  --dir       where to work; the system's temporary folder unless given
  --profile   keep a CPU profile of every step there (the times are then of no use)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    dir: { type: 'string', default: tmpdir() },
    profile: { type: 'string' }
  }
})
const suites = positionals.map((name) => SUITES[name])
if (suites.length === 0 || suites.includes(undefined)) {
  console.error(USAGE)
  process.exitCode = 2
} else {
  for (const suite of suites) if (suite !== undefined) await run(suite)
}

async function run(suite: Suite): Promise<void> {
  const profiles = values.profile === undefined ? undefined : resolve(values.profile)
  if (profiles !== undefined) await mkdir(profiles, { recursive: true })
  const dir = await mkdtemp(join(values.dir, 'cairnlog-bench-'))
  try {
    const log = (line: string): void => console.error(line)
    const result = await suite({ quick: values.quick, dir, profiles, log })
    console.log(toMarkdown(result))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
