// Checkpoints: block i is a checkpoint if i > 0 and i % 1024 = 0, and holds the signature over
// length i. Whoever holds a feed's blocks can therefore prove its length at every 1,024th block,
// and a run can be cut there. Checkpoints are in clear: a carrier needs them and they tell nothing.
// Layout: format 1 (1 byte), ed25519 signature (64 bytes).

import b4a from 'b4a'
import { SIGNATURE_BYTES } from './crypto.js'

export const CHECKPOINT_INTERVAL = 1024

const FORMAT = 1

export function isCheckpoint(seq: number): boolean {
  return seq > 0 && seq % CHECKPOINT_INTERVAL === 0
}

/** The first checkpoint after `seq`: a run that begins at `seq` ends there at the latest. */
export function nextCheckpoint(seq: number): number {
  return (Math.floor(seq / CHECKPOINT_INTERVAL) + 1) * CHECKPOINT_INTERVAL
}

export function encodeCheckpoint(signature: Uint8Array): Uint8Array {
  return b4a.concat([b4a.from([FORMAT]), signature])
}

/** The signature, or null where a broken writer put something else in a checkpoint's place. */
export function decodeCheckpoint(block: Uint8Array): Uint8Array | null {
  if (block.byteLength !== 1 + SIGNATURE_BYTES || block[0] !== FORMAT) return null
  return block.subarray(1)
}

/** How many of the blocks `[from, to)` are entries of observations: no hello, no checkpoint. */
export function entriesIn(from: number, to: number): number {
  if (to <= from) return 0
  const upTo = (n: number): number =>
    n === 0 ? 0 : n - 1 - Math.floor((n - 1) / CHECKPOINT_INTERVAL)
  return upTo(to) - upTo(from)
}
