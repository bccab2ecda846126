// Ours, through the package's face.

import { once } from 'node:events'
import { copyFile, stat } from 'node:fs/promises'
import { type AddressInfo, type Server, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { Device, type QueryOptions, sync } from '../../../lib/main.js'
import { observations } from '../../generator.js'
import type { Prepared, Work } from '../../measure.js'
import { BOX, EDITS, someOf, SEED } from '../task.js'
import type { Params } from '../system.js'

const projectKey = new Uint8Array(32).fill(7)
const configuration = { name: 'bench', version: '1.0.0' }
const DONE: Work = { blocks: 0, bytes: 0 }

export async function recordEach({ dir, count, run }: Params): Promise<Prepared> {
  const device = await open(join(dir, `each-${run}`))
  return {
    async run() {
      for (const input of observations(count, SEED)) await device.observations.create(input)
      await device.flush()
      return { ...DONE, blocks: count }
    },
    close: () => device.close()
  }
}

export async function record({ dir, count, run }: Params): Promise<Prepared> {
  const device = await open(join(dir, `device-${run}`))
  return {
    async run() {
      await device.observations.createMany(observations(count, SEED))
      await device.flush()
      return { ...DONE, blocks: count }
    },
    close: () => device.close()
  }
}

export async function create({ dir, run }: Params): Promise<Prepared> {
  const device = await open(join(dir, 'device-0'))
  const file = join(dir, `file-${run}.cairn`)
  return {
    async run() {
      await device.createSyncFile(file)
      return { ...DONE, bytes: (await stat(file)).size }
    },
    close: () => device.close()
  }
}

export async function receive({ dir, count, run }: Params): Promise<Prepared> {
  await copyFile(join(dir, 'file-0.cairn'), join(dir, `copy-${run}.cairn`))
  const device = await open(join(dir, `receiver-${run}`))
  return {
    async run() {
      await device.sync(join(dir, `copy-${run}.cairn`))
      await assertShown(device, count)
      return { ...DONE, blocks: count }
    },
    close: () => device.close()
  }
}

export async function nothing({ dir, run }: Params): Promise<Prepared> {
  const device = await open(join(dir, `receiver-${run}`))
  return {
    async run() {
      await device.sync(join(dir, `copy-${run}.cairn`))
      return DONE
    },
    close: () => device.close()
  }
}

/** The one at home has recorded 100 and synced; the other has recorded 100 and syncs now. */
export async function hundred({ dir, run }: Params): Promise<Prepared> {
  const file = join(dir, `copy-${run}.cairn`)
  const home = await open(join(dir, 'device-0'))
  const before = await home.observations.count()
  await home.observations.createMany(observations(100, 100 + run))
  await home.sync(file)
  const total = await home.observations.count()
  await home.close()
  const device = await open(join(dir, `receiver-${run}`))
  await device.observations.createMany(observations(100, 200 + run))
  return {
    async run() {
      await device.sync(file)
      await assertShown(device, total + 100)
      return { ...DONE, blocks: total - before + 100 }
    },
    close: () => device.close()
  }
}

export async function catchUp({ dir, run }: Params): Promise<Prepared> {
  const from = await open(join(dir, 'device-0'))
  const to = await open(join(dir, `peer-${run}`))
  const total = await from.observations.count()
  const { server, port } = await serve(from)
  return {
    async run() {
      await to.replicate(connect(port, '127.0.0.1'), { live: false }).caughtUp
      await assertShown(to, total)
      return { ...DONE, blocks: total }
    },
    async close() {
      await to.close()
      await from.close()
      server.close()
    }
  }
}

export async function rebuild({ dir }: Params): Promise<Prepared> {
  const device = await open(join(dir, 'device-0'))
  return {
    async run() {
      await device.rebuildIndex()
      return DONE
    },
    close: () => device.close()
  }
}

export async function all({ dir }: Params): Promise<Prepared> {
  return ask(dir, {})
}

export async function box({ dir }: Params): Promise<Prepared> {
  return ask(dir, { bbox: BOX })
}

export async function newest({ dir }: Params): Promise<Prepared> {
  return ask(dir, { order: 'created', reverse: true, limit: 50 })
}

export async function get({ dir }: Params): Promise<Prepared> {
  const device = await open(join(dir, 'device-0'))
  const ids: string[] = []
  for await (const { id } of device.observations.query({})) ids.push(id)
  const some = someOf(ids)
  return {
    async run() {
      for (const id of some) if (!(await device.observations.get(id))) throw new Error('not there')
      return { ...DONE, blocks: some.length }
    },
    close: () => device.close()
  }
}

/** Half of them are on both devices; each has edited a tenth and recorded a quarter since. */
export async function merge({ dir, count, run }: Params): Promise<Prepared> {
  const one = await open(join(dir, `one-${run}`))
  const two = await open(join(dir, `two-${run}`))
  await one.observations.createMany(observations(count / 2, SEED))
  await sync(one, two)
  for (const [n, device] of [one, two].entries()) {
    let left = count / EDITS
    for await (const o of device.observations.query({ limit: left })) {
      await device.observations.update(o, { tags: { ...o.tags, seen: `by ${n}` } })
      left--
    }
    await device.observations.createMany(observations(count / 4, 10 + n))
  }
  const { server, port } = await serve(one)
  return {
    async run() {
      const link = two.replicate(connect(port, '127.0.0.1'), { live: false })
      await link.caughtUp
      await link.closed
      await assertShown(one, count)
      await assertShown(two, count)
      return { ...DONE, blocks: count }
    },
    async close() {
      await one.close()
      await two.close()
      server.close()
    }
  }
}

/** The device of this run adds what it has to the file of all. */
export async function gather({ dir, run }: Params): Promise<Prepared> {
  const device = await open(join(dir, `device-${run}`))
  return {
    async run() {
      await device.sync(join(dir, 'file-0.cairn'))
      return DONE
    },
    close: () => device.close()
  }
}

/** How many observations a new device shows after a sync with a file. */
export async function arrived({ dir, file }: Params & { file: string }): Promise<Prepared> {
  const device = await open(dir)
  return {
    async run() {
      await device.sync(file)
      return { ...DONE, blocks: await device.observations.count() }
    },
    close: () => device.close()
  }
}

async function serve(device: Device): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => void device.replicate(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

async function ask(dir: string, filter: QueryOptions): Promise<Prepared> {
  const device = await open(join(dir, 'device-0'))
  return {
    async run() {
      let blocks = 0
      for await (const _ of device.observations.query(filter)) blocks++
      return { ...DONE, blocks }
    },
    close: () => device.close()
  }
}

async function assertShown(device: Device, count: number): Promise<void> {
  if ((await device.observations.count()) !== count) throw new Error('some do not show')
}

function open(dir: string): Promise<Device> {
  return Device.open(dir, { projectKey, name: dir, configuration })
}
