// How long one live entry takes to the other side, ours and stock. Each pair is a process of its own
// (peers-pair.ts), so that neither meets the other's garbage; they take turns, so that both meet the
// same machine; and each turn ends when nothing of it is still to be done.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PairKind, Turn } from './peers-pair.js'

/** Turns of each; the first entries of a process, which compile what is run, are not counted. */
const TURNS = 5

export interface Latency {
  readonly median: number
  readonly p99: number
}

export interface Latencies {
  readonly logs: Latency
  readonly devices: { readonly log: Latency; readonly view: Latency }
  readonly stock: Latency
}

/** Milliseconds from the call that records an entry until the other side has it. */
export async function latencies(dir: string, entries: number): Promise<Latencies> {
  const kinds = ['logs', 'devices', 'stock'] as const
  const pairs = await Promise.all(kinds.map((kind) => start(kind, join(dir, `live-${kind}`))))
  const turns: Turn[][] = pairs.map(() => [])
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [i, pair] of pairs.entries()) turns[i]?.push(await take(pair, entries))
  }
  for (const pair of pairs) {
    pair.disconnect()
    await once(pair, 'exit')
  }
  const [logs = [], devices = [], stock = []] = turns
  return {
    logs: summary(logs.map(({ log }) => log)),
    devices: {
      log: summary(devices.map(({ log }) => log)),
      view: summary(devices.map(({ view }) => view))
    },
    stock: summary(stock.map(({ log }) => log))
  }
}

async function start(kind: PairKind, dir: string): Promise<ChildProcess> {
  const pair = fork(fileURLToPath(new URL('./peers-pair.js', import.meta.url)), [kind, dir])
  await once(pair, 'message')
  return pair
}

async function take(pair: ChildProcess, entries: number): Promise<Turn> {
  pair.send(entries)
  const [turn] = (await once(pair, 'message')) as [Turn]
  return turn
}

/** The middle of the turns: one in which the machine had something else to do moves neither. */
function summary(turns: readonly (readonly number[])[]): Latency {
  const middle = (part: number): number =>
    at(
      0.5,
      turns.map((turn) => at(part, turn))
    )
  return { median: middle(0.5), p99: middle(0.99) }
}

function at(part: number, times: readonly number[]): number {
  const sorted = times.toSorted((x, y) => x - y)
  return sorted[Math.floor((sorted.length - 1) * part)] ?? 0
}
