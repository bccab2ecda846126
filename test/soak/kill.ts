// 200 kills at random moments over creating and two-way syncing of 20,000 entries. Not part of the
// suite: `node build/test/soak/kill.js [kills] [entries] [seed]`.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAndCheck } from '../faults/killing.js'

/** After so many both devices begin anew: they grow with each, and so does what is looked at. */
const KILLS_A_ROUND = 25

const [kills = '200', entries = '20000', given] = process.argv.slice(2)
const seed = Number(given ?? Math.floor(Math.random() * 2 ** 31))
console.log(`${kills} kills, ${entries} entries before each sync, seed ${seed}`)
const lastWords = new Map<string, number>()
for (let done = 0; done < Number(kills); done += KILLS_A_ROUND) {
  const folder = await mkdtemp(join(tmpdir(), 'cairnlog-kill-'))
  try {
    const heard = await killAndCheck({
      folder,
      kills: Math.min(KILLS_A_ROUND, Number(kills) - done),
      seed: seed + done,
      entries: Number(entries),
      longest: 4000,
      newFileEvery: 8,
      onKill: (n, what) => console.log(`${done + n}: ${what}`)
    })
    for (const [word, times] of heard) lastWords.set(word, (lastWords.get(word) ?? 0) + times)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
console.log('Nothing was lost.', Object.fromEntries(lastWords))
