// One thread that reads parts of feeds, from its start to its end. Whatever goes wrong with it, the
// answer is null, and whoever asked reads the part himself.

import { Worker } from 'node:worker_threads'
import type { Part, PartOrder } from './part.js'
import type { NumberedOrder, NumberedPart } from './part-worker.js'

export class PartThread {
  private readonly waiting = new Map<number, (part: Part | null) => void>()
  private readonly ended: Promise<void>
  private count = 0
  private isReady = false
  private isEnding = false

  private constructor(
    private readonly worker: Worker,
    onFailed: () => void
  ) {
    worker.unref()
    worker.on('message', (message: 'ready' | NumberedPart) => {
      if (message === 'ready') this.isReady = true
      else this.settle(message)
    })
    worker.on('error', onFailed)
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.isReady = false
        for (const number of this.waiting.keys()) this.settle({ number })
        resolve()
      })
    })
  }

  /** Null where this runtime starts no threads. `onFailed` is called where it ends by itself. */
  static start(dir: string, script: URL | undefined, onFailed: () => void): PartThread | null {
    try {
      const file = script ?? new URL('./part-worker.js', import.meta.url)
      return new PartThread(new Worker(file, { workerData: { dir }, execArgv: [] }), onFailed)
    } catch {
      return null
    }
  }

  get isBusy(): boolean {
    return this.waiting.size > 0
  }

  /** Null where the thread is not there yet or not any more, or cannot read the part. */
  async read(order: PartOrder): Promise<Part | null> {
    if (!this.isReady || this.isEnding) return null
    const number = ++this.count
    // A process that waits for a part must not end for want of anything else to do.
    if (!this.isBusy) this.worker.ref()
    return new Promise((resolve) => {
      this.waiting.set(number, resolve)
      const numbered: NumberedOrder = { ...order, number }
      this.worker.postMessage(numbered)
    })
  }

  /** Ends it in order, for it has files open; what it was asked for and did not read is null. */
  async end(): Promise<void> {
    if (!this.isEnding) {
      this.isEnding = true
      this.worker.ref()
      this.worker.postMessage('close')
    }
    await this.ended
  }

  private settle({ number, bytes, lengths, cut = null }: NumberedPart): void {
    const resolve = this.waiting.get(number)
    this.waiting.delete(number)
    if (!this.isBusy && !this.isEnding) this.worker.unref()
    resolve?.(bytes && lengths ? { blocks: blocksIn(bytes, lengths), cut } : null)
  }
}

function blocksIn(bytes: Uint8Array, lengths: Uint32Array): Uint8Array[] {
  const blocks: Uint8Array[] = []
  let at = 0
  for (const length of lengths) {
    blocks.push(bytes.subarray(at, at + length))
    at += length
  }
  return blocks
}
