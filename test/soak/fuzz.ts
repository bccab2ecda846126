// The fuzzer of sync files for as long as asked: node build/test/soak/fuzz.js [minutes] [seed].

import { fuzz } from '../faults/fuzz.js'

const minutes = Number(process.argv[2] ?? 10)
const seed = Number(process.argv[3] ?? process.env['SEED'] ?? Date.now() % 2 ** 31)
console.log(`seed ${seed}, ${minutes} minutes`)
let told = performance.now()
let count = 0
const { cases, kinds } = await fuzz({
  seed,
  milliseconds: minutes * 60_000,
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
