// Checks runs in threads of their own, some ahead of whoever takes the answers, in order. It only
// ever helps: until a thread is there, where none can be started (a bundle without the file of the
// thread, a runtime that forbids them), and for every run that is not plainly sound, the answer is
// null, and whoever asked checks the run himself.

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { ProofOrder } from './prove-worker.js'
import { type ProofKeys, type RunProof, alone } from './prove.js'
import type { RunPlace } from './segment-index.js'
import type { Volumes } from './volumes.js'

/** More of them wait for the medium. */
const MAX_THREADS = 4
/** What a smaller file saves is less than what a thread costs to start. */
const WORTH_A_THREAD = 16 * 1024 * 1024
/** Bytes in one order: enough that sending it costs nothing. */
const ORDER_BYTES = 1024 * 1024
const MAX_RUNS_IN_ORDER = 256
/** So that a thread that is done finds the next order waiting. */
const ORDERS_PER_THREAD = 2

export interface FeedRun {
  readonly feed: string
  readonly place: RunPlace
}

export interface ProversOptions {
  /** Threads at most, besides this one; by default one for each core, none for a small file. */
  readonly threads?: number | undefined
  /** For tests: the file of the thread. */
  readonly script?: URL
  /** For tests: begin only when every thread is there or has failed. */
  readonly wait?: boolean
}

interface Thread {
  readonly worker: Worker
  /** Settle the orders that it has got, the first first. */
  readonly waiting: ((proofs: (RunProof | null)[]) => void)[]
  ready: boolean
  /** Called when it is ready, or has ended. */
  begun: () => void
}

export class Provers {
  private readonly threads: Thread[] = []
  private readonly proofs = new Map<RunPlace, Promise<RunProof | null>>()
  private readonly ahead: Iterator<FeedRun>
  private readonly starts: Promise<void>[] = []

  /** `runs` in the order in which they will be asked for. */
  constructor(
    private readonly volumes: Volumes,
    keys: ProofKeys,
    runs: Iterable<FeedRun>,
    byteLength: number,
    { threads = defaultThreads(byteLength), script }: ProversOptions
  ) {
    this.ahead = runs[Symbol.iterator]()
    for (let i = 0; i < threads; i++) this.start(keys, script)
  }

  /** What a thread has found out about the next run; null where it has to be checked here. */
  async take(place: RunPlace): Promise<RunProof | null> {
    if (!this.proofs.has(place)) {
      this.ahead.next()
      this.fill()
      return null
    }
    const proof = await this.proofs.get(place)
    this.proofs.delete(place)
    this.fill()
    return proof ?? null
  }

  async started(): Promise<void> {
    await Promise.all(this.starts)
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.slice().map((thread) => this.end(thread)))
  }

  private start(keys: ProofKeys, script: URL | undefined): void {
    try {
      const file = script ?? new URL('./prove-worker.js', import.meta.url)
      const workerData = { label: alone(keys.label), entry: alone(keys.entry) }
      const worker = new Worker(file, { workerData, execArgv: [] })
      const thread: Thread = { worker, waiting: [], ready: false, begun: () => {} }
      this.starts.push(new Promise((resolve) => (thread.begun = resolve)))
      worker.on('message', (message: 'ready' | (RunProof | null)[]) => {
        if (message === 'ready') {
          thread.ready = true
          thread.begun()
        } else thread.waiting.shift()?.(message)
      })
      worker.on('error', () => void this.end(thread))
      worker.on('exit', () => void this.end(thread))
      this.threads.push(thread)
    } catch {
      // Then it is done here.
    }
  }

  /** Gives every thread that is ready enough to do. */
  private fill(): void {
    for (let given = 0; given < ORDERS_PER_THREAD; given++) {
      for (const thread of this.threads) {
        if (!thread.ready || thread.waiting.length > given) continue
        if (!this.order(thread)) return
      }
    }
  }

  /** False where nothing is left to do. */
  private order(thread: Thread): boolean {
    const places: RunPlace[] = []
    const orders: ProofOrder[] = []
    let bytes = 0
    while (bytes < ORDER_BYTES && orders.length < MAX_RUNS_IN_ORDER) {
      const { value, done } = this.ahead.next()
      if (done === true) break
      const { feed, place } = value
      const { from, parts } = place
      bytes += parts.reduce((sum, part) => sum + part.byteLength, 0)
      const descriptors = parts.map(({ volume }) => this.volumes.find(volume)?.descriptor ?? -1)
      places.push(place)
      orders.push({ feed, from, parts, descriptors })
    }
    if (orders.length === 0) return false
    const answer = new Promise<(RunProof | null)[]>((resolve) => thread.waiting.push(resolve))
    for (const [i, place] of places.entries()) {
      this.proofs.set(
        place,
        answer.then((proofs) => proofs[i] ?? null)
      )
    }
    thread.worker.postMessage(orders)
    return true
  }

  private async end(thread: Thread): Promise<void> {
    const at = this.threads.indexOf(thread)
    if (at >= 0) this.threads.splice(at, 1)
    for (const settle of thread.waiting.splice(0)) settle([])
    thread.begun()
    await thread.worker.terminate()
  }
}

function defaultThreads(byteLength: number): number {
  const cores = availableParallelism()
  return byteLength < WORTH_A_THREAD || cores < 2 ? 0 : Math.min(MAX_THREADS, cores)
}
