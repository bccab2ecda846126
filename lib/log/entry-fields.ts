// The fields of an entry's map, read with suspicion: what has the wrong type or is out of range
// makes the entry unreadable, and the error names the field.

import { SIGNER_KEY_BYTES, toFeedId } from './feed-id.js'
import type { VersionRef } from './entry.js'
import { VERSION_HASH_BYTES } from './version.js'

export type Fields = Record<string, unknown>

/** Its message is the name of the field. */
export class FieldError extends Error {}

/** Link lists are bounded before anything is built from them. */
const MAX_LINKS = 4096

export function links(fields: Fields): VersionRef[] {
  const list = fields['links']
  if (!Array.isArray(list) || list.length > MAX_LINKS) throw new FieldError('links')
  return list.map((link: unknown) => {
    if (!Array.isArray(link)) throw new FieldError('links')
    const [key, seq, hash] = link as unknown[]
    if (!isBytes(key, SIGNER_KEY_BYTES) || !isBytes(hash, VERSION_HASH_BYTES)) {
      throw new FieldError('links')
    }
    if (!Number.isSafeInteger(seq) || (seq as number) < 0) throw new FieldError('links')
    return { feed: toFeedId(key), seq: seq as number, hash }
  })
}

export function text(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw new FieldError(name)
  return value
}

/** Milliseconds; whole numbers of any size a date or a clock may have gone wrong by. */
export function time(fields: Fields, name: string): number {
  const value = fields[name]
  if (!Number.isSafeInteger(value)) throw new FieldError(name)
  return value as number
}

export function degrees(fields: Fields, name: string, limit: number): number {
  const value = fields[name]
  if (typeof value !== 'number' || !(Math.abs(value) <= limit)) throw new FieldError(name)
  return value
}

export function bytes(fields: Fields, name: string, byteLength: number): Uint8Array {
  const value = fields[name]
  if (!isBytes(value, byteLength)) throw new FieldError(name)
  return value
}

export function feed(fields: Fields, name: string): string {
  return toFeedId(bytes(fields, name, SIGNER_KEY_BYTES))
}

export function map(fields: Fields, name: string): Fields {
  const value = fields[name]
  if (!isFields(value)) throw new FieldError(name)
  return value
}

function isBytes(value: unknown, byteLength: number): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength === byteLength
}

export function isFields(value: unknown): value is Fields {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Map) &&
    !(value instanceof Set) &&
    !(value instanceof Date)
  )
}
