// Two logs, devices or corestores that are connected over loopback TCP in one process, for one clock
// has to see both ends. Told a number, it records so many entries on one side, one after the other,
// and tells how long each took to the other side. Ends when its parent lets go of it.

import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { argv, exit } from 'node:process'
import Corestore from 'corestore'
import type { ObservationEntry } from '../lib/log/entry.js'
import { type Side, openDevice, openLog } from './peers-sides.js'

/** A log alone does what stock replication does; a device also keeps a view, on both sides. */
export type PairKind = 'logs' | 'devices' | 'stock'

/** Milliseconds each entry took. */
export interface Turn {
  readonly log: readonly number[]
  /** Devices alone: until the other side's view showed it. */
  readonly view: readonly number[]
}

interface Pair {
  /** Records one entry and waits until all is seen. */
  one(n: number): Promise<{ log: number; view?: number }>
  close(): Promise<void>
}

const WARM_UP = 100
/** Between two entries. */
const PAUSE_MS = 10
/** Longer than anything is put off until after an entry. */
const REST_MS = 1500

const [, , kind, dir = ''] = argv
const pair = await { logs, devices, stock }[kind as PairKind]()
await turn(WARM_UP)
process.on('message', (entries) => {
  void turn(entries as number).then((times) => process.send?.(times))
})
process.send?.('ready')
await once(process, 'disconnect')
await pair.close()
exit(0)

async function turn(entries: number): Promise<Turn> {
  const log: number[] = []
  const view: number[] = []
  for (let n = 0; n < entries; n++) {
    const took = await pair.one(n)
    log.push(took.log)
    if (took.view !== undefined) view.push(took.view)
    await pause(PAUSE_MS)
  }
  await pause(REST_MS)
  return { log, view }
}

async function logs(): Promise<Pair> {
  const { a, b, close } = await met(openLog)
  return {
    async one(n) {
      const started = performance.now()
      const arrived = b.nextGrowth().then(() => performance.now() - started)
      await a.log.write([entry(n, a.log.now())])
      return { log: await arrived }
    },
    close
  }
}

async function devices(): Promise<Pair> {
  const { a, b, close } = await met(openDevice)
  return {
    async one(n) {
      const started = performance.now()
      const arrived = b.nextGrowth().then(() => performance.now() - started)
      const { id } = await a.device.observations.create({ tags: { n } })
      const log = await arrived
      while ((await b.device.observations.get(id)) === null) await pause(0)
      return { log, view: performance.now() - started }
    },
    close
  }
}

async function stock(): Promise<Pair> {
  const [a, b] = [new Corestore(join(dir, 'a')), new Corestore(join(dir, 'b'))]
  const core = a.get({ name: 'live' })
  await core.ready()
  const [one, two] = await socketPair()
  const [x, y] = [a.replicate(true), b.replicate(false)]
  one.pipe(x).pipe(one)
  two.pipe(y).pipe(two)
  const copy = b.get({ key: core.key })
  await copy.ready()
  await core.append(Buffer.alloc(300))
  await copy.get(0)
  return {
    async one(n) {
      const started = performance.now()
      const arrived = copy.get(core.length).then(() => performance.now() - started)
      await core.append(Buffer.alloc(300, n))
      return { log: await arrived }
    },
    async close() {
      await Promise.all([a.close(), b.close()])
      for (const socket of [one, two]) socket.destroy()
    }
  }
}

/** About 300 bytes once it is encoded and encrypted, as stock's. */
function entry(n: number, now: number): ObservationEntry {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, n)
  return {
    kind: 'observation',
    id,
    links: [],
    clock: now,
    createdAt: now,
    updatedAt: now,
    deleted: false,
    tags: { note: 'x'.repeat(180) },
    attachments: []
  }
}

/** Two sides that are connected and have caught up. */
async function met<S extends Side>(
  open: (dir: string) => Promise<S>
): Promise<{ a: S; b: S; close: () => Promise<void> }> {
  const [a, b] = [await open(join(dir, 'a')), await open(join(dir, 'b'))]
  const [one, two] = await socketPair()
  await Promise.all([a.replicate(one, {}).caughtUp, b.replicate(two, {}).caughtUp])
  const close = async (): Promise<void> => void (await Promise.all([a.close(), b.close()]))
  return { a, b, close }
}

async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const one = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [two] = (await once(server, 'connection')) as [Socket]
  server.close()
  one.setNoDelay(true)
  two.setNoDelay(true)
  return [one, two]
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
