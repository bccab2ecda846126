// Plain hypercore and stock corestore replication of the same observations as JSON, without any
// view: what ours stands on.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { observations } from '../../generator.js'
import type { Prepared, Work } from '../../measure.js'
import { load } from '../installed.js'
import type { Params } from '../system.js'
import { SEED } from '../task.js'

const DONE: Work = { blocks: 0, bytes: 0 }
const AT_ONCE = 1024

export async function recordEach({ dir, count, run }: Params): Promise<Prepared> {
  const { core, store } = await open(join(dir, `each-${run}`))
  return {
    async run() {
      for (const block of blocks(count)) await core.append(block)
      await store.storage.db.flush()
      return { ...DONE, blocks: count }
    },
    close: () => store.close()
  }
}

export async function record({ dir, count, run }: Params): Promise<Prepared> {
  const { core, store } = await open(join(dir, `device-${run}`))
  return {
    async run() {
      const batch: Buffer[] = []
      for (const block of blocks(count)) {
        if (batch.push(block) === AT_ONCE) await core.append(batch.splice(0))
      }
      if (batch.length > 0) await core.append(batch)
      await store.storage.db.flush()
      return { ...DONE, blocks: count }
    },
    close: () => store.close()
  }
}

export async function catchUp({ dir, count, run }: Params): Promise<Prepared> {
  const from = await open(join(dir, 'device-0'))
  const to = await open(join(dir, `peer-${run}`), from.core.key)
  const server = createServer((socket) => {
    const stream = from.store.replicate(false)
    socket.pipe(stream).pipe(socket)
    for (const side of [socket, stream]) side.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    async run() {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
      const stream = to.store.replicate(true)
      socket.pipe(stream).pipe(socket)
      await to.core.download({ start: 0, end: count }).done()
      await to.store.storage.db.flush()
      if (to.core.contiguousLength !== count) throw new Error('some are missing')
      return { ...DONE, blocks: count }
    }
  }
}

async function open(dir: string, key?: Buffer): Promise<{ store: any; core: any }> {
  const Corestore = load('.', 'corestore')
  const store = new Corestore(dir)
  const core = key === undefined ? store.get({ name: 'bench' }) : store.get({ key })
  await core.ready()
  return { store, core }
}

function* blocks(count: number): Generator<Buffer> {
  for (const observation of observations(count, SEED)) {
    yield Buffer.from(JSON.stringify(observation))
  }
}
