// Numbers for keys of a fixed size, most of them hashes: a table in two flat arrays, because a
// hundred thousand of them as texts in a Map take several times as much. Whoever uses it keeps what
// belongs to number i at place i of arrays of its own.
//
// Keys are a multiple of four bytes. Open addressing with linear probing. Where a key goes is mixed with a number that is random in
// every process: a stranger chooses the keys, and must not be able to choose those that collide.

import { randomBytes } from '../crypto.js'

const FREE = 0

export class HashIndex {
  /** How many keys there are; their numbers run from 0 up to it. */
  count = 0
  #keys: Buffer
  #slots = new Uint32Array(64)
  readonly #seed = Buffer.from(randomBytes(4)).readInt32LE(0)

  constructor(private readonly keyBytes: number) {
    this.#keys = Buffer.alloc(32 * keyBytes)
  }

  key(number: number): Buffer {
    return this.#keys.subarray(number * this.keyBytes, (number + 1) * this.keyBytes)
  }

  /** -1 where it is not there. */
  find(key: Uint8Array): number {
    return (this.#slots[this.#slotOf(key)] ?? FREE) - 1
  }

  /** The number of a key, a new one where it was not there. */
  add(key: Uint8Array): number {
    const slot = this.#slotOf(key)
    const known = this.#slots[slot] ?? FREE
    if (known !== FREE) return known - 1
    const number = this.count++
    if (this.count * this.keyBytes > this.#keys.byteLength) {
      const keys = Buffer.alloc(2 * this.#keys.byteLength)
      keys.set(this.#keys)
      this.#keys = keys
    }
    this.#keys.set(key, number * this.keyBytes)
    this.#slots[slot] = number + 1
    if (2 * this.count > this.#slots.length) this.#grow()
    return number
  }

  /**
   * Takes a key out. The last one gets its number, so whoever uses this moves what belongs to
   * number `count` (as it is afterwards) to that place.
   */
  remove(number: number): void {
    this.#free(this.#slotOf(this.key(number)))
    const last = --this.count
    if (last === number) return
    this.#slots[this.#slotOf(this.key(last))] = number + 1
    this.#keys.copyWithin(number * this.keyBytes, last * this.keyBytes, (last + 1) * this.keyBytes)
  }

  /** Where the key is, or the free slot where it would go. */
  #slotOf(key: Uint8Array): number {
    const mask = this.#slots.length - 1
    let slot = this.#mix(key) & mask
    for (;;) {
      const number = this.#slots[slot] ?? FREE
      if (number === FREE || this.#isAt(number - 1, key)) return slot
      slot = (slot + 1) & mask
    }
  }

  #isAt(number: number, key: Uint8Array): boolean {
    const start = number * this.keyBytes
    for (let i = 0; i < this.keyBytes; i++) if (this.#keys[start + i] !== key[i]) return false
    return true
  }

  /** Four bytes at a time: this is what most of a lookup's time goes into. */
  #mix(key: Uint8Array): number {
    let mixed = this.#seed
    for (let i = 0; i < this.keyBytes; i += 4) {
      const word = key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16) | (key[i + 3]! << 24)
      mixed = Math.imul(mixed ^ word, 0x9e3779b1)
      mixed ^= mixed >>> 15
    }
    return mixed >>> 0
  }

  /** Closes the hole, so that no search ends at it too early (Knuth, volume 3, 6.4, algorithm R). */
  #free(hole: number): void {
    const mask = this.#slots.length - 1
    for (let slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? FREE
      if (number === FREE) break
      const home = this.#mix(this.key(number - 1)) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      this.#slots[hole] = number
      hole = slot
    }
    this.#slots[hole] = FREE
  }

  #grow(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length)
    for (let number = 0; number < this.count; number++) {
      this.#slots[this.#slotOf(this.key(number))] = number + 1
    }
  }
}

/** `from` where it has room for `length`, or a longer array with the same content. */
export function withRoom<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(
  from: T,
  length: number
): T {
  if (length <= from.length) return from
  const Longer = from.constructor as new (length: number) => T
  const longer = new Longer(Math.max(64, 2 * length))
  longer.set(from)
  return longer
}
