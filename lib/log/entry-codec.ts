// Entries to bytes and back: one version byte, one kind byte, then a CBOR map (RFC 8949) with
// readable field names, so that any language can read it in 30 years. What is not understood is
// never an error: a newer version or kind becomes an UnknownEntry, nonsense an UnreadableEntry.

import b4a from 'b4a'
import { Encoder } from 'cbor-x'
import type {
  Attachment,
  DocumentEntry,
  Entry,
  FarewellEntry,
  HelloEntry,
  ObservationEntry,
  Tags,
  UnreadableEntry,
  VersionFields,
  VersionRef,
  WrittenEntry
} from './entry.js'
import {
  type Fields,
  FieldError,
  bytes,
  degrees,
  feed,
  isFields,
  links,
  map,
  text,
  time
} from './entry-fields.js'
import { SIGNATURE_BYTES } from './crypto.js'
import { toSignerKey } from './feed-id.js'
import { toPlainData } from './plain-data.js'

export const ENTRY_VERSION = 1
export const ID_BYTES = 16

const KIND = { hello: 0, observation: 1, document: 3, farewell: 4 } as const
const KINDS = new Set<number>(Object.values(KIND))

/** Which kinds are understood: a view that met others is made anew once they are. */
export const KNOWN_KINDS: string = [...KINDS].join()

/** What an app may call a kind of document. */
export const DOCUMENT_TYPE: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

const cbor = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  variableMapSize: true
})

export function encodeEntry(entry: WrittenEntry): Uint8Array {
  const body = cbor.encode(fieldsOf(entry))
  const out = b4a.allocUnsafe(2 + body.byteLength)
  out[0] = ENTRY_VERSION
  out[1] = KIND[entry.kind]
  out.set(body, 2)
  return out
}

export function decodeEntry(bytes: Uint8Array): Entry {
  const [version, kindCode] = bytes
  if (version === undefined || kindCode === undefined) return unreadable('it is empty')
  if (version !== ENTRY_VERSION || !KINDS.has(kindCode)) {
    return { kind: 'unknown', version, kindCode }
  }
  let body: unknown
  try {
    body = cbor.decode(bytes.subarray(2))
  } catch {
    return unreadable('its CBOR is broken')
  }
  if (!isFields(body)) return unreadable('its CBOR is no map')
  const fields = toPlainData(body, bytes.byteLength)
  if (!isFields(fields)) return unreadable('its CBOR is no plain data')
  try {
    if (kindCode === KIND.hello) return toHello(fields)
    if (kindCode === KIND.farewell) return toFarewell(fields)
    return kindCode === KIND.observation ? toObservation(fields) : toDocument(fields)
  } catch (error) {
    if (error instanceof FieldError) return unreadable(`field "${error.message}" is not valid`)
    throw error
  }
}

function fieldsOf(entry: WrittenEntry): Fields {
  if (entry.kind === 'hello') return helloFields(entry)
  if (entry.kind === 'farewell') {
    return { successor: toSignerKey(entry.successor), createdAt: entry.createdAt }
  }
  const fields = versionFields(entry)
  if (entry.kind === 'observation') addObservation(fields, entry)
  else addDocument(fields, entry)
  if (entry.deleted) fields['deleted'] = true
  return fields
}

function helloFields(hello: HelloEntry): Fields {
  return {
    name: hello.name,
    createdAt: hello.createdAt,
    library: hello.library,
    ...(hello.predecessor !== undefined && { predecessor: toSignerKey(hello.predecessor) }),
    ...(hello.endorsement !== undefined && { endorsement: hello.endorsement }),
    admission: hello.admission
  }
}

/** Defaults are left out: an absent field means none, false, or the same as `createdAt`. */
function versionFields(v: VersionFields): Fields {
  const fields: Fields = { ...v.unknown, id: v.id, clock: v.clock, createdAt: v.createdAt }
  if (v.links.length > 0) {
    fields['links'] = v.links.map((link) => [toSignerKey(link.feed), link.seq, link.hash])
  }
  if (v.updatedAt !== v.createdAt) fields['updatedAt'] = v.updatedAt
  if (v.createdBy !== undefined) fields['createdBy'] = toSignerKey(v.createdBy)
  if (v.trustedAt !== undefined) fields['trustedAt'] = v.trustedAt
  if (v.author !== undefined) fields['author'] = v.author
  if (v.repeats === true) fields['repeats'] = true
  return fields
}

function addObservation(fields: Fields, o: ObservationEntry): void {
  if (o.lat !== undefined) fields['lat'] = o.lat
  if (o.lon !== undefined) fields['lon'] = o.lon
  if (o.metadata !== undefined) fields['metadata'] = o.metadata
  fields['tags'] = o.tags
  if (o.attachments.length > 0) fields['attachments'] = o.attachments
}

function addDocument(fields: Fields, document: DocumentEntry): void {
  fields['type'] = document.type
  fields['fields'] = document.fields
}

function toFarewell(f: Fields): FarewellEntry {
  return { kind: 'farewell', successor: feed(f, 'successor'), createdAt: time(f, 'createdAt') }
}

function toHello(f: Fields): HelloEntry {
  return {
    kind: 'hello',
    name: text(f, 'name'),
    createdAt: time(f, 'createdAt'),
    library: text(f, 'library'),
    ...(f['predecessor'] !== undefined && { predecessor: feed(f, 'predecessor') }),
    ...(f['endorsement'] !== undefined && {
      endorsement: bytes(f, 'endorsement', SIGNATURE_BYTES)
    }),
    admission: bytes(f, 'admission', 32)
  }
}

function toObservation(f: Fields): ObservationEntry {
  return {
    kind: 'observation',
    ...toVersion(f, OBSERVATION_FIELDS),
    ...((f['lat'] !== undefined || f['lon'] !== undefined) && {
      lat: degrees(f, 'lat', 90),
      lon: degrees(f, 'lon', 180)
    }),
    ...(f['metadata'] !== undefined && { metadata: map(f, 'metadata') }),
    tags: map(f, 'tags') as Tags,
    attachments: f['attachments'] === undefined ? NO_ATTACHMENTS : attachments(f)
  }
}

function toDocument(f: Fields): DocumentEntry {
  const type = text(f, 'type')
  if (!DOCUMENT_TYPE.test(type)) throw new FieldError('type')
  return { kind: 'document', type, ...toVersion(f, DOCUMENT_FIELDS), fields: map(f, 'fields') }
}

function toVersion(f: Fields, known: ReadonlySet<string>): VersionFields {
  const createdAt = time(f, 'createdAt')
  const unknown = unknownFields(f, known)
  return {
    id: bytes(f, 'id', ID_BYTES),
    links: f['links'] === undefined ? NO_LINKS : links(f),
    clock: time(f, 'clock'),
    createdAt,
    updatedAt: f['updatedAt'] === undefined ? createdAt : time(f, 'updatedAt'),
    ...(f['createdBy'] !== undefined && { createdBy: feed(f, 'createdBy') }),
    ...(f['trustedAt'] !== undefined && { trustedAt: time(f, 'trustedAt') }),
    ...(f['author'] !== undefined && { author: text(f, 'author') }),
    ...(f['repeats'] === true && { repeats: true }),
    deleted: f['deleted'] === true,
    ...(unknown !== undefined && { unknown })
  }
}

const NO_LINKS: readonly VersionRef[] = []
const NO_ATTACHMENTS: readonly Attachment[] = []

const VERSION_FIELDS = [
  'id',
  'links',
  'clock',
  'createdAt',
  'updatedAt',
  'createdBy',
  'trustedAt',
  'author',
  'repeats',
  'deleted'
]
const OBSERVATION_FIELDS = new Set([
  ...VERSION_FIELDS,
  'lat',
  'lon',
  'metadata',
  'tags',
  'attachments'
])
const DOCUMENT_FIELDS = new Set([...VERSION_FIELDS, 'type', 'fields'])

function unknownFields(fields: Fields, known: ReadonlySet<string>): Fields | undefined {
  let unknown: Fields | undefined
  for (const name in fields) {
    if (known.has(name)) continue
    unknown ??= {}
    unknown[name] = fields[name]
  }
  return unknown
}

function attachments(fields: Fields): readonly Attachment[] {
  const list = fields['attachments']
  const valid = Array.isArray(list) && list.every((a) => isFields(a) && isFields(a['variants']))
  if (!valid) throw new FieldError('attachments')
  return list as Attachment[]
}

function unreadable(reason: string): UnreadableEntry {
  return { kind: 'unreadable', reason: `The entry was not understood: ${reason}.` }
}
