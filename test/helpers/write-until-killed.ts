// A process that creates one observation after the other and says the id of each once it has been
// created, until it is killed.

import { writeSync } from 'node:fs'
import { Device } from '../../lib/main.js'
import { CONFIGURATION, PROJECT_KEY } from './fixed.js'

const device = await Device.open(process.argv[2] ?? '', {
  projectKey: PROJECT_KEY,
  name: 'Writer',
  configuration: CONFIGURATION
})
for (let i = 0; i < 100_000; i++) {
  const { id } = await device.observations.create({ tags: { i } })
  writeSync(1, `${id}\n`)
}
