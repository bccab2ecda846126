// The thread that provers.ts starts: reads the records of runs from files that the other thread has
// open, and says of each run what prove.ts says.

import { readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import b4a from 'b4a'
import type { SegmentPlace } from './directory.js'
import { MAX_SEGMENT_BYTES } from './format.js'
import { type ProofKeys, type RunProof, RunProver } from './prove.js'

/** A run to look at; by volume, the descriptor to read it from. */
export interface ProofOrder {
  readonly feed: string
  readonly from: number
  readonly parts: readonly SegmentPlace[]
  readonly descriptors: readonly number[]
}

const keys = workerData as ProofKeys
let buffer = b4a.allocUnsafeSlow(1024 * 1024)

parentPort?.on('message', (orders: ProofOrder[]) => {
  parentPort?.postMessage(orders.map(prove))
})
parentPort?.postMessage('ready')

function prove({ feed, from, parts, descriptors }: ProofOrder): RunProof | null {
  try {
    const prover = new RunProver(keys, feed, from)
    for (const [i, part] of parts.entries()) {
      const record = read(descriptors[i] ?? -1, part)
      if (record === null || !prover.take(part, record)) return null
    }
    return prover.proof
  } catch {
    // Whatever it is, the other thread meets it as well, and knows what to say.
    return null
  }
}

/** The bytes at a place, in the same memory as those before; null where no segment can stand there. */
function read(descriptor: number, { offset, byteLength }: SegmentPlace): Uint8Array | null {
  if (byteLength > MAX_SEGMENT_BYTES) return null
  if (byteLength > buffer.byteLength) buffer = b4a.allocUnsafeSlow(byteLength)
  for (let at = 0; at < byteLength;) {
    const bytesRead = readSync(descriptor, buffer, at, byteLength - at, offset + at)
    if (bytesRead === 0) return null
    at += bytesRead
  }
  return buffer.subarray(0, byteLength)
}
