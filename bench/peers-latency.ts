// How long one live entry takes to the other side, ours and stock, in one process over loopback TCP.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import Corestore from 'corestore'
import { openDevice } from './peers-sides.js'

export interface Latency {
  readonly median: number
  readonly p99: number
}

export interface Latencies {
  readonly ours: { readonly log: Latency; readonly view: Latency }
  readonly stock: Latency
}

/** Milliseconds from the call that records an entry until the other side has it, in one process. */
export async function latencies(dir: string, rounds: number): Promise<Latencies> {
  const [a, b] = [await openDevice(join(dir, 'live-a')), await openDevice(join(dir, 'live-b'))]
  const [one, two] = await socketPair()
  await Promise.all([a.replicate(one, {}).caughtUp, b.replicate(two, {}).caughtUp])
  const log: number[] = []
  const view: number[] = []
  for (let n = 0; n < rounds; n++) {
    const started = performance.now()
    const arrived = b.nextGrowth().then(() => log.push(performance.now() - started))
    const { id } = await a.device.observations.create({ tags: { n } })
    await arrived
    while ((await b.device.observations.get(id)) === null) await pause(0)
    view.push(performance.now() - started)
    await pause(10)
  }
  await Promise.all([a.close(), b.close()])
  return {
    ours: { log: summary(log), view: summary(view) },
    stock: await stockLatency(dir, rounds)
  }
}

async function stockLatency(dir: string, rounds: number): Promise<Latency> {
  const [a, b] = [new Corestore(join(dir, 'stock-a')), new Corestore(join(dir, 'stock-b'))]
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
  const took: number[] = []
  for (let n = 0; n < rounds; n++) {
    const started = performance.now()
    const arrived = copy.get(core.length)
    await core.append(Buffer.alloc(300, n))
    await arrived
    took.push(performance.now() - started)
    await pause(10)
  }
  await Promise.all([a.close(), b.close()])
  for (const socket of [one, two]) socket.destroy()
  return summary(took)
}

async function socketPair(): Promise<[ReturnType<typeof connect>, ReturnType<typeof connect>]> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const one = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [two] = await once(server, 'connection')
  server.close()
  one.setNoDelay(true)
  two.setNoDelay(true)
  return [one, two]
}

function summary(times: number[]): Latency {
  const sorted = times.toSorted((x, y) => x - y)
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0
  return { median: at(0.5), p99: at(0.99) }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
