// The thread that part-reader.ts starts: opens the same store once more, for reading only, and sends
// the blocks of a part as the bytes of one buffer, which costs the other thread nothing to take.

import { parentPort, workerData } from 'node:worker_threads'
import { Semaphore } from 'async-mutex'
import { type FeedEnd, FeedStore } from './feed-store.js'
import { type PartOrder, readPart } from './part.js'

export interface NumberedOrder extends PartOrder {
  readonly number: number
}

/** Without `bytes` where the part could not be read here. */
export interface NumberedPart {
  readonly number: number
  readonly bytes?: Uint8Array<ArrayBuffer>
  /** Of the blocks, which stand in `bytes` one behind the other. */
  readonly lengths?: Uint32Array<ArrayBuffer>
  readonly cut?: FeedEnd | null
}

/** While one is packed, RocksDB reads the other; more only keep the garbage collector busy. */
const AT_ONCE = 2

const { dir } = workerData as { dir: string }
const turns = new Semaphore(AT_ONCE)
const store = await FeedStore.open(dir, { readOnly: true })

parentPort?.on('message', (message: NumberedOrder | 'close') => {
  if (message === 'close') void store.close().finally(() => parentPort?.close())
  else void turns.runExclusive(() => answer(message))
})
parentPort?.postMessage('ready')

async function answer(order: NumberedOrder): Promise<void> {
  const { number } = order
  try {
    const { blocks, cut } = await readPart(store, order)
    const lengths = Uint32Array.from(blocks, (block) => block.byteLength)
    const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
    let at = 0
    for (const block of blocks) {
      bytes.set(block, at)
      at += block.byteLength
    }
    const part: NumberedPart = { number, bytes, lengths, cut }
    parentPort?.postMessage(part, [bytes.buffer, lengths.buffer])
  } catch {
    parentPort?.postMessage({ number })
  }
}
