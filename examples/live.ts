// Two devices connected by a socket: they catch up, and what one records the other shows at once.
//   node build/examples/live.js

import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { Device, createProjectKey } from 'cairnlog'
import { check } from './checks.js'

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
const shared = {
  projectKey: createProjectKey(),
  configuration: { name: 'rivers', version: '1.0.0' }
}
const one = await Device.open(join(folder, 'one'), { ...shared, name: 'Laptop 1' })
const two = await Device.open(join(folder, 'two'), { ...shared, name: 'Laptop 2' })
await one.observations.create({ lat: -0.5, lon: -77.2, tags: { type: 'river' } })

const server = net.createServer((socket) => void one.replicate(socket))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as net.AddressInfo

const link = two.replicate(net.connect(port, '127.0.0.1'))
const report = await link.caughtUp
console.log(`${two.name} met ${link.peer?.name} and received ${report.received.entries}`)
check('it shows what the other had', (await two.observations.count()) === 1)

const seen = firstChange(one)
const started = performance.now()
await two.observations.create({ tags: { type: 'house' } })
const change = await seen
console.log(`live: on the other's map after ${(performance.now() - started).toFixed(1)} ms`)
check('the other is told of the new house', change?.observation?.tags['type'] === 'house')

await link.close()
server.close()
await one.close()
await two.close()
await rm(folder, { recursive: true })

async function firstChange(device: Device): Promise<{ observation: any } | undefined> {
  for await (const change of device.observations.watch()) return change
  return undefined
}
