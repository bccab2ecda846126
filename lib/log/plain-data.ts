// What of CBOR an entry may hold. CBOR can also say dates, patterns, and values that refer to each
// other or to themselves; a few such bytes from a hostile member unfold into something that never
// ends, and how deep a value may be nested would depend on the stack that happens to be left. So
// that every device understands the same entries, both are bounded here.

const MAX_DEPTH = 64

/**
 * Whether a decoded value is texts, numbers, truth values, null, bytes, lists and maps of these.
 * `byteLength` is that of its encoding: each value takes a byte at least, so what has more of them
 * than bytes repeats itself.
 */
export function isPlainData(value: unknown, byteLength: number): boolean {
  let room = byteLength
  const isPlain = (inner: unknown, depth: number): boolean => {
    if (typeof inner !== 'object' || inner === null || inner instanceof Uint8Array) return true
    if (depth > MAX_DEPTH) return false
    if (!Array.isArray(inner) && Object.getPrototypeOf(inner) !== Object.prototype) return false
    for (const item of Object.values(inner)) {
      if (--room < 0 || !isPlain(item, depth + 1)) return false
    }
    return true
  }
  return isPlain(value, 1)
}
