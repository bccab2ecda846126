// A process that opens the log in a folder, says so, and keeps it open until it is killed.

import { Log } from '../../lib/log/log.js'
import { Project } from '../../lib/log/project.js'
import { CONFIGURATION, PROJECT_KEY } from './fixed.js'

await Log.open(process.argv[2] ?? '', {
  project: new Project(PROJECT_KEY),
  name: 'Holder',
  configuration: CONFIGURATION
})
console.log('open')
setInterval(() => {}, 1000)
