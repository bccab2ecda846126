// autobase: several writers, linearised, into a view of one hyperbee-like key: here a view core
// that holds the observations in the agreed order, which is the least that one can do with it.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { observations } from '../../generator.js'
import type { Prepared, Work } from '../../measure.js'
import { load } from '../installed.js'
import type { Params } from '../system.js'
import { EDITS, SEED } from '../task.js'

const DONE: Work = { blocks: 0, bytes: 0 }
const AT_ONCE = 1000

export async function record({ dir, count, run }: Params): Promise<Prepared> {
  const base = await open(join(dir, `device-${run}`))
  return {
    async run() {
      await put(base, observations(count, SEED))
      await base.update()
      return { ...DONE, blocks: count }
    },
    close: () => base.close()
  }
}

export async function catchUp({ dir, count, run }: Params): Promise<Prepared> {
  const from = await open(join(dir, 'device-0'))
  const to = await open(join(dir, `peer-${run}`), from.key)
  return {
    async run() {
      const stop = await connectBoth(from, to)
      while (to.view.length < count) await turn(to)
      await readAll(to.view, count)
      stop()
      return { ...DONE, blocks: count }
    }
  }
}

export async function merge({ dir, count, run }: Params): Promise<Prepared> {
  const one = await open(join(dir, `one-${run}`))
  const two = await open(join(dir, `two-${run}`), one.key)
  await one.append({ addWriter: two.local.key.toString('hex') })
  await put(one, observations(count / 2, SEED))
  const stop = await connectBoth(one, two)
  while (two.view.length < count / 2 || !two.writable) await turn(two)
  stop()
  const edits = Math.floor(count / EDITS)
  const added = Math.floor(count / 4)
  for (const [n, base] of [one, two].entries()) {
    await put(base, observations(edits, SEED))
    await put(base, observations(added, 10 + n))
  }
  const total = count / 2 + 2 * (edits + added)
  return {
    async run() {
      await connectBoth(one, two)
      while (one.view.length < total || two.view.length < total) {
        await turn(one)
        await turn(two)
      }
      return { ...DONE, blocks: count }
    }
  }
}

async function open(dir: string, key: Buffer | null = null): Promise<any> {
  const Corestore = load('.', 'corestore')
  const Autobase = load('.', 'autobase')
  const base = new Autobase(new Corestore(dir), key, {
    valueEncoding: 'json',
    ackInterval: 100,
    open: (store: any) => store.get('observations', { valueEncoding: 'json' }),
    async apply(nodes: any[], view: any, host: any) {
      const values: unknown[] = []
      for (const { value } of nodes) {
        if (value === null) continue
        if (value.addWriter)
          await host.addWriter(Buffer.from(value.addWriter, 'hex'), { indexer: true })
        else values.push(value)
      }
      if (values.length > 0) await view.append(values)
    }
  })
  await base.ready()
  return base
}

async function put(base: any, values: Iterable<unknown>): Promise<void> {
  const batch: unknown[] = []
  for (const value of values) {
    if (batch.push(value) === AT_ONCE) await base.append(batch.splice(0))
  }
  if (batch.length > 0) await base.append(batch)
}

/** Over a loopback socket; what is given back cuts it. */
async function connectBoth(one: any, two: any): Promise<() => void> {
  const server = createServer((socket) => pipe(socket, one.replicate(false)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  pipe(socket, two.replicate(true))
  return () => {
    socket.destroy()
    server.close()
  }
}

function pipe(socket: any, stream: any): void {
  socket.pipe(stream).pipe(socket)
  for (const side of [socket, stream]) side.on('error', () => {})
}

/** It may have taken the view's length from the other side, and the blocks only when they are asked for. */
async function readAll(view: any, count: number): Promise<void> {
  for (let i = 0; i < count; i += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - i)
    const values = await Promise.all(Array.from({ length }, (_, n) => view.get(i + n)))
    if (values.some((value) => !value)) throw new Error('some are missing')
  }
}

async function turn(base: any): Promise<void> {
  await base.update()
  await new Promise((resolve) => setTimeout(resolve, 5))
}
