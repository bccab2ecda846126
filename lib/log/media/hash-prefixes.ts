// Which photos and files somebody holds, said in as few bytes as can be relied on: the first 8 bytes of
// each hash, ascending. That one of a hundred thousand begins by chance like one that is not among
// them happens once in 10^14 times.

import b4a from 'b4a'
import { type BlobHeld, chunksIn } from '../replica.js'

export const PREFIX_BYTES = 8

/** Of more than these, the largest are said: they are what takes the space. About a megabyte. */
export const MAX_PREFIXES = 130_000

/** Of all that are whole. */
export function prefixesOf(blobs: Iterable<BlobHeld>): Uint8Array {
  const whole = [...blobs].filter(({ size, chunks }) => chunks === chunksIn(size))
  if (whole.length > MAX_PREFIXES) whole.sort((a, b) => b.size - a.size)
  return packed(whole.slice(0, MAX_PREFIXES).map(({ hash }) => hash))
}

/** The same with further hashes, as far as there is room. What is known is copied, not sorted anew. */
export function withHashes(prefixes: Uint8Array, hashes: readonly string[]): Uint8Array {
  const fresh = hashes.filter((hash) => !hasPrefix(prefixes, hash))
  const room = MAX_PREFIXES - prefixes.byteLength / PREFIX_BYTES
  if (fresh.length === 0 || room <= 0) return prefixes
  const added = packed(fresh.slice(0, room))
  const all = new Uint8Array(prefixes.byteLength + added.byteLength)
  let from = 0
  for (let number = 0; number < added.byteLength / PREFIX_BYTES; number++) {
    const prefix = at(added, number)
    const until = placeOf(prefixes, prefix) * PREFIX_BYTES
    all.set(prefixes.subarray(from, until), from + number * PREFIX_BYTES)
    all.set(prefix, until + number * PREFIX_BYTES)
    from = until
  }
  all.set(prefixes.subarray(from), from + added.byteLength)
  return all
}

export function hasPrefix(prefixes: Uint8Array, hash: string): boolean {
  const wanted = b4a.from(hash.slice(0, 2 * PREFIX_BYTES), 'hex')
  const place = placeOf(prefixes, wanted)
  return place * PREFIX_BYTES < prefixes.byteLength && b4a.equals(at(prefixes, place), wanted)
}

/** How many of them are smaller. */
function placeOf(prefixes: Uint8Array, wanted: Uint8Array): number {
  let [low, high] = [0, prefixes.byteLength / PREFIX_BYTES]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (b4a.compare(at(prefixes, middle), wanted) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Whether bytes from elsewhere are what this makes: not too many, each larger than the one before. */
export function arePrefixes(bytes: Uint8Array): boolean {
  const count = bytes.byteLength / PREFIX_BYTES
  if (!Number.isInteger(count) || count > MAX_PREFIXES) return false
  for (let i = 1; i < count; i++) if (b4a.compare(at(bytes, i - 1), at(bytes, i)) >= 0) return false
  return true
}

function at(prefixes: Uint8Array, number: number): Uint8Array {
  return prefixes.subarray(number * PREFIX_BYTES, (number + 1) * PREFIX_BYTES)
}

function packed(hashes: readonly string[]): Uint8Array {
  const sorted = new Set(hashes.map((hash) => hash.slice(0, 2 * PREFIX_BYTES)).sort())
  return b4a.from([...sorted].join(''), 'hex')
}
