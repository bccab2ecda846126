// A process that opens a sync file to sync with it, says so, and keeps it until it is killed.

import { openOrCreate } from '../../lib/syncfile/files.js'
import { options } from './files.js'

await openOrCreate(process.argv[2] ?? '', options)
console.log('open')
setInterval(() => {}, 1000)
