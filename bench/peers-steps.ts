// The steps of the suite `peers`. The serving side is a process of its own; what is measured is the
// receiving one.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Prepared } from './measure.js'
import { type Side, openDevice, openLog } from './peers-sides.js'

/** All of a peer's entries into an empty device. */
export async function receive(params: {
  from: string
  dir: string
  view: boolean
}): Promise<Prepared> {
  const server = fork(fileURLToPath(new URL('./peers-server.js', import.meta.url)), [params.from])
  const [port] = (await once(server, 'message')) as [number]
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const side = params.view ? await openDevice(params.dir) : await openLog(params.dir)
  return {
    async run() {
      const { received } = await side.replicate(socket, { live: false }).caughtUp
      const blocks = side.blocks()
      return { blocks, bytes: received.bytes }
    },
    async close() {
      socket.destroy()
      await side.close()
      await ended(server)
    }
  }
}

/** One device that many others connect to, each with an observation of its own. */
export async function hub({ dir, spokes }: { dir: string; spokes: number }): Promise<Prepared> {
  const center = await openLog(join(dir, 'hub'))
  const all: Side[] = []
  for (let n = 0; n < spokes; n++) all.push(await openLog(join(dir, `spoke-${n}`)))
  const server = createServer((socket) => void center.replicate(socket, {}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    async run() {
      const links = all.map((spoke) => spoke.replicate(connect(port, '127.0.0.1'), {}))
      await Promise.all(links.map((link) => link.caughtUp))
      while (!all.every((spoke) => spoke.feeds() > spokes)) {
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      return { blocks: spokes, bytes: 0 }
    },
    async close() {
      await Promise.all([center, ...all].map((side) => side.close()))
      server.close()
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  child.disconnect()
  await once(child, 'exit')
}
