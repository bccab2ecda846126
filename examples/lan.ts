// Devices of a project find each other on one Wi-Fi by DNS-SD (mDNS), and meet over TCP:
//   node build/examples/lan.js FOLDER PROJECT_KEY_IN_HEX NAME

import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { argv } from 'node:process'
import { Bonjour } from 'bonjour-service'
import { Device } from '../lib/main.js'

const [folder, key, name] = argv.slice(2)
if (folder === undefined || key === undefined || name === undefined) {
  throw new Error('usage: node build/examples/lan.js FOLDER PROJECT_KEY_IN_HEX NAME')
}
const device = await Device.open(folder, {
  projectKey: new Uint8Array(Buffer.from(key, 'hex')),
  name,
  configuration: { name: 'example', version: '1.0.0' }
})

const replicate = (socket: Socket): void => {
  socket.on('error', () => {})
  const link = device.replicate(socket)
  link.caughtUp.then(
    ({ received, sent }) => {
      console.log(`${link.peer?.name}: received ${received.entries}, sent ${sent.entries}`)
    },
    (error: Error) => console.log(error.message)
  )
}

const server = createServer(replicate)
server.listen(0)
await once(server, 'listening')
const bonjour = new Bonjour()
// The name is random-looking and the project is not told: who is on the Wi-Fi learns nothing.
const id = device.id.slice(0, 16)
bonjour.publish({ name: id, type: 'cairnlog', port: (server.address() as AddressInfo).port })
bonjour.find({ type: 'cairnlog' }, (service) => {
  // Of two devices the one whose name is smaller connects, so that they meet once.
  const [address] = service.addresses ?? []
  if (address !== undefined && id < service.name) replicate(connect(service.port, address))
})
process.once('SIGINT', () => {
  bonjour.unpublishAll(() => bonjour.destroy())
  server.close()
  void device.close()
})
