// Two devices in one process, connected by a pair of streams: what one records, the other shows.
//   node build/examples/live.js

import { connect, createDevices } from '../lib/testing.js'

await using test = await createDevices(2)
const [one, two] = test.devices
if (one === undefined || two === undefined) throw new Error('two devices were expected')
await one.observations.create({ lat: -0.5, lon: -77.2, tags: { type: 'river' } })

const connection = connect(one, two)
const [report] = await connection.caughtUp
console.log(`${one.name} sent ${report.sent.entries}, received ${report.received.entries}`)

const started = performance.now()
const { id } = await two.observations.create({ tags: { type: 'house' } })
while ((await one.observations.get(id)) === null) await new Promise((go) => setTimeout(go, 1))
console.log(`live: visible after ${(performance.now() - started).toFixed(1)} ms`)
await connection.close()
