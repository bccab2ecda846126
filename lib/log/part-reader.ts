// Reads parts of feeds; once much is being read, by a thread that has the store open a second time,
// for reading only. Blocks come out of RocksDB one by one, and that is most of what a large file costs
// to make; meanwhile this thread hashes and writes. The other one only ever helps: until it is there,
// where it cannot be started (a bundle without its file, a runtime or file system that forbids it),
// and for every part that it cannot read (blocks appended since it opened the store), the part is read
// here. It ends when nothing has been read for a while.

import { availableParallelism } from 'node:os'
import type { FeedStore } from './feed-store.js'
import { type Part, type PartOrder, readPart } from './part.js'
import { PartThread } from './part-thread.js'

/** Blocks: reading fewer of them costs less than starting a thread. */
const WORTH_A_THREAD = 20_000
const IDLE_MILLISECONDS = 1000

/** For tests. */
export interface PartReaderOptions {
  /** Blocks to be read before the thread is started. */
  readonly worthAThread?: number
  /** The file of the thread. */
  readonly script?: URL
}

export class PartReader {
  /** How many parts the thread has read. */
  byThread = 0
  private asked = 0
  private idle: NodeJS.Timeout | undefined
  private thread: PartThread | null = null
  private changing: Promise<void> = Promise.resolve()
  private mayStart: boolean
  private readonly worthAThread: number

  constructor(
    private readonly store: FeedStore,
    private readonly options: PartReaderOptions = {}
  ) {
    this.mayStart = !store.readOnly
    const byCores = availableParallelism() > 1 ? WORTH_A_THREAD : Infinity
    this.worthAThread = options.worthAThread ?? byCores
  }

  async read(order: PartOrder): Promise<Part> {
    this.note(order.to - order.from)
    const part = (await this.thread?.read(order)) ?? null
    if (part === null) return readPart(this.store, order)
    this.byThread++
    return part
  }

  async close(): Promise<void> {
    this.mayStart = false
    clearTimeout(this.idle)
    await this.changing
    await this.thread?.end()
  }

  private note(blocks: number): void {
    if (!this.mayStart) return
    const wasWorthIt = this.asked >= this.worthAThread
    this.asked += blocks
    if (!wasWorthIt && this.asked >= this.worthAThread) this.change(() => this.start())
    this.idle?.refresh()
    this.idle ??= setTimeout(() => this.rest(), IDLE_MILLISECONDS).unref()
  }

  private rest(): void {
    if (this.thread?.isBusy) return void this.idle?.refresh()
    this.asked = 0
    this.change(async () => {
      const { thread } = this
      this.thread = null
      await thread?.end()
    })
  }

  private change(step: () => Promise<void>): void {
    this.changing = this.changing.then(step)
  }

  /** What is in RocksDB's log only, the other thread would have to hold in memory as well. */
  private async start(): Promise<void> {
    const fail = (): void => void (this.mayStart = false)
    await this.store.flush().catch(fail)
    if (!this.mayStart) return
    this.thread = PartThread.start(this.store.dir, this.options.script, fail)
  }
}
