// The one frame of everything between superblock and trailers: a header in clear, a sealed label
// and a payload, under one hash. Self-describing: a reader that finds a header anywhere knows how
// far the record goes and whether it is sound, without a key and without any directory.

import b4a from 'b4a'
import { HASH_BYTES, NONCE_BYTES, TAG_BYTES, hash, seal, unseal } from '../log/crypto.js'
import { MEDIA_CHUNK } from '../log/replica.js'
import {
  FILE_ID_BYTES,
  LABEL_BYTES,
  MAX_DIRECTORY_BYTES,
  MAX_LABEL_BYTES,
  MAX_SEGMENT_BLOCKS,
  MAX_SEGMENT_PAYLOAD,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_TYPE
} from './format.js'

const HASH_AT = RECORD_HEADER_BYTES - HASH_BYTES

/** What sealing adds to a label: nonce, tag, and the hash of the payload. */
export const SEAL_BYTES: number = NONCE_BYTES + TAG_BYTES + HASH_BYTES

/** A label, opened. */
interface RecordLabel {
  readonly payloadHash: Uint8Array
  /** By the record's type. May be empty. */
  readonly content: Uint8Array
}

export interface RecordHeader {
  readonly type: number
  readonly fileId: Uint8Array
  /** The commit that this record was written for. */
  readonly generation: number
  readonly labelBytes: number
  readonly payloadBytes: number
  readonly hash: Uint8Array
}

interface RecordContent {
  readonly type: number
  readonly fileId: Uint8Array
  readonly generation: number
  /** Plain; sealed on the way. May be empty. */
  readonly label: Uint8Array
  readonly payload: Payload
}

/** As it is written: parts, or what writes it into its place in the record. */
export type Payload =
  | readonly Uint8Array[]
  | { readonly byteLength: number; readonly writeInto: (out: Uint8Array) => void }

export function recordBytes(header: RecordHeader): number {
  return RECORD_HEADER_BYTES + header.labelBytes + header.payloadBytes
}

/** The whole record in one buffer: in `room`, where that is given and it fits. */
export function encodeRecord(
  content: RecordContent,
  key: Uint8Array,
  room?: Uint8Array
): Uint8Array {
  const payloadBytes = bytesOf(content.payload)
  const labelBytes = content.label.byteLength + SEAL_BYTES
  const byteLength = RECORD_HEADER_BYTES + labelBytes + payloadBytes
  const fits = room !== undefined && room.byteLength >= byteLength
  const out = fits ? room.subarray(0, byteLength) : b4a.allocUnsafe(byteLength)
  const view = new DataView(out.buffer, out.byteOffset)
  out.set(RECORD_MAGIC, 0)
  out[8] = content.type
  out.fill(0, 9, 12)
  view.setUint32(12, labelBytes, true)
  view.setBigUint64(16, BigInt(payloadBytes), true)
  view.setBigUint64(24, BigInt(content.generation), true)
  out.set(content.fileId, 32)
  const payload = out.subarray(RECORD_HEADER_BYTES + labelBytes)
  writePayload(content.payload, payload)
  const payloadHash = hash(payload)
  const label = b4a.concat([payloadHash, content.label])
  out.set(seal(label, out.subarray(0, HASH_AT), key), RECORD_HEADER_BYTES)
  const sealed = out.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + labelBytes)
  out.set(hash(out.subarray(0, HASH_AT), sealed, payloadHash), HASH_AT)
  return out
}

/** Null where the bytes are no header of a record that this version could hold in memory. */
export function decodeRecordHeader(bytes: Uint8Array): RecordHeader | null {
  if (bytes.byteLength < RECORD_HEADER_BYTES) return null
  if (!b4a.equals(bytes.subarray(0, RECORD_MAGIC.byteLength), RECORD_MAGIC)) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const type = bytes[8] ?? 0
  const labelBytes = view.getUint32(12, true)
  const payloadBytes = Number(view.getBigUint64(16, true))
  if (labelBytes > MAX_LABEL_BYTES || payloadBytes > payloadLimit(type)) return null
  return {
    type,
    fileId: b4a.from(bytes.subarray(32, 32 + FILE_ID_BYTES)),
    generation: Number(view.getBigUint64(24, true)),
    labelBytes,
    payloadBytes,
    hash: b4a.from(bytes.subarray(HASH_AT, RECORD_HEADER_BYTES))
  }
}

/** The hash in the header of a record that was just written. */
export function hashOf(record: Uint8Array): Uint8Array {
  const header = decodeRecordHeader(record)
  if (header === null) throw new Error('a record of this size cannot be read back')
  return header.hash
}

/**
 * Whether the record's bytes are those that were written. Without its label that is for damage, not
 * for belief: anybody can make the hash right again. With it, the payload is what a member sealed.
 */
export function isWhole(record: Uint8Array, header: RecordHeader, label?: RecordLabel): boolean {
  const payloadHash = hash(payloadOf(record, header))
  const sealed = record.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + header.labelBytes)
  const found = hash(record.subarray(0, HASH_AT), sealed, payloadHash)
  if (!b4a.equals(found, header.hash)) return false
  return label === undefined || b4a.equals(label.payloadHash, payloadHash)
}

/** What somebody with the project key wrote on the record. Null where nobody did. */
export function openLabel(
  record: Uint8Array,
  header: RecordHeader,
  key: Uint8Array
): RecordLabel | null {
  const end = RECORD_HEADER_BYTES + header.labelBytes
  const sealed = record.subarray(RECORD_HEADER_BYTES, end)
  const plain = unseal(sealed, record.subarray(0, HASH_AT), key)
  if (plain === null || plain.byteLength < HASH_BYTES) return null
  return { payloadHash: plain.subarray(0, HASH_BYTES), content: plain.subarray(HASH_BYTES) }
}

export function payloadOf(record: Uint8Array, header: RecordHeader): Uint8Array {
  return record.subarray(RECORD_HEADER_BYTES + header.labelBytes)
}

function bytesOf(payload: Payload): number {
  if ('writeInto' in payload) return payload.byteLength
  return payload.reduce((sum, part) => sum + part.byteLength, 0)
}

function writePayload(payload: Payload, out: Uint8Array): void {
  if ('writeInto' in payload) return payload.writeInto(out)
  let at = 0
  for (const part of payload) {
    out.set(part, at)
    at += part.byteLength
  }
}

function payloadLimit(type: number): number {
  if (type === RECORD_TYPE.segment) {
    return MAX_SEGMENT_PAYLOAD + 4 * MAX_SEGMENT_BLOCKS
  }
  if (type === RECORD_TYPE.media) return NONCE_BYTES + MEDIA_CHUNK + TAG_BYTES
  return MAX_DIRECTORY_BYTES
}

if (LABEL_BYTES + SEAL_BYTES > MAX_LABEL_BYTES) throw new Error('a label must fit into its limit')
