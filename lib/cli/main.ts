#!/usr/bin/env node
// The program `cairnlog`.

import { argv, stdout } from 'node:process'
import { run } from './run.js'

const exitCode = await run(argv.slice(2))
// What is left open somewhere below must not keep a finished program alive; what was printed must
// have left it.
if (stdout.writableLength === 0) process.exit(exitCode)
stdout.write('', () => process.exit(exitCode))
