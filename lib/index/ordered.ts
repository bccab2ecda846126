// Values that documents are found and ordered by, as bytes that sort like the values: one byte for
// the type, then truth values, numbers and dates in their order, texts by code point. A document
// without a value comes last.

import b4a from 'b4a'

/** What a key function may give. Nothing: the document has no such value. */
export type KeyValue = string | number | boolean | Date | null | undefined

const TRUTH = 0x10
const NUMBER = 0x20
const DATE = 0x30
const TEXT = 0x40
/** Behind all others. */
const ABSENT = 0xf0

/** Keys of a tree should be short: longer texts are refused. */
const MAX_TEXT_BYTES = 512

/** Throws a TypeError where it is nothing that documents can be ordered by. */
export function encodeValue(value: unknown): Buffer {
  if (value === null || value === undefined) return Buffer.of(ABSENT)
  if (typeof value === 'boolean') return Buffer.of(TRUTH, value ? 1 : 0)
  if (typeof value === 'number') return encodeNumber(NUMBER, value)
  if (value instanceof Date) return encodeNumber(DATE, value.getTime())
  if (typeof value === 'string') return encodeText(value)
  throw new TypeError('must be a text, a number, a Date, true, false or nothing')
}

/** Values from one bound to the other. An absent one leaves the range open there. */
export interface ValueRange {
  readonly from: Buffer
  /** Whether `from` itself is in it. */
  readonly withFrom: boolean
  readonly to: Buffer
  readonly withTo: boolean
}

export function onlyValue(value: unknown): ValueRange {
  const bytes = encodeValue(value)
  return { from: bytes, withFrom: true, to: bytes, withTo: true }
}

/** Whether a document has any value at all. */
export function whetherPresent(present: boolean): ValueRange {
  const absent = Buffer.of(ABSENT)
  if (!present) return { from: absent, withFrom: true, to: absent, withTo: true }
  return { from: Buffer.of(0), withFrom: true, to: absent, withTo: false }
}

/** All values; those of one type where a bound is given. Throws a TypeError. */
export function valueRange(bounds: {
  gt?: unknown
  gte?: unknown
  lt?: unknown
  lte?: unknown
}): ValueRange {
  const both = (a: unknown, b: unknown): boolean => a !== undefined && b !== undefined
  if (both(bounds.gt, bounds.gte)) throw new TypeError('gt or gte, not both')
  if (both(bounds.lt, bounds.lte)) throw new TypeError('lt or lte, not both')
  const low = bounds.gt ?? bounds.gte
  const high = bounds.lt ?? bounds.lte
  const from = low === undefined ? null : encodeValue(low)
  const to = high === undefined ? null : encodeValue(high)
  const type = (from ?? to)?.[0]
  if (type === undefined) return { from: Buffer.of(0), withFrom: true, to: LAST, withTo: true }
  if (from !== null && to !== null && from[0] !== to[0]) {
    throw new TypeError('must be of one type on both ends')
  }
  return {
    from: from ?? Buffer.of(type),
    withFrom: bounds.gt === undefined || from === null,
    to: to ?? Buffer.of(type + 1),
    withTo: to !== null && bounds.lt === undefined
  }
}

const LAST = Buffer.of(0xff)

export function inRange(value: Buffer, { from, withFrom, to, withTo }: ValueRange): boolean {
  const low = b4a.compare(value, from)
  const high = b4a.compare(value, to)
  return (low > 0 || (low === 0 && withFrom)) && (high < 0 || (high === 0 && withTo))
}

/** Doubles sort like their bits, once negative ones are turned round. */
function encodeNumber(type: number, value: number): Buffer {
  if (Number.isNaN(value)) throw new TypeError('must not be NaN, or a Date that is none')
  const bytes = Buffer.allocUnsafe(9)
  bytes[0] = type
  bytes.writeDoubleBE(value === 0 ? 0 : value, 1)
  const negative = (bytes[1]! & 0x80) !== 0
  if (!negative) bytes[1]! |= 0x80
  else for (let i = 1; i < 9; i++) bytes[i] = ~bytes[i]! & 0xff
  return bytes
}

/** Ends with two zeros, so that no text begins another; a zero inside is followed by a one. */
function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.byteLength > MAX_TEXT_BYTES) {
    throw new TypeError(`must be a text of at most ${MAX_TEXT_BYTES} bytes`)
  }
  const out = [TEXT]
  for (const byte of bytes) out.push(...(byte === 0 ? [0, 1] : [byte]))
  return Buffer.from([...out, 0, 0])
}
