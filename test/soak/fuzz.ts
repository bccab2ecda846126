// The fuzzers for as long as asked: node build/test/soak/fuzz.js [links] [minutes] [seed]; of sync
// files, or of links. KIND=name takes one kind of hostile peer.

import { fuzz } from '../faults/fuzz.js'
import { fuzzLinks } from '../peer/fuzz.js'

const words = process.argv.slice(2)
const isLinks = words[0] === 'links'
if (isLinks) words.shift()
const minutes = Number(words[0] ?? 10)
const seed = Number(words[1] ?? process.env['SEED'] ?? Date.now() % 2 ** 31)
console.log(`${isLinks ? 'links' : 'sync files'}, seed ${seed}, ${minutes} minutes`)
let told = performance.now()
let count = 0
const { cases, kinds } = await (isLinks ? fuzzLinks : fuzz)({
  seed,
  milliseconds: minutes * 60_000,
  only: process.env['KIND'] || undefined,
  onCase() {
    count++
    if (performance.now() - told < 10_000) return
    told = performance.now()
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20)
    console.log(`${count} cases, next SEED=${seed + count}, ${memory} MiB`)
  }
})
for (const [name, n] of [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${String(n).padStart(6)} ${name}`)
console.log(`${cases} cases, nothing found`)
