// A directory: what a commit added, and the heads as they are after it. Sealed, so that a finder of
// the stick learns no feed, date or configuration. A full directory lists everything; others point
// back to the one before and list only what changed.

import b4a from 'b4a'
import { Encoder } from 'cbor-x'
import { HASH_BYTES, SIGNATURE_BYTES } from '../log/crypto.js'
import { SIGNER_KEY_BYTES, toFeedId, toSignerKey } from '../log/feed-id.js'
import type { Acknowledgment, Configuration, MediaAcknowledgment } from '../log/replica.js'
import type { MediaPolicy } from '../log/media/reference.js'
import { LABEL_BYTES, MAX_GENERATIONS, MAX_SEGMENT_BLOCKS, RECORD_HEADER_BYTES } from './format.js'
import type { MayList } from './listed-bytes.js'
import { areMediaRows } from './media-rows.js'
import { SEAL_BYTES } from './record.js'
import { toPolicy, toTierCodes } from './tiers.js'

export interface DirectoryHead {
  readonly feed: string
  readonly length: number
  readonly rootHash: Uint8Array
  readonly signature: Uint8Array
}

export interface SegmentPlace {
  readonly feed: string
  readonly from: number
  readonly count: number
  readonly continues: boolean
  /** Volume that holds it, from 1. */
  readonly volume: number
  readonly offset: number
  /** Bytes of the whole record. */
  readonly byteLength: number
}

export interface DirectoryPlace {
  readonly volume: number
  readonly offset: number
  readonly byteLength: number
  readonly hash: Uint8Array
}

export interface Directory {
  readonly generation: number
  /** Milliseconds since 1970 by the writer's wall clock. */
  readonly createdAt: number
  readonly committedAt: number
  /** Null where the file was salvaged from one that no longer told. */
  readonly configuration: Configuration | null
  /** The directory to read first; null where this one is full. */
  readonly previous: DirectoryPlace | null
  /** How many directories there are from this one back to the full one, both counted. */
  readonly chain: number
  readonly heads: readonly DirectoryHead[]
  readonly segments: readonly SegmentPlace[]
  /** Segments of earlier directories that turned out damaged: they no longer count as held. */
  readonly dropped: readonly { readonly volume: number; readonly offset: number }[]
  /** Which device has said that it holds how much of which feed. */
  readonly held: readonly Acknowledgment[]
  /** Which device has said that it holds which photos and files. */
  readonly heldMedia: readonly MediaAcknowledgment[]
  /** Damaged bytes that nothing refers to any more. Only full directories list them. */
  readonly voids: readonly VoidRange[]
  /** Where pieces of photos and files stand, as packed rows (media-rows.ts). */
  readonly media: Uint8Array
  /** The tiers of media that this file takes, where somebody chose. */
  readonly tiers: MediaPolicy | null
}

/** Bytes that once were a record, and whose damage is known and dealt with. */
export interface VoidRange {
  readonly volume: number
  readonly offset: number
  readonly byteLength: number
}

/** In a request: what somebody says he holds is his own loss where it is not so. */
export const NO_PROOF: Uint8Array = b4a.alloc(SIGNATURE_BYTES)

/** What a segment's record takes besides the sizes of its blocks and the blocks. */
const FRAME_BYTES = RECORD_HEADER_BYTES + LABEL_BYTES + SEAL_BYTES

const cbor = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false })

export function encodeDirectory(d: Directory): Uint8Array {
  const feeds: string[] = []
  const numbers = new Map<string, number>()
  const numberOf = (feed: string): number => {
    let number = numbers.get(feed)
    if (number === undefined) {
      number = feeds.push(feed) - 1
      numbers.set(feed, number)
    }
    return number
  }
  const heads = d.heads.map((h) => {
    const row = [numberOf(h.feed), h.length, h.rootHash]
    return isProof(h.signature) ? [...row, h.signature] : row
  })
  const segments = d.segments.map((s) => [
    numberOf(s.feed),
    s.from,
    s.count,
    s.continues ? 1 : 0,
    s.volume,
    s.offset,
    s.byteLength
  ])
  const held = d.held.map((row) => [numberOf(row.device), numberOf(row.feed), row.length])
  const heldMedia = d.heldMedia.map((row) => [numberOf(row.device), row.at, row.prefixes])
  return cbor.encode({
    generation: d.generation,
    createdAt: d.createdAt,
    committedAt: d.committedAt,
    configuration: d.configuration,
    previous: d.previous && toRow(d.previous),
    chain: d.chain,
    feeds: feeds.map(toSignerKey),
    heads,
    segments,
    dropped: d.dropped.map((place) => [place.volume, place.offset]),
    held,
    voids: d.voids.map((range) => [range.volume, range.offset, range.byteLength]),
    ...(heldMedia.length > 0 && { heldMedia }),
    ...(d.media.byteLength > 0 && { media: d.media }),
    ...(d.tiers !== null && { tiers: toTierCodes(d.tiers) })
  })
}

/**
 * Null where the bytes, though sealed by a member, are no directory, or list what may not be listed.
 * Unknown fields are skipped.
 */
export function decodeDirectory(
  bytes: Uint8Array,
  mayList: MayList = () => true
): Directory | null {
  try {
    return toDirectory(cbor.decode(bytes) as Record<string, unknown>, mayList)
  } catch {
    return null
  }
}

function toDirectory(f: Record<string, unknown>, mayList: MayList): Directory {
  const feeds = list(f['feeds']).map((key) => toFeedId(bytes(key, SIGNER_KEY_BYTES)))
  const feedAt = (number: unknown): string => {
    const feed = feeds[count(number)]
    if (feed === undefined) throw new Error('feed number')
    return feed
  }
  const configuration = f['configuration'] as Record<string, unknown> | null
  const generation = count(f['generation'])
  if (generation === 0 || generation >= MAX_GENERATIONS) throw new Error('generation')
  return {
    generation,
    createdAt: integer(f['createdAt']),
    committedAt: integer(f['committedAt']),
    configuration: configuration && {
      name: text(configuration['name']),
      version: text(configuration['version'])
    },
    previous: f['previous'] === null ? null : toPlace(list(f['previous'])),
    chain: count(f['chain']),
    heads: list(f['heads']).map((row) => {
      const [feed, length, rootHash, signature] = list(row)
      return {
        feed: feedAt(feed),
        length: count(length),
        rootHash: bytes(rootHash, HASH_BYTES),
        signature: signature === undefined ? NO_PROOF : bytes(signature, SIGNATURE_BYTES)
      }
    }),
    segments: toSegmentPlaces(list(f['segments']), feeds, mayList),
    dropped: list(f['dropped']).map((row) => {
      const [volume, offset] = list(row)
      return { volume: count(volume), offset: count(offset) }
    }),
    // The first files of this version do not have it.
    voids: list(f['voids'] ?? []).map((row) => {
      const [volume, offset, byteLength] = list(row)
      return { volume: count(volume), offset: count(offset), byteLength: count(byteLength) }
    }),
    held: list(f['held'] ?? []).map((row) => {
      const [device, feed, length] = list(row)
      return { device: feedAt(device), feed: feedAt(feed), length: count(length) }
    }),
    // What a row says that is not sound, nobody takes (held-media.ts).
    heldMedia: list(f['heldMedia'] ?? []).map((row) => {
      const [device, at, prefixes] = list(row)
      if (!(prefixes instanceof Uint8Array)) throw new Error('bytes')
      return { device: feedAt(device), at: count(at), prefixes: b4a.from(prefixes) }
    }),
    media: mediaRows(f['media'], mayList),
    tiers: f['tiers'] === undefined ? null : toPolicy(count(f['tiers']))
  }
}

function mediaRows(rows: unknown, mayList: MayList): Uint8Array {
  if (rows === undefined) return new Uint8Array(0)
  if (!(rows instanceof Uint8Array) || !areMediaRows(rows, mayList)) throw new Error('media')
  return rows
}

function isProof(signature: Uint8Array): boolean {
  return !b4a.equals(signature, NO_PROOF)
}

function toRow({ volume, offset, byteLength, hash }: DirectoryPlace): unknown[] {
  return [volume, offset, byteLength, hash]
}

function toPlace([volume, offset, byteLength, hash]: unknown[]): DirectoryPlace {
  return {
    volume: count(volume),
    offset: count(offset),
    byteLength: count(byteLength),
    hash: bytes(hash, HASH_BYTES)
  }
}

/**
 * Rows are most of what opening a large file costs, in code that has just been loaded: one loop over
 * plain places in a list takes a third of what a function and a destructuring for each row do.
 */
function toSegmentPlaces(
  rows: readonly unknown[],
  feeds: readonly string[],
  mayList: MayList
): SegmentPlace[] {
  const places: SegmentPlace[] = []
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as unknown[]
    if (!Array.isArray(row)) throw new Error('list')
    const feed = feeds[row[0] as number]
    const from = row[1]
    const blocks = row[2]
    const volume = row[4]
    const offset = row[5]
    const byteLength = row[6]
    const possible =
      feed !== undefined &&
      isCount(row[0]) &&
      isCount(from) &&
      isCount(blocks) &&
      isCount(volume) &&
      isCount(offset) &&
      isCount(byteLength) &&
      blocks > 0 &&
      blocks <= MAX_SEGMENT_BLOCKS &&
      from + blocks <= Number.MAX_SAFE_INTEGER &&
      byteLength >= FRAME_BYTES + 4 * blocks &&
      mayList(volume, offset, byteLength)
    if (!possible) throw new Error('segment')
    places.push({ feed, from, count: blocks, continues: row[3] === 1, volume, offset, byteLength })
  }
  return places
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error('list')
  return value
}

function integer(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new Error('integer')
  return value as number
}

function count(value: unknown): number {
  if (!isCount(value)) throw new Error('count')
  return value
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('text')
  return value
}

function bytes(value: unknown, byteLength: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.byteLength !== byteLength) throw new Error('bytes')
  return b4a.from(value)
}
