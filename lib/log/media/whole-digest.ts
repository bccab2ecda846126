// Whether two replicas hold the same whole blobs, in one comparison: a sum over what is whole, in
// which order does not matter. Only tables of one process are compared: what a blob adds depends on
// numbers that are random in every process, so that a stranger, who chooses the blobs, cannot choose
// those whose sums are alike.

import { HASH_BYTES, randomBytes } from '../crypto.js'

const seed = new Int32Array(randomBytes(16).buffer)

export class WholeDigest {
  #count = 0
  #low = 0
  #high = 0

  /** The hash is in `bytes` from `at` on. */
  add(bytes: Uint8Array, size: number, at = 0): void {
    this.#count++
    this.#low = (this.#low + mixed(bytes, at, size, seed[0]!, seed[1]!)) | 0
    this.#high = (this.#high + mixed(bytes, at, size, seed[2]!, seed[3]!)) | 0
  }

  /** Takes out what was added. */
  remove(bytes: Uint8Array, size: number, at = 0): void {
    this.#count--
    this.#low = (this.#low - mixed(bytes, at, size, seed[0]!, seed[1]!)) | 0
    this.#high = (this.#high - mixed(bytes, at, size, seed[2]!, seed[3]!)) | 0
  }

  toString(): string {
    return `${this.#count} ${this.#low} ${this.#high}`
  }
}

/** 32 bits of a blob's name. The steps are those of MurmurHash3 (x86, 32 bits). */
function mixed(bytes: Uint8Array, at: number, size: number, first: number, last: number): number {
  let sum = step(step(first, size | 0), Math.floor(size / 2 ** 32))
  for (let i = at; i < at + HASH_BYTES; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    sum = step(sum, word)
  }
  sum ^= last
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b)
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35)
  return sum ^ (sum >>> 16)
}

function step(sum: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51)
  const mixedIn = sum ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)
  return (Math.imul((mixedIn << 13) | (mixedIn >>> 19), 5) + 0xe6546b64) | 0
}
