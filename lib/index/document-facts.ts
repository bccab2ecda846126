// What of a document decides whether and where it is found: as bytes, and as the keys in the tree
// under which these bytes stand. Every key has them all, so that a search reads keys alone and
// only what is shown is read whole.
//
//   flags    1 byte   1 deleted, 2 forked, 4 invalid, 8 a function of the app failed, 16 box
//   box      4 doubles, little endian, by flag
//   keys     each: byte length, varint; bytes (ordered.ts)

import { ByteReader, MAX_VARINT_BYTES, writeVarint } from './byte-reader.js'
import { cellsOf } from './cells.js'
import { ViewDamage } from './damage.js'
import { indexPrefix } from './keys.js'
import type { BoundingBox } from './place.js'

export interface DocumentFacts {
  readonly deleted: boolean
  readonly forked: boolean
  /** It does not pass the app's validation. */
  readonly invalid: boolean
  /** One of the app's functions threw, or gave what cannot be ordered. */
  readonly failed: boolean
  readonly box: BoundingBox | null
  /** Encoded values, in the order in which the kind names its keys. */
  readonly keys: readonly Buffer[]
}

const BOX = 16
const KNOWN_FLAGS = 31

/** Number of the key that every document has: by it alone, in order of id. */
export const BY_ID = 0
/** Number of the key by place. The app's own are from 1 on. */
export const BY_PLACE = 255

export function encodeFacts({
  deleted,
  forked,
  invalid,
  failed,
  box,
  keys
}: DocumentFacts): Buffer {
  const room = keys.reduce((sum, key) => sum + MAX_VARINT_BYTES + key.byteLength, 1 + 4 * 8)
  const out = Buffer.allocUnsafeSlow(room)
  const flags = [deleted, forked, invalid, failed, box !== null]
  out[0] = flags.reduce((sum, flag, i) => sum | (Number(flag) << i), 0)
  let offset = 1
  for (const degrees of box ?? []) offset = out.writeDoubleLE(degrees, offset)
  for (const key of keys) {
    offset = writeVarint(out, key.byteLength, offset)
    out.set(key, offset)
    offset += key.byteLength
  }
  return out.subarray(0, offset)
}

export function decodeFacts(bytes: Buffer): DocumentFacts {
  const reader = new ByteReader(bytes)
  const flags = reader.byte()
  if (flags > KNOWN_FLAGS) throw new ViewDamage('What a document is found by has unknown flags')
  const flag = (i: number): boolean => (flags & (1 << i)) !== 0
  const double = (): number => reader.double()
  const box = flags & BOX ? ([double(), double(), double(), double()] as const) : null
  const keys: Buffer[] = []
  while (reader.offset < reader.end) keys.push(reader.slice(reader.varint()))
  return { deleted: flag(0), forked: flag(1), invalid: flag(2), failed: flag(3), box, keys }
}

/** Where a document's facts stand, first of all by its id. */
export function keysOf(type: string, id: Uint8Array, facts: DocumentFacts): Buffer[] {
  const places = facts.box === null ? [] : cellsOf(facts.box)
  return [
    factsKey(type, id),
    ...facts.keys.map((value, i) => Buffer.concat([indexPrefix(type, i + 1), value, id])),
    ...places.map((cell) => Buffer.concat([indexPrefix(type, BY_PLACE), cell, id]))
  ]
}

export function factsKey(type: string, id: Uint8Array): Buffer {
  return Buffer.concat([indexPrefix(type, BY_ID), id])
}
