// Observation ids are 16 bytes in entries and keys, and UUID text in the API. Any 16 bytes have a
// text here, also those that are no valid UUIDv7: what a broken writer recorded is still shown.

import b4a from 'b4a'

export const ID_BYTES = 16

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Put together from pieces, a text keeps all of these in memory: 350 bytes instead of 50. */
export function toUuid(id: Uint8Array): string {
  for (let i = 0; i < ID_BYTES; i++) {
    const byte = id[i]!
    text[AT[i]!] = DIGITS[byte >> 4]!
    text[AT[i]! + 1] = DIGITS[byte & 15]!
  }
  return text.toString('latin1')
}

const DIGITS = Buffer.from('0123456789abcdef')
const text = Buffer.alloc(36, '-')
/** Where in the text each byte stands. */
const AT = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]

/** Throws a TypeError where the text is no UUID. */
export function fromUuid(text: string): Uint8Array {
  if (typeof text !== 'string' || !UUID.test(text)) {
    throw new TypeError(`Not an observation id: ${String(text).slice(0, 80)}`)
  }
  return b4a.from(text.replaceAll('-', ''), 'hex')
}
