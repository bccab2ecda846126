// What one device did to the observations, or to the documents of one kind, in the order in which it
// was seen. Packed, because a first sync brings all that there is: seventeen bytes each.

import { ID_BYTES, toUuid } from './uuid.js'

export type ChangeKind = 'created' | 'edited' | 'deleted' | 'restored'

const KINDS: readonly ChangeKind[] = ['created', 'edited', 'deleted', 'restored']

const FIRST_ROOM = 64

export class Deeds {
  #count = 0
  #settled = 0
  #ids: Buffer = Buffer.alloc(FIRST_ROOM * ID_BYTES)
  #kinds = new Uint8Array(FIRST_ROOM)

  add(id: Uint8Array, kind: ChangeKind): void {
    if (this.#count === this.#kinds.length) this.#grow()
    this.#ids.set(id, this.#count * ID_BYTES)
    this.#kinds[this.#count++] = KINDS.indexOf(kind)
  }

  /** What was added since the last time counts from now on; or it never happened. */
  settle(counts: boolean): void {
    if (counts) this.#settled = this.#count
    else this.#count = this.#settled
  }

  /** None where nothing was settled. */
  get isEmpty(): boolean {
    return this.#settled === 0
  }

  counts(): Record<ChangeKind, number> {
    const counts = { created: 0, edited: 0, deleted: 0, restored: 0 }
    for (const { kind } of this.#last()) counts[kind]++
    return counts
  }

  /** UUIDs, in order of id. */
  ids(): Record<ChangeKind, string[]> {
    const ids: Record<ChangeKind, string[]> = { created: [], edited: [], deleted: [], restored: [] }
    for (const { id, kind } of this.#last()) ids[kind].push(toUuid(this.#id(id)))
    return ids
  }

  /** Each id once, with all that was done to it taken together. */
  *#last(): Generator<{ id: number; kind: ChangeKind }> {
    const order = this.#order()
    for (let at = 0; at < order.length;) {
      const id = order[at]!
      let kind = KINDS[this.#kinds[id]!]!
      for (at++; at < order.length && this.#compare(id, order[at]!) === 0; at++) {
        kind = together(kind, KINDS[this.#kinds[order[at]!]!]!)
      }
      yield { id, kind }
    }
  }

  /** By id, then as they were seen. */
  #order(): Uint32Array {
    const order = new Uint32Array(this.#settled)
    let sorted = true
    for (let i = 0; i < order.length; i++) {
      order[i] = i
      if (i > 0 && this.#compare(i - 1, i) > 0) sorted = false
    }
    return sorted ? order : order.sort((a, b) => this.#compare(a, b) || a - b)
  }

  #id(i: number): Buffer {
    return this.#ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES)
  }

  #compare(a: number, b: number): number {
    const [from, to] = [a * ID_BYTES, b * ID_BYTES]
    return this.#ids.compare(this.#ids, to, to + ID_BYTES, from, from + ID_BYTES)
  }

  #grow(): void {
    const ids = Buffer.alloc(2 * this.#ids.byteLength)
    ids.set(this.#ids)
    this.#ids = ids
    const kinds = new Uint8Array(2 * this.#kinds.length)
    kinds.set(this.#kinds)
    this.#kinds = kinds
  }
}

/** What somebody created is new, however often it was edited since. */
export function together(earlier: ChangeKind, later: ChangeKind): ChangeKind {
  if (later === 'deleted') return 'deleted'
  if (earlier === 'created') return 'created'
  return earlier === 'restored' || later === 'restored' ? 'restored' : later
}
