// The other side of a measured peer: a process that replicates a device over a TCP socket until its
// parent lets go of it.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { argv, exit } from 'node:process'
import { Device } from '../lib/main.js'

const device = await Device.open(argv[2] ?? '', {
  projectKey: new Uint8Array(32).fill(7),
  name: 'server',
  configuration: { name: 'bench', version: '1.0.0' }
})
const server = createServer((socket) => {
  socket.on('error', () => {})
  device.replicate(socket)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.send?.((server.address() as AddressInfo).port)
await once(process, 'disconnect')
await device.close()
exit(0)
