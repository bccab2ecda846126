// Reads the view's own bytes. They come from a disk that may have failed, so every read is checked
// against the end of what is there, and whatever does not fit says that the view is damaged.

import { ViewDamage } from './damage.js'

export class ByteReader {
  offset = 0

  constructor(
    readonly bytes: Buffer,
    readonly end: number = bytes.byteLength
  ) {}

  byte(): number {
    const value = this.bytes[this.offset]
    if (value === undefined || this.offset >= this.end) throw new ViewDamage('A row ends early')
    this.offset++
    return value
  }

  /** Unsigned LEB128, up to Number.MAX_SAFE_INTEGER. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break
        return value
      }
      scale *= 0x80
    }
    throw new ViewDamage('A number in a row is too large')
  }

  double(): number {
    const value = this.bytes.readDoubleLE(this.#take(8))
    if (!Number.isFinite(value)) throw new ViewDamage('A number in a row is not finite')
    return value
  }

  slice(byteLength: number): Buffer {
    const from = this.#take(byteLength)
    return this.bytes.subarray(from, from + byteLength)
  }

  #take(byteLength: number): number {
    const from = this.offset
    if (byteLength > this.end - from) throw new ViewDamage('A row ends early')
    this.offset = from + byteLength
    return from
  }
}

/** Room for any varint. */
export const MAX_VARINT_BYTES = 8

/** Writes an unsigned LEB128 and returns the offset behind it. */
export function writeVarint(bytes: Buffer, value: number, offset: number): number {
  while (value >= 0x80) {
    bytes[offset++] = (value % 0x80) | 0x80
    value = Math.floor(value / 0x80)
  }
  bytes[offset++] = value
  return offset
}
