// What of CBOR an entry may hold. CBOR can also say dates, patterns, and values that refer to each
// other or to themselves; a few such bytes from a hostile member unfold into something that never
// ends, and how deep a value may be nested would depend on the stack that happens to be left. So
// that every device understands the same entries, both are bounded here. And it has whole numbers of
// 64 bits, of which JavaScript has a kind of its own that no JSON can hold.

const MAX_DEPTH = 64

const MAX_UINT64 = 2n ** 64n - 1n

/**
 * A decoded value where it is texts, numbers, truth values, null, bytes, lists and maps of these;
 * undefined where it is not. A whole number beyond 2^53 - 1 becomes a text of its digits.
 * `byteLength` is that of its encoding: each value takes a byte at least, so what has more of them
 * than bytes repeats itself.
 */
export function toPlainData(value: unknown, byteLength: number): unknown {
  let room = byteLength
  let hasBigInts = false
  const isPlain = (inner: unknown, depth: number): boolean => {
    if (typeof inner === 'bigint') {
      hasBigInts = true
      return inner <= MAX_UINT64 && inner >= -MAX_UINT64 - 1n
    }
    if (typeof inner !== 'object' || inner === null || inner instanceof Uint8Array) return true
    if (depth > MAX_DEPTH) return false
    if (!Array.isArray(inner) && Object.getPrototypeOf(inner) !== Object.prototype) return false
    for (const item of Object.values(inner)) {
      if (--room < 0 || !isPlain(item, depth + 1)) return false
    }
    return true
  }
  if (!isPlain(value, 1)) return undefined
  return hasBigInts ? withoutBigInts(value) : value
}

function withoutBigInts(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(withoutBigInts)
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, withoutBigInts(v)]))
}
