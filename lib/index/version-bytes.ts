// One version as bytes inside a row. What is compared (place, clock, links) stands in front at
// fixed meaning, so that versions are sorted out without decoding tags; the rest is one CBOR array
// at the end. Feeds are numbers from the tree's feed table: a byte or two instead of 32, and no
// text to make of key bytes while reading.
//
//   flags        1 byte   1 deleted, 2 located, 4 trusted time, 8 created by another device,
//                         16 updated later than created, 32 says again what its first link says
//   feed, seq    varints
//   hash         8 bytes
//   clock, createdAt                     doubles, little endian
//   updatedAt, trustedAt, lat and lon    doubles, by flags
//   createdBy    varint, by flag
//   links        varint count; each: feed varint, seq varint, hash 8 bytes
//   body         CBOR array; of an observation: tags, attachments, metadata, author, unknown fields;
//                of a document: fields, author, unknown fields
//
// Id and type are not here: they are the row's key.

import { Encoder } from 'cbor-x'
import type {
  Attachment,
  DocumentEntry,
  LoggedVersion,
  ObservationEntry,
  Tags,
  VersionEntry,
  VersionRef
} from '../log/entry.js'
import { VERSION_HASH_BYTES } from '../log/version.js'
import { ByteReader, MAX_VARINT_BYTES, writeVarint } from './byte-reader.js'
import { ViewDamage } from './damage.js'
import type { Version } from './heads.js'

export const DELETED = 1
export const LOCATED = 2
export const TRUSTED = 4
export const CREATED_ELSEWHERE = 8
export const UPDATED = 16
const REPEATS = 32
const KNOWN_FLAGS = 63

/** Feed ids to numbers and back. */
export interface FeedNumbers {
  numberOf(feed: string): number
  /** Throws ViewDamage where there is no such number. */
  feedOf(number: number): string
}

/** A version with its bytes: what heads are chosen among. */
export interface PackedVersion extends Version {
  readonly bytes: Buffer
  /** Says again what the first of its links says. */
  readonly repeats: boolean
}

const cbor = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  variableMapSize: true
})

const REF_BYTES = 2 * MAX_VARINT_BYTES + VERSION_HASH_BYTES
const HEADER_BYTES = 1 + REF_BYTES + 6 * 8 + 2 * MAX_VARINT_BYTES

/**
 * The CBOR part; made first, so that the room for the whole is known. Null where the entry holds
 * something that cannot be written, or not read back.
 */
export function encodeBody(entry: VersionEntry): Uint8Array | null {
  const times = [entry.clock, entry.createdAt, entry.updatedAt, entry.trustedAt ?? 0]
  const { lat = 0, lon = 0 } = placeOf(entry)
  if (!times.every(Number.isSafeInteger) || !Number.isFinite(lat) || !Number.isFinite(lon)) {
    return null
  }
  try {
    const { author, unknown } = entry
    if (entry.kind === 'document') return cbor.encode([entry.fields, author, unknown])
    return cbor.encode([entry.tags, entry.attachments, entry.metadata, author, unknown])
  } catch {
    return null
  }
}

/** At most the bytes that `writeVersion` needs. */
export function roomForVersion(entry: VersionEntry, body: Uint8Array): number {
  return HEADER_BYTES + entry.links.length * REF_BYTES + body.byteLength
}

/** Writes a version at `offset` and returns the offset behind it. */
export function writeVersion(
  out: Buffer,
  offset: number,
  ref: VersionRef,
  entry: VersionEntry,
  body: Uint8Array,
  feeds: FeedNumbers
): number {
  const { trustedAt, createdBy } = entry
  const { lat, lon } = placeOf(entry)
  const located = lat !== undefined && lon !== undefined
  out[offset++] =
    (entry.deleted ? DELETED : 0) |
    (located ? LOCATED : 0) |
    (trustedAt !== undefined ? TRUSTED : 0) |
    (createdBy !== undefined ? CREATED_ELSEWHERE : 0) |
    (entry.updatedAt !== entry.createdAt ? UPDATED : 0) |
    (entry.repeats === true ? REPEATS : 0)
  offset = writeRef(out, offset, ref, feeds)
  offset = out.writeDoubleLE(entry.clock, offset)
  offset = out.writeDoubleLE(entry.createdAt, offset)
  if (entry.updatedAt !== entry.createdAt) offset = out.writeDoubleLE(entry.updatedAt, offset)
  if (trustedAt !== undefined) offset = out.writeDoubleLE(trustedAt, offset)
  if (located) offset = out.writeDoubleLE(lon, out.writeDoubleLE(lat, offset))
  if (createdBy !== undefined) offset = writeVarint(out, feeds.numberOf(createdBy), offset)
  offset = writeRefs(out, offset, entry.links, feeds)
  out.set(body, offset)
  return offset + body.byteLength
}

/** The part in front: all that the choice of heads needs. */
export function readVersion(bytes: Buffer, feeds: FeedNumbers): PackedVersion {
  const { ref, entry } = readFields(new ByteReader(bytes), NO_ID, feeds)
  const { clock, deleted, links, repeats = false } = entry
  return { bytes, ref, clock, deleted, links, repeats }
}

/** The one thing that is asked of every version. */
export function isDeletedVersion(bytes: Buffer): boolean {
  return (bytes[0]! & DELETED) !== 0
}

/** Every byte: the entry as it was. */
export function decodeVersion(
  bytes: Buffer,
  id: Uint8Array,
  feeds: FeedNumbers
): LoggedVersion<ObservationEntry> {
  const reader = new ByteReader(bytes)
  const { ref, entry } = readFields(reader, id, feeds)
  readBody(entry, reader)
  return { ref, entry }
}

/** The same of a document. */
export function decodeDocument(
  bytes: Buffer,
  id: Uint8Array,
  type: string,
  feeds: FeedNumbers
): LoggedVersion<DocumentEntry> {
  const reader = new ByteReader(bytes)
  const { ref, entry } = readFields(reader, id, feeds)
  const { tags: _tags, attachments: _attachments, ...carried } = entry
  const [fields, author, unknown] = decodeBody(reader, 3)
  if (!isFields(fields) || !isCarried(author, unknown)) throw wrongTypes()
  return {
    ref,
    entry: {
      ...carried,
      kind: 'document',
      type,
      fields,
      ...(author !== undefined && { author: author as string }),
      ...(unknown !== undefined && { unknown: unknown as Record<string, unknown> })
    }
  }
}

const NO_ID = new Uint8Array(0)
const NOWHERE = {}
const NO_TAGS: Tags = {}
const NO_LINKS: readonly VersionRef[] = []
const NO_ATTACHMENTS: readonly Attachment[] = []

type Draft = { -readonly [K in keyof ObservationEntry]: ObservationEntry[K] }

function readFields(
  reader: ByteReader,
  id: Uint8Array,
  feeds: FeedNumbers
): { ref: VersionRef; entry: Draft } {
  const flags = reader.byte()
  if (flags > KNOWN_FLAGS) throw new ViewDamage('A row has unknown flags')
  const ref = readRef(reader, feeds)
  const clock = reader.double()
  const createdAt = reader.double()
  const entry: Draft = {
    kind: 'observation',
    id,
    links: NO_LINKS,
    clock,
    createdAt,
    updatedAt: flags & UPDATED ? reader.double() : createdAt,
    tags: NO_TAGS,
    attachments: NO_ATTACHMENTS,
    deleted: (flags & DELETED) !== 0
  }
  if (flags & TRUSTED) entry.trustedAt = reader.double()
  if (flags & LOCATED) {
    entry.lat = reader.double()
    entry.lon = reader.double()
  }
  if (flags & CREATED_ELSEWHERE) entry.createdBy = feeds.feedOf(reader.varint())
  if (flags & REPEATS) entry.repeats = true
  entry.links = readRefs(reader, feeds)
  return { ref, entry }
}

function readBody(entry: Draft, reader: ByteReader): void {
  const [tags, attachments, metadata, author, unknown] = decodeBody(reader, 5)
  const valid =
    isFields(tags) &&
    Array.isArray(attachments) &&
    (metadata === undefined || isFields(metadata)) &&
    isCarried(author, unknown)
  if (!valid) throw wrongTypes()
  entry.tags = tags as Tags
  entry.attachments = attachments as Attachment[]
  if (metadata !== undefined) entry.metadata = metadata
  if (author !== undefined) entry.author = author as string
  if (unknown !== undefined) entry.unknown = unknown as Record<string, unknown>
}

function decodeBody({ bytes, offset, end }: ByteReader, length: number): unknown[] {
  let body: unknown
  try {
    body = cbor.decode(bytes.subarray(offset, end))
  } catch (error) {
    throw new ViewDamage("A row's CBOR is broken", error)
  }
  if (Array.isArray(body) && body.length === length) return body as unknown[]
  throw new ViewDamage("A row's CBOR has no fields")
}

function isCarried(author: unknown, unknown: unknown): boolean {
  return (
    (author === undefined || typeof author === 'string') &&
    (unknown === undefined || isFields(unknown))
  )
}

function wrongTypes(): ViewDamage {
  return new ViewDamage("A row's fields have the wrong types")
}

/** A document has its place, if any, among its fields. */
function placeOf(entry: VersionEntry): { lat?: number; lon?: number } {
  return entry.kind === 'observation' ? entry : NOWHERE
}

export function writeRefs(
  out: Buffer,
  offset: number,
  refs: readonly VersionRef[],
  feeds: FeedNumbers
): number {
  offset = writeVarint(out, refs.length, offset)
  for (const ref of refs) offset = writeRef(out, offset, ref, feeds)
  return offset
}

export function roomForRefs(refs: readonly VersionRef[]): number {
  return MAX_VARINT_BYTES + refs.length * REF_BYTES
}

export function readRefs(reader: ByteReader, feeds: FeedNumbers): readonly VersionRef[] {
  const count = reader.varint()
  if (count === 0) return NO_LINKS
  if (count > reader.end - reader.offset) throw new ViewDamage('A row ends early')
  return Array.from({ length: count }, () => readRef(reader, feeds))
}

function writeRef(out: Buffer, offset: number, ref: VersionRef, feeds: FeedNumbers): number {
  offset = writeVarint(out, feeds.numberOf(ref.feed), offset)
  offset = writeVarint(out, ref.seq, offset)
  out.set(ref.hash, offset)
  return offset + VERSION_HASH_BYTES
}

function readRef(reader: ByteReader, feeds: FeedNumbers): VersionRef {
  const feed = feeds.feedOf(reader.varint())
  return { feed, seq: reader.varint(), hash: reader.slice(VERSION_HASH_BYTES) }
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
