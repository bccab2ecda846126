// Peers: links over streams, and the kit for testing what rides on them.
//   node build/examples/api/peers.js

import net from 'node:net'
import { once } from 'node:events'
import type { Link, LinkPeer, ReplicateOptions, ReplicationStream } from 'cairnlog'
import {
  CONFIGURATION,
  type ConnectOptions,
  type Connection,
  PROJECT_KEY,
  START,
  type TestDevices,
  Wire,
  type WireOptions,
  connect,
  createDevices,
  waitForEqual
} from 'cairnlog/testing'
import { check } from '../checks.js'

//#region createDevices, TestDevices, PROJECT_KEY, CONFIGURATION, START
const test: TestDevices = await createDevices(3, { feedLimit: 10_000 })
test.clock.now = START + 3_600_000 // an hour later, for all of them
console.log(test.devices.length, PROJECT_KEY.length, CONFIGURATION.name)
//#endregion
const [one, two, three] = test.devices
if (one === undefined || two === undefined || three === undefined) throw new Error('three')
await one.observations.create({ tags: { type: 'house' } })

//#region Link, LinkPeer, ReplicateOptions
const server = net.createServer((socket) => void one.replicate(socket))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as net.AddressInfo
const untilEqual: ReplicateOptions = { live: false } // ends when both have caught up
const link: Link = two.replicate(net.connect(port, '127.0.0.1'), untilEqual)
const report = await link.caughtUp
const peer: LinkPeer | null = link.peer
console.log(`received ${report.received.entries} from ${peer?.name}`)
//#endregion
await link.closed
server.close()
check('the house came', report.received.entries === 1)

//#region ReplicationStream
const a: ReplicationStream = one.replicate(true, { live: false })
const b: ReplicationStream = three.replicate(false, { live: false })
a.pipe(b).pipe(a)
await b.link.caughtUp
//#endregion

//#region connect, ConnectOptions, Connection, Wire, WireOptions
const wire: WireOptions = { latency: 20, bandwidth: 1_000_000 }
const options: ConnectOptions = { ...wire, live: true }
const connection: Connection = connect(one, two, options)
await connection.caughtUp
check('its wire can be cut', connection.wire instanceof Wire)
//#endregion

//#region waitForEqual
await two.observations.create({ tags: { type: 'garden' } })
await waitForEqual([one, two], { timeout: 10_000 }) // says who lacks what where it does not come
//#endregion
await connection.close()
await test.close()
