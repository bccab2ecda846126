// A device process for the kill tests: creates observations and syncs with a file, in turns, and
// says what it has done, until it is killed.

import { writeSync } from 'node:fs'
import { Device } from '../../lib/main.js'
import { CONFIGURATION, PROJECT_KEY } from '../helpers/fixed.js'

const [dir = '', path = '', name = '', count = '1000'] = process.argv.slice(2)

const device = await Device.open(dir, {
  projectKey: PROJECT_KEY,
  name,
  configuration: CONFIGURATION
})
writeSync(1, 'open\n')
for (;;) {
  const entries = Array.from({ length: Number(count) }, (_, i) => ({
    lat: (i % 170) - 85,
    lon: (i % 350) - 175,
    tags: { number: i, note: 'Seen from the river, on the left bank, under the large tree.' }
  }))
  await device.observations.createMany(entries)
  writeSync(1, `created ${count}\n`)
  await device.sync(path)
  writeSync(1, 'synced\n')
}
