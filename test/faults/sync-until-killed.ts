// A device process for the kill tests: takes in photos, creates observations and syncs with a file, in
// turns, and says what it has done, until it is killed.

import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { Device } from '../../lib/main.js'
import { CONFIGURATION, PROJECT_KEY } from '../helpers/fixed.js'

const [dir = '', path = '', name = '', count = '1000'] = process.argv.slice(2)

/** Bytes: one piece, and more than two, so that a kill cuts photos between and within pieces. */
const PHOTOS = [90_000, 2_400_000]

const device = await Device.open(dir, {
  projectKey: PROJECT_KEY,
  name,
  configuration: CONFIGURATION
})
writeSync(1, 'open\n')
for (;;) {
  for (const size of PHOTOS) {
    const original = await device.media.put(randomBytes(size), { type: 'image/jpeg' })
    const attachments = [{ variants: { original } }]
    await device.observations.create({ lat: 0, lon: 0, attachments })
    writeSync(1, `photo ${original.hash} ${original.size}\n`)
  }
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
