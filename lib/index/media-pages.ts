// References to photos and files as records in the view's tree: 64 in each, by number. A record that
// has changed is written again, in the batch of the rows and positions that it stands for.
//
//   CBOR [rows, types]; a row is hash (32), size, newest createdAt, clock of the first reference
//   (float64 each, little-endian), number of its feed (uint32), tiers as bits, which of the types

import { Encoder } from 'cbor-x'
import { HASH_BYTES } from '../log/crypto.js'
import { ViewDamage } from './damage.js'

export const PAGE_ROWS = 64
const ROW_BYTES = HASH_BYTES + 3 * 8 + 4 + 2

const cbor = new Encoder({ useRecords: false, tagUint8Array: false })

export interface MediaRow {
  readonly hash: Uint8Array
  readonly size: number
  /** Milliseconds, of the newest observation that shows it. */
  readonly createdAt: number
  /** Clock and feed number of the reference that came first. */
  readonly firstClock: number
  readonly feed: number
  /** Bit 0: thumbnail, 1: preview, 2: original. */
  readonly tiers: number
  readonly type: string
}

export function encodePage(rows: Iterable<MediaRow>): Uint8Array {
  const types: string[] = []
  const packed = Buffer.alloc(PAGE_ROWS * ROW_BYTES)
  let at = 0
  for (const row of rows) {
    let type = types.indexOf(row.type)
    if (type === -1) type = types.push(row.type) - 1
    packed.set(row.hash, at)
    at += HASH_BYTES
    for (const value of [row.size, row.createdAt, row.firstClock]) {
      at = packed.writeDoubleLE(value, at)
    }
    at = packed.writeUInt32LE(row.feed, at)
    at = packed.writeUInt8(row.tiers, at)
    at = packed.writeUInt8(type, at)
  }
  return cbor.encode([packed.subarray(0, at), types])
}

export function* decodePage(record: Uint8Array): Generator<MediaRow> {
  const [packed, types] = fieldsOf(record)
  for (let at = 0; at < packed.byteLength; at += ROW_BYTES) {
    const numbers = at + HASH_BYTES
    const type = types[packed.readUInt8(numbers + 29)]
    if (type === undefined) throw new ViewDamage('A record of media has the wrong fields')
    yield {
      hash: packed.subarray(at, numbers),
      size: packed.readDoubleLE(numbers),
      createdAt: packed.readDoubleLE(numbers + 8),
      firstClock: packed.readDoubleLE(numbers + 16),
      feed: packed.readUInt32LE(numbers + 24),
      tiers: packed.readUInt8(numbers + 28),
      type
    }
  }
}

function fieldsOf(record: Uint8Array): [Buffer, string[]] {
  let fields: unknown
  try {
    fields = cbor.decode(record)
  } catch (error) {
    throw new ViewDamage('A record of media is broken', error)
  }
  const [packed, types] = (Array.isArray(fields) ? fields : []) as unknown[]
  const valid =
    packed instanceof Uint8Array &&
    packed.byteLength % ROW_BYTES === 0 &&
    packed.byteLength <= PAGE_ROWS * ROW_BYTES &&
    Array.isArray(types) &&
    types.every((type) => typeof type === 'string')
  if (!valid) throw new ViewDamage('A record of media has the wrong fields')
  return [Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength), types as string[]]
}
