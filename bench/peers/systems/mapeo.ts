// What Mapeo Desktop used: osm-p2p (kappa-osm on multifeed) with osm-p2p-syncfile. Photos are left
// out of the exchange; ours has none here either.

import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { promisify } from 'node:util'
import { observations } from '../../generator.js'
import type { Prepared, Work } from '../../measure.js'
import { load } from '../installed.js'
import type { Params } from '../system.js'
import { BOX, SEED, someOf } from '../task.js'

const DONE: Work = { blocks: 0, bytes: 0 }
const AT_ONCE = 1000

export async function recordEach({ dir, count, run }: Params): Promise<Prepared> {
  const osm = await open(join(dir, `each-${run}`))
  const create = promisify(osm.create.bind(osm))
  return {
    async run() {
      for (const node of nodes(count, SEED)) await create(node)
      await shown(osm)
      return { ...DONE, blocks: count }
    }
  }
}

export async function record({ dir, count, run }: Params): Promise<Prepared> {
  const osm = await open(join(dir, `device-${run}`))
  return {
    async run() {
      await put(osm, count, SEED)
      await shown(osm)
      return { ...DONE, blocks: count }
    }
  }
}

export async function create({ dir, run }: Params): Promise<Prepared> {
  const osm = await open(join(dir, 'device-0'))
  await shown(osm)
  const file = join(dir, `file-${run}.tar`)
  return {
    async run() {
      await meet(osm, file, dir)
      return { ...DONE, bytes: statSync(file).size }
    }
  }
}

export async function receive({ dir, count, run }: Params): Promise<Prepared> {
  const file = join(dir, `copy-${run}.tar`)
  copyFileSync(join(dir, 'file-0.tar'), file)
  const osm = await open(join(dir, `receiver-${run}`))
  await shown(osm)
  return {
    async run() {
      await meet(osm, file, dir)
      await shown(osm)
      return { ...DONE, blocks: count }
    },
    close: () => assertShown(osm, count)
  }
}

export async function nothing({ dir, run }: Params): Promise<Prepared> {
  const osm = await open(join(dir, `receiver-${run}`))
  await shown(osm)
  return {
    async run() {
      await meet(osm, join(dir, `copy-${run}.tar`), dir)
      return DONE
    }
  }
}

/** One side has recorded 100 and synced; the other has recorded 100 and syncs now. */
export async function hundred({ dir, count, run }: Params): Promise<Prepared> {
  const file = join(dir, `copy-${run}.tar`)
  const home = await open(join(dir, 'device-0'))
  await put(home, 100, 100 + run)
  await shown(home)
  await meet(home, file, dir)
  const osm = await open(join(dir, `receiver-${run}`))
  await put(osm, 100, 200 + run)
  await shown(osm)
  return {
    async run() {
      await meet(osm, file, dir)
      await shown(osm)
      return { ...DONE, blocks: 200 }
    },
    close: () => assertShown(osm, count + 200)
  }
}

export async function catchUp({ dir, count, run }: Params): Promise<Prepared> {
  const from = await open(join(dir, 'device-0'))
  const to = await open(join(dir, `peer-${run}`))
  await shown(from)
  await shown(to)
  const server = createServer((socket) => {
    const stream = from.replicate(false)
    socket.pipe(stream).pipe(socket)
    for (const side of [socket, stream]) side.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    async run() {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
      const stream = to.replicate(true)
      socket.pipe(stream).pipe(socket)
      await once(stream, 'end')
      await shown(to)
      return { ...DONE, blocks: count }
    },
    close: () => assertShown(to, count)
  }
}

/** Its LevelDB and its box tree are removed; opening it makes them anew. */
export async function rebuild({ dir }: Params): Promise<Prepared> {
  const home = join(dir, 'device-0')
  for (const folder of ['index', 'storage']) rmSync(join(home, folder), { recursive: true })
  return {
    async run() {
      await shown(await open(home))
      return DONE
    }
  }
}

export async function all({ dir }: Params): Promise<Prepared> {
  const osm = await open(join(dir, 'device-0'))
  await shown(osm)
  return {
    async run() {
      return { ...DONE, blocks: await countOf(osm) }
    }
  }
}

export async function get({ dir }: Params): Promise<Prepared> {
  const osm = await open(join(dir, 'device-0'))
  await shown(osm)
  const ids: string[] = []
  for await (const { id } of osm.byType('observation')) ids.push(id)
  const some = someOf(ids)
  const read = promisify(osm.get.bind(osm))
  return {
    async run() {
      for (const id of some) await read(id)
      return { ...DONE, blocks: some.length }
    }
  }
}

export async function box({ dir }: Params): Promise<Prepared> {
  const osm = await open(join(dir, 'device-0'))
  await shown(osm)
  const query = promisify(osm.query.bind(osm)) as (box: readonly number[]) => Promise<unknown[]>
  return { run: async () => ({ ...DONE, blocks: (await query(BOX)).length }) }
}

/** The device of this run adds what it has to the file of all. */
export async function gather({ dir, run }: Params): Promise<Prepared> {
  const osm = await open(join(dir, `device-${run}`))
  await shown(osm)
  return {
    async run() {
      await meet(osm, join(dir, 'file-0.tar'), dir)
      return DONE
    }
  }
}

/** How many observations a new device shows after a sync with a file. */
export async function arrived({ dir, file }: Params & { file: string }): Promise<Prepared> {
  const osm = await open(dir)
  await shown(osm)
  return {
    async run() {
      await meet(osm, file, dir)
      await shown(osm)
      return { ...DONE, blocks: await countOf(osm) }
    }
  }
}

/** How many can be queried. */
async function countOf(osm: any): Promise<number> {
  let count = 0
  for await (const _ of osm.byType('observation')) count++
  return count
}

async function assertShown(osm: any, least: number): Promise<void> {
  if ((await countOf(osm)) < least) throw new Error('some do not show')
}

async function open(dir: string): Promise<any> {
  mkdirSync(dir, { recursive: true })
  return load('mapeo', 'osm-p2p')(dir)
}

/** Until everything recorded or received can be queried. */
async function shown(osm: any): Promise<void> {
  const ready = promisify(osm.ready.bind(osm)) as () => Promise<void>
  // The first call after opening resolves when the feeds are open, and waits for no index.
  await ready()
  await ready()
}

async function put(osm: any, count: number, seed: number): Promise<void> {
  const batch = promisify(osm.batch.bind(osm)) as (operations: object[]) => Promise<unknown>
  const operations: object[] = []
  for (const value of nodes(count, seed)) {
    operations.push({ type: 'put', value })
    if (operations.length === AT_ONCE) await batch(operations.splice(0))
  }
  if (operations.length > 0) await batch(operations)
}

function* nodes(count: number, seed: number): Generator<object> {
  for (const { lat, lon, tags, metadata } of observations(count, seed)) {
    yield { type: 'observation', lat, lon, tags: { ...tags, ...metadata } }
  }
}

/** Opens the file, replicates, and closes it, which writes it. */
async function meet(osm: any, path: string, dir: string): Promise<void> {
  const Syncfile = load('mapeo', 'osm-p2p-syncfile')
  const file = new Syncfile(path, dir)
  await promisify(file.ready.bind(file))()
  const [ours, theirs] = [osm.replicate(true), file.replicateData(false)]
  const ended = Promise.all([once(ours, 'end'), once(theirs, 'end')])
  // Where both sides have more than 16 blocks for each other, its protocol gives up with "Remote sent
  // too many messages on an unopened feed" unless each piece comes in a turn of its own.
  ours.pipe(inTurns()).pipe(theirs).pipe(inTurns()).pipe(ours)
  await ended
  await promisify(file.close.bind(file))()
}

function inTurns(): Transform {
  return new Transform({ transform: (chunk, _, done) => setImmediate(done, null, chunk) })
}
