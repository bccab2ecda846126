// The other side of stock replication: a process that serves a device's largest feed with nothing
// but corestore over a TCP socket, until its parent lets go of it.

import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { argv, exit } from 'node:process'
import Corestore from 'corestore'

/** What the server tells its parent once it listens. */
export interface Offer {
  readonly port: number
  /** Hypercore key, hex. */
  readonly key: string
  /** Blocks. */
  readonly length: number
}

const store = new Corestore(`${argv[2]}/feeds`)
await store.ready()
let largest: any = null
for await (const discoveryKey of store.list()) {
  const core = store.get({ discoveryKey })
  await core.ready()
  if (largest === null || core.length > largest.length) largest = core
}
const server = createServer((socket: Socket) => {
  socket.on('error', () => {})
  const stream = store.replicate(false)
  stream.on('error', () => {})
  socket.pipe(stream).pipe(socket)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
const offer: Offer = { port, key: largest.key.toString('hex'), length: largest.length }
process.send?.(offer)
await once(process, 'disconnect')
await store.close()
exit(0)
