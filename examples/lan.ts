// Devices of a project find each other on one Wi-Fi by DNS-SD (mDNS), and meet over TCP. On two
// computers, or in two terminals:
//   node build/examples/lan.js FOLDER KEY_IN_HEX NAME
// What is typed in one shows up in the other. With --interface ADDRESS only there, with --port PORT
// on another port than 5353.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Bonjour, type ServiceConfig } from 'bonjour-service'
import { openPeer } from './peer.js'

/** The group that mDNS speaks to (RFC 6762, section 3). */
const GROUP = '224.0.0.251'

const { device, options, meet, onEnd } = await openPeer('lan', ['interface', 'port'])
const { interface: address, port } = options
const server = createServer(meet)
server.listen(0, address)
await once(server, 'listening')

const bonjour = new Bonjour({
  ...(port !== undefined && { port: Number(port) }),
  // Bound to the group itself, for what is sent to a group does not arrive at one address.
  ...(address !== undefined && { interface: address, bind: GROUP })
} as Partial<ServiceConfig>)
// Made up at each start, and the project is not told: who is on the Wi-Fi knows nobody again by it.
const name = randomBytes(8).toString('hex')
bonjour.publish({ name, type: 'cairnlog', port: (server.address() as AddressInfo).port })
bonjour.find({ type: 'cairnlog' }, (service) => {
  const from = service.referer?.address ?? service.addresses?.[0]
  // Of two devices the one whose name is smaller connects, so that they meet once.
  if (from !== undefined && name < service.name) meet(connect(service.port, from))
})
console.log(`${device.name} can be found`)

onEnd(async () => {
  await new Promise<void>((resolve) => bonjour.unpublishAll(() => resolve()))
  bonjour.destroy()
  server.close()
})
