// A real process is killed while it creates observations and syncs: the device opens, all that was
// created is there, the file opens, and the next sync completes. 200 kills with more entries:
// test/soak/kill.ts.

import test from 'brittle'
import { killAndCheck } from './killing.js'

test(
  '12 kills while two devices create and sync: nothing is lost',
  { timeout: 180_000 },
  async (t) => {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    t.comment(`seed ${seed}`)
    const folder = await t.tmp()
    const lastWords = await killAndCheck({
      folder,
      kills: 12,
      seed,
      entries: 2000,
      longest: 900,
      newFileEvery: 4
    })
    t.pass([...lastWords].map(([word, times]) => `${times} after "${word}"`).join(', '))
  }
)
