// Keys in the view's tree. What the view knows of itself comes first, then the rows in order of
// observation id, which is the order of creation.

import { ID_BYTES } from './uuid.js'

const ABOUT = 0
const ROW = 1

interface KeyRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

export const SUMMARY_KEY: Uint8Array = Uint8Array.of(ABOUT, 0)

export const FEED_KEYS: KeyRange = { gte: Uint8Array.of(ABOUT, 1), lt: Uint8Array.of(ABOUT, 2) }

export const MEDIA_KEYS: KeyRange = { gte: Uint8Array.of(ABOUT, 2), lt: Uint8Array.of(ABOUT, 3) }

export const ROW_KEYS: KeyRange = { gte: Uint8Array.of(ROW), lt: Uint8Array.of(ROW + 1) }

export function feedKey(number: number): Uint8Array {
  const key = Buffer.alloc(6)
  key[1] = 1
  key.writeUInt32BE(number, 2)
  return key
}

/** Of a page of references to media. */
export function mediaKey(page: number): Uint8Array {
  const key = feedKey(page)
  key[1] = 2
  return key
}

export function feedNumber(key: Buffer): number {
  return key.byteLength === 6 ? key.readUInt32BE(2) : -1
}

export function rowKey(id: Uint8Array): Buffer {
  const key = Buffer.allocUnsafe(1 + ID_BYTES)
  key[0] = ROW
  key.set(id, 1)
  return key
}

export function rowId(key: Buffer): Buffer {
  return key.subarray(1)
}
