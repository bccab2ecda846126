// Keys in the view's tree. What the view knows of itself comes first, then the rows of observations
// in order of id, which is the order of creation; then the rows of documents, by kind and id; then
// what these can be found by (document-keys.ts).

import { ID_BYTES } from './uuid.js'

const ABOUT = 0
const ROW = 1
const DOCUMENT = 2
const INDEX = 3

export interface KeyRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

/** The type of a row that is no document's. */
export const OBSERVATION = ''

export const SUMMARY_KEY: Uint8Array = Uint8Array.of(ABOUT, 0)

export const FEED_KEYS: KeyRange = { gte: Uint8Array.of(ABOUT, 1), lt: Uint8Array.of(ABOUT, 2) }

export const MEDIA_KEYS: KeyRange = { gte: Uint8Array.of(ABOUT, 2), lt: Uint8Array.of(ABOUT, 3) }

export const KINDS_KEY: Uint8Array = Uint8Array.of(ABOUT, 3)

export const ROW_KEYS: KeyRange = { gte: Uint8Array.of(ROW), lt: Uint8Array.of(ROW + 1) }

/** Of documents of all kinds, and behind them what they are found by. */
export const DOCUMENT_KEYS: KeyRange = { gte: Uint8Array.of(DOCUMENT), lt: Uint8Array.of(INDEX) }
export const INDEX_KEYS: KeyRange = { gte: Uint8Array.of(INDEX), lt: Uint8Array.of(INDEX + 1) }

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

export function rowKey(id: Uint8Array, type: string = OBSERVATION): Buffer {
  if (type !== OBSERVATION) return Buffer.concat([ofKind(DOCUMENT, type), id])
  const key = Buffer.allocUnsafe(1 + ID_BYTES)
  key[0] = ROW
  key.set(id, 1)
  return key
}

/** Of a row of either sort. */
export function rowId(key: Buffer): Buffer {
  return key.subarray(key.byteLength - ID_BYTES)
}

/** Of a document's row, or of what it is found by. */
export function documentType(key: Buffer): string {
  return key.toString('latin1', 2, 2 + (key[1] ?? 0))
}

/** The rows of one kind. */
export function documentRows(type: string): KeyRange {
  return within(ofKind(DOCUMENT, type))
}

/** Begins the keys that documents of a kind are found by. */
export function indexPrefix(type: string, number: number): Buffer {
  return Buffer.concat([ofKind(INDEX, type), Uint8Array.of(number)])
}

export function within(prefix: Buffer): KeyRange {
  return { gte: prefix, lt: Buffer.concat([prefix, AFTER]) }
}

/** Behind everything that can follow in a key: an id, or a value and an id. */
export const AFTER: Buffer = Buffer.alloc(ID_BYTES + 1, 0xff)

/** Types are plain letters, so that one byte says how long they are. */
function ofKind(table: number, type: string): Buffer {
  const key = Buffer.allocUnsafe(2 + type.length)
  key[0] = table
  key[1] = type.length
  key.write(type, 2, 'latin1')
  return key
}
