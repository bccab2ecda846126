// Observation ids are 16 bytes in entries and keys, and UUID text in the API. Any 16 bytes have a
// text here, also those that are no valid UUIDv7: what a broken writer recorded is still shown.

import b4a from 'b4a'

export const ID_BYTES = 16

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function toUuid(id: Uint8Array): string {
  const hex = b4a.toString(id, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Throws a TypeError where the text is no UUID. */
export function fromUuid(text: string): Uint8Array {
  if (typeof text !== 'string' || !UUID.test(text)) {
    throw new TypeError(`Not an observation id: ${String(text).slice(0, 80)}`)
  }
  return b4a.from(text.replaceAll('-', ''), 'hex')
}
