// The part of a block's hash that goes into the names of versions.

import { hash } from './crypto.js'
import { VERSION_HASH_BYTES } from './version.js'

/** First 8 bytes of the block's BLAKE2b-256. */
export function blockHash(block: Uint8Array): Uint8Array {
  return hash(block).subarray(0, VERSION_HASH_BYTES)
}
