// Entries to bytes and back: one version byte, one kind byte, then a CBOR map (RFC 8949) with
// readable field names, so that any language can read it in 30 years. What is not understood is
// never an error: a newer version or kind becomes an UnknownEntry, nonsense an UnreadableEntry.

import b4a from 'b4a'
import { Encoder } from 'cbor-x'
import type {
  Attachment,
  Entry,
  HelloEntry,
  ObservationEntry,
  Tags,
  UnreadableEntry,
  VersionRef
} from './entry.js'
import { SIGNER_KEY_BYTES, toFeedId, toSignerKey } from './feed-id.js'
import { isPlainData } from './plain-data.js'
import { VERSION_HASH_BYTES } from './version.js'

export const ENTRY_VERSION = 1
export const ID_BYTES = 16

const KIND = { hello: 0, observation: 1 } as const

/** How many kinds are understood: a view that met others is made anew once there are more. */
export const KNOWN_KINDS: number = Object.keys(KIND).length

/** Link lists, attachment lists and the like are bounded before anything is built from them. */
const MAX_LINKS = 4096

const cbor = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  variableMapSize: true
})

type Fields = Record<string, unknown>

export function encodeEntry(entry: HelloEntry | ObservationEntry): Uint8Array {
  const fields = entry.kind === 'hello' ? helloFields(entry) : observationFields(entry)
  const body = cbor.encode(fields)
  const out = b4a.allocUnsafe(2 + body.byteLength)
  out[0] = ENTRY_VERSION
  out[1] = KIND[entry.kind]
  out.set(body, 2)
  return out
}

export function decodeEntry(bytes: Uint8Array): Entry {
  const [version, kindCode] = bytes
  if (version === undefined || kindCode === undefined) return unreadable('it is empty')
  if (version !== ENTRY_VERSION || !(kindCode === KIND.hello || kindCode === KIND.observation)) {
    return { kind: 'unknown', version, kindCode }
  }
  let fields: unknown
  try {
    fields = cbor.decode(bytes.subarray(2))
  } catch {
    return unreadable('its CBOR is broken')
  }
  if (!isFields(fields)) return unreadable('its CBOR is no map')
  if (!isPlainData(fields, bytes.byteLength)) return unreadable('its CBOR is no plain data')
  try {
    return kindCode === KIND.hello ? toHello(fields) : toObservation(fields)
  } catch (error) {
    if (error instanceof FieldError) return unreadable(`field "${error.message}" is not valid`)
    throw error
  }
}

function helloFields(hello: HelloEntry): Fields {
  return {
    name: hello.name,
    createdAt: hello.createdAt,
    library: hello.library,
    ...(hello.predecessor !== undefined && { predecessor: toSignerKey(hello.predecessor) }),
    admission: hello.admission
  }
}

/** Defaults are left out: an absent field means none, false, or the same as `createdAt`. */
function observationFields(o: ObservationEntry): Fields {
  const fields: Fields = { ...o.unknown, id: o.id, clock: o.clock, createdAt: o.createdAt }
  if (o.links.length > 0) {
    fields['links'] = o.links.map((link) => [toSignerKey(link.feed), link.seq, link.hash])
  }
  if (o.updatedAt !== o.createdAt) fields['updatedAt'] = o.updatedAt
  if (o.createdBy !== undefined) fields['createdBy'] = toSignerKey(o.createdBy)
  if (o.trustedAt !== undefined) fields['trustedAt'] = o.trustedAt
  if (o.author !== undefined) fields['author'] = o.author
  if (o.lat !== undefined) fields['lat'] = o.lat
  if (o.lon !== undefined) fields['lon'] = o.lon
  if (o.metadata !== undefined) fields['metadata'] = o.metadata
  fields['tags'] = o.tags
  if (o.attachments.length > 0) fields['attachments'] = o.attachments
  if (o.deleted) fields['deleted'] = true
  return fields
}

class FieldError extends Error {}

function toHello(f: Fields): HelloEntry {
  return {
    kind: 'hello',
    name: text(f, 'name'),
    createdAt: time(f, 'createdAt'),
    library: text(f, 'library'),
    ...(f['predecessor'] !== undefined && { predecessor: feed(f, 'predecessor') }),
    admission: bytes(f, 'admission', 32)
  }
}

function toObservation(f: Fields): ObservationEntry {
  const createdAt = time(f, 'createdAt')
  const unknown = unknownFields(f)
  return {
    kind: 'observation',
    id: bytes(f, 'id', ID_BYTES),
    links: f['links'] === undefined ? NO_LINKS : links(f),
    clock: time(f, 'clock'),
    createdAt,
    updatedAt: f['updatedAt'] === undefined ? createdAt : time(f, 'updatedAt'),
    ...(f['createdBy'] !== undefined && { createdBy: feed(f, 'createdBy') }),
    ...(f['trustedAt'] !== undefined && { trustedAt: time(f, 'trustedAt') }),
    ...(f['author'] !== undefined && { author: text(f, 'author') }),
    ...((f['lat'] !== undefined || f['lon'] !== undefined) && {
      lat: degrees(f, 'lat', 90),
      lon: degrees(f, 'lon', 180)
    }),
    ...(f['metadata'] !== undefined && { metadata: map(f, 'metadata') }),
    tags: map(f, 'tags') as Tags,
    attachments: f['attachments'] === undefined ? NO_ATTACHMENTS : attachments(f),
    deleted: f['deleted'] === true,
    ...(unknown !== undefined && { unknown })
  }
}

const NO_LINKS: readonly VersionRef[] = []
const NO_ATTACHMENTS: readonly Attachment[] = []

const OBSERVATION_FIELDS = new Set([
  'id',
  'links',
  'clock',
  'createdAt',
  'updatedAt',
  'createdBy',
  'trustedAt',
  'author',
  'lat',
  'lon',
  'metadata',
  'tags',
  'attachments',
  'deleted'
])

function unknownFields(fields: Fields): Fields | undefined {
  let unknown: Fields | undefined
  for (const name in fields) {
    if (OBSERVATION_FIELDS.has(name)) continue
    unknown ??= {}
    unknown[name] = fields[name]
  }
  return unknown
}

function links(fields: Fields): VersionRef[] {
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

function attachments(fields: Fields): readonly Attachment[] {
  const list = fields['attachments']
  const valid = Array.isArray(list) && list.every((a) => isFields(a) && isFields(a['variants']))
  if (!valid) throw new FieldError('attachments')
  return list as Attachment[]
}

function text(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value !== 'string') throw new FieldError(name)
  return value
}

/** Milliseconds; whole numbers of any size a date or a clock may have gone wrong by. */
function time(fields: Fields, name: string): number {
  const value = fields[name]
  if (!Number.isSafeInteger(value)) throw new FieldError(name)
  return value as number
}

function degrees(fields: Fields, name: string, limit: number): number {
  const value = fields[name]
  if (typeof value !== 'number' || !(Math.abs(value) <= limit)) throw new FieldError(name)
  return value
}

function bytes(fields: Fields, name: string, byteLength: number): Uint8Array {
  const value = fields[name]
  if (!isBytes(value, byteLength)) throw new FieldError(name)
  return value
}

function feed(fields: Fields, name: string): string {
  return toFeedId(bytes(fields, name, SIGNER_KEY_BYTES))
}

function map(fields: Fields, name: string): Fields {
  const value = fields[name]
  if (!isFields(value)) throw new FieldError(name)
  return value
}

function isBytes(value: unknown, byteLength: number): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength === byteLength
}

function isFields(value: unknown): value is Fields {
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

function unreadable(reason: string): UnreadableEntry {
  return { kind: 'unreadable', reason: `The entry was not understood: ${reason}.` }
}
