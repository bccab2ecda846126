// 200 kills at random moments over creating and two-way syncing of 20,000 entries. Not part of the
// suite: `node build/test/soak/kill.js [kills] [entries] [seed]`.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAndCheck } from '../faults/killing.js'

const [kills = '200', entries = '20000', given] = process.argv.slice(2)
const seed = Number(given ?? Math.floor(Math.random() * 2 ** 31))
console.log(`${kills} kills, ${entries} entries before each sync, seed ${seed}`)
const folder = await mkdtemp(join(tmpdir(), 'cairnlog-kill-'))
try {
  const lastWords = await killAndCheck({
    folder,
    kills: Number(kills),
    seed,
    entries: Number(entries),
    longest: 4000,
    newFileEvery: 8,
    onKill: (n, what) => console.log(`${n}: ${what}`)
  })
  console.log('Nothing was lost.', Object.fromEntries(lastWords))
} finally {
  await rm(folder, { recursive: true, force: true })
}
