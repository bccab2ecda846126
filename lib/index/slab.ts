// Versions on their way into the view: packed into few large buffers and sorted by what they are
// versions of through typed arrays. A million versions are some thirty objects here, not some millions: that
// is the difference between 0.4 and 2.6 GB while a view is made anew.

import { typeOf, type VersionEntry, type VersionRef } from '../log/entry.js'
import { OBSERVATION } from './keys.js'
import { ID_BYTES } from './uuid.js'
import { encodeBody, roomForVersion, writeVersion, type FeedNumbers } from './version-bytes.js'

const CHUNK_BYTES = 4 * 1024 * 1024
/** One live entry at a time is the rule between two rebuilds, so a slab begins small and doubles. */
const FIRST_CHUNK_BYTES = 1024
const FIRST_ROWS = 4

/** All versions of one thing in a slab. Views on the slab's memory: copy what is kept. */
export interface SlabGroup {
  /** Name of the kind of a document; empty for an observation. */
  readonly type: string
  readonly id: Buffer
  readonly versions: readonly Buffer[]
  /** Stored clock of the only version, where it is one that links to nothing. */
  readonly singleClock: number | null
}

export class Slab {
  count = 0
  byteLength = 0

  #chunks: Buffer[] = []
  #free = 0
  #ids: Buffer = Buffer.allocUnsafe(ID_BYTES * FIRST_ROWS)
  /** First six bytes of the id as a number (a UUIDv7's milliseconds): decides most comparisons. */
  #times = new Float64Array(FIRST_ROWS)
  #clocks = new Float64Array(FIRST_ROWS)
  /** Number of its type in `#types`. */
  #typeOf = new Uint32Array(FIRST_ROWS)
  readonly #types: string[] = [OBSERVATION]
  readonly #typeNumbers = new Map([[OBSERVATION, 0]])
  #chunkOf = new Uint32Array(FIRST_ROWS)
  #from = new Uint32Array(FIRST_ROWS)
  #to = new Uint32Array(FIRST_ROWS)

  constructor(private readonly feeds: FeedNumbers) {}

  /** False where the entry cannot be kept in a row: a broken writer's. */
  add(ref: VersionRef, entry: VersionEntry): boolean {
    if (entry.id.byteLength !== ID_BYTES) return false
    const body = encodeBody(entry)
    if (body === null) return false
    const room = roomForVersion(entry, body)
    const chunk = this.#chunkWith(room)
    const from = this.#free
    const to = writeVersion(chunk, from, ref, entry, body, this.feeds)
    if (this.count === this.#times.length) this.#grow()
    const i = this.count++
    this.#ids.set(entry.id, i * ID_BYTES)
    this.#typeOf[i] = entry.kind === 'observation' ? 0 : this.#typeNumber(typeOf(entry))
    this.#times[i] = this.#ids.readUIntBE(i * ID_BYTES, 6)
    this.#clocks[i] = entry.links.length === 0 ? entry.clock : NaN
    this.#chunkOf[i] = this.#chunks.length - 1
    this.#from[i] = from
    this.#to[i] = to
    this.#free = to
    this.byteLength += to - from
    return true
  }

  /** In order of type, as these came in, and of id. */
  *groups(): Generator<SlabGroup> {
    const order = this.#order()
    let at = 0
    while (at < order.length) {
      const first = order[at]!
      let end = at + 1
      while (end < order.length && this.#same(first, order[end]!)) end++
      const versions: Buffer[] = []
      for (let i = at; i < end; i++) versions.push(this.#version(order[i]!))
      const clock = this.#clocks[first]!
      const single = versions.length === 1 && !Number.isNaN(clock)
      const type = this.#types[this.#typeOf[first]!]!
      yield { type, id: this.#id(first), versions, singleClock: single ? clock : null }
      at = end
    }
  }

  #order(): Uint32Array {
    const order = new Uint32Array(this.count)
    for (let i = 0; i < order.length; i++) order[i] = i
    const times = this.#times
    const ids = this.#ids
    const types = this.#types.length > 1 ? this.#typeOf : null
    return order.sort((a, b) => {
      if (types !== null && types[a] !== types[b]) return types[a]! - types[b]!
      const difference = times[a]! - times[b]!
      if (difference !== 0) return difference
      const to = b * ID_BYTES + ID_BYTES
      return ids.compare(ids, b * ID_BYTES + 6, to, a * ID_BYTES + 6, a * ID_BYTES + ID_BYTES)
    })
  }

  #same(a: number, b: number): boolean {
    if (this.#times[a] !== this.#times[b] || this.#typeOf[a] !== this.#typeOf[b]) return false
    return this.#id(a).equals(this.#id(b))
  }

  #typeNumber(type: string): number {
    const known = this.#typeNumbers.get(type)
    if (known !== undefined) return known
    const number = this.#types.push(type) - 1
    this.#typeNumbers.set(type, number)
    return number
  }

  #id(i: number): Buffer {
    return this.#ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES)
  }

  #version(i: number): Buffer {
    return this.#chunks[this.#chunkOf[i]!]!.subarray(this.#from[i], this.#to[i])
  }

  #chunkWith(room: number): Buffer {
    const last = this.#chunks.at(-1)
    if (last !== undefined && last.byteLength - this.#free >= room) return last
    const size = Math.min(CHUNK_BYTES, 2 * (last?.byteLength ?? FIRST_CHUNK_BYTES / 2))
    const chunk = Buffer.allocUnsafeSlow(Math.max(size, room))
    this.#chunks.push(chunk)
    this.#free = 0
    return chunk
  }

  #grow(): void {
    const capacity = this.#times.length * 2
    const ids = Buffer.allocUnsafeSlow(capacity * ID_BYTES)
    ids.set(this.#ids.subarray(0, this.count * ID_BYTES))
    this.#ids = ids
    this.#times = grown(this.#times, new Float64Array(capacity))
    this.#clocks = grown(this.#clocks, new Float64Array(capacity))
    this.#typeOf = grown(this.#typeOf, new Uint32Array(capacity))
    this.#chunkOf = grown(this.#chunkOf, new Uint32Array(capacity))
    this.#from = grown(this.#from, new Uint32Array(capacity))
    this.#to = grown(this.#to, new Uint32Array(capacity))
  }
}

function grown<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
