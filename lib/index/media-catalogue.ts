// Which photos and files the entries reference: every version's, also those that were replaced and
// those of deleted observations. An edit that takes a photo out of an observation does not take it
// out of its history, and a deletion can be taken back; what nobody needs any more is for `purge` to
// say. So a reference, once learned, stays.
//
// A reference is a hash and a size. What it keeps beside these depends only on the set of entries,
// not on their order: all tiers, the newest createdAt, and who came first by clock and feed id.
// Kept in memory packed, about 120 bytes each, and in the tree in pages (media-pages.ts).

import type { ObservationEntry, VersionRef } from '../log/entry.js'
import { HASH_BYTES } from '../log/crypto.js'
import { toHex } from '../log/feed-id.js'
import { HashIndex, withRoom } from '../log/media/hash-index.js'
import {
  type MediaPolicy,
  type MediaReference,
  TIERS,
  isBlobSize,
  variantsOf
} from '../log/media/reference.js'
import { decodePage, encodePage, type MediaRow, PAGE_ROWS } from './media-pages.js'
import type { FeedNumbers } from './version-bytes.js'

/** Distinct media types that are remembered; beyond them the type is left empty. */
const MAX_TYPES = 65_535

export class MediaCatalogue {
  /** Hash and size. */
  readonly #keys = new HashIndex(HASH_BYTES + 8)
  #createdAts = new Float64Array(0)
  #firstClocks = new Float64Array(0)
  #feeds = new Uint32Array(0)
  #tiers = new Uint8Array(0)
  #types = new Uint16Array(0)
  readonly #typeNames: string[] = ['']
  readonly #typeNumbers = new Map([['', 0]])
  readonly #unsaved = new Set<number>()

  constructor(private readonly numbers: FeedNumbers) {}

  /** How many references there are. */
  get count(): number {
    return this.#keys.count
  }

  /** Takes in what an entry references. */
  take({ feed }: VersionRef, { attachments, clock, createdAt }: ObservationEntry): void {
    for (const attachment of attachments) {
      for (const [tier, { hash, size, type }] of variantsOf(attachment)) {
        this.#merge({
          hash: Buffer.from(hash, 'hex'),
          size,
          createdAt,
          firstClock: clock,
          feed: this.numbers.numberOf(feed),
          tiers: 1 << TIERS.indexOf(tier),
          type
        })
      }
    }
  }

  /** Undefined where no entry references it. */
  find({ hash, size }: { hash: string; size: number }): MediaReference | undefined {
    const number = this.#keys.find(keyOf(Buffer.from(hash, 'hex'), size))
    return number === -1 ? undefined : this.#at(number)
  }

  /** See `Wanted`. */
  *wanted(
    policy: MediaPolicy,
    lacking: (hash: Uint8Array, size: number) => boolean = () => true
  ): Generator<MediaReference> {
    const chosen = TIERS.map((tier) => policy[tier])
    const bits = chosen.reduce((sum, yes, i) => sum | (yes ? 1 << i : 0), 0)
    const byTier: number[][] = TIERS.map(() => [])
    for (let number = 0; number < this.count; number++) {
      const wanted = this.#tiers[number]! & bits
      if (wanted === 0) continue
      const key = this.#keys.key(number)
      // What an earlier version took in for one.
      if (!isBlobSize(sizeOf(key))) continue
      if (!lacking(key.subarray(0, HASH_BYTES), sizeOf(key))) continue
      // The lowest bit: what travels first counts.
      byTier[31 - Math.clz32(wanted & -wanted)]!.push(number)
    }
    for (const numbers of byTier) {
      numbers.sort((a, b) => this.#createdAts[b]! - this.#createdAts[a]! || a - b)
      for (const number of numbers) yield this.#at(number)
    }
  }

  /** Visits every reference without making an object of it. */
  visit(visitor: (hash: Uint8Array, size: number) => void): void {
    for (let number = 0; number < this.count; number++) {
      const key = this.#keys.key(number)
      visitor(key.subarray(0, HASH_BYTES), sizeOf(key))
    }
  }

  *[Symbol.iterator](): Generator<MediaReference> {
    for (let number = 0; number < this.count; number++) yield this.#at(number)
  }

  /** Takes a record from the tree; they come in order of number. */
  load(record: Uint8Array): void {
    for (const row of decodePage(record)) this.#merge(row)
  }

  /** Records that the tree does not have yet. */
  *unsaved(): Generator<[number: number, record: Uint8Array]> {
    for (const page of this.#unsaved) yield [page, encodePage(this.#rows(page))]
  }

  saved(): void {
    this.#unsaved.clear()
  }

  #merge(row: MediaRow): void {
    const before = this.count
    const number = this.#keys.add(keyOf(row.hash, row.size))
    if (number === before) {
      this.#createdAts = withRoom(this.#createdAts, number + 1)
      this.#firstClocks = withRoom(this.#firstClocks, number + 1)
      this.#feeds = withRoom(this.#feeds, number + 1)
      this.#tiers = withRoom(this.#tiers, number + 1)
      this.#types = withRoom(this.#types, number + 1)
      this.#set(number, row)
      return
    }
    const known = this.#row(number)
    const first = this.#isEarlier(row, known) ? row : known
    const tiers = known.tiers | row.tiers
    const createdAt = Math.max(known.createdAt, row.createdAt)
    const changed = first !== known || tiers !== known.tiers || createdAt !== known.createdAt
    if (changed) this.#set(number, { ...first, tiers, createdAt })
  }

  #isEarlier(a: MediaRow, b: MediaRow): boolean {
    if (a.firstClock !== b.firstClock) return a.firstClock < b.firstClock
    if (a.feed !== b.feed) return this.numbers.feedOf(a.feed) < this.numbers.feedOf(b.feed)
    return a.type < b.type
  }

  #set(number: number, row: MediaRow): void {
    this.#createdAts[number] = row.createdAt
    this.#firstClocks[number] = row.firstClock
    this.#feeds[number] = row.feed
    this.#tiers[number] = row.tiers
    this.#types[number] = this.#typeNumber(row.type)
    this.#unsaved.add(Math.floor(number / PAGE_ROWS))
  }

  #typeNumber(type: string): number {
    const known = this.#typeNumbers.get(type)
    if (known !== undefined) return known
    if (this.#typeNames.length >= MAX_TYPES) return 0
    const number = this.#typeNames.push(type) - 1
    this.#typeNumbers.set(type, number)
    return number
  }

  #row(number: number): MediaRow {
    const key = this.#keys.key(number)
    return {
      hash: key.subarray(0, HASH_BYTES),
      size: sizeOf(key),
      createdAt: this.#createdAts[number]!,
      firstClock: this.#firstClocks[number]!,
      feed: this.#feeds[number]!,
      tiers: this.#tiers[number]!,
      type: this.#typeNames[this.#types[number]!]!
    }
  }

  *#rows(page: number): Generator<MediaRow> {
    const end = Math.min(this.count, (page + 1) * PAGE_ROWS)
    for (let number = page * PAGE_ROWS; number < end; number++) yield this.#row(number)
  }

  #at(number: number): MediaReference {
    const { hash, size, createdAt, feed, tiers, type } = this.#row(number)
    return {
      hash: toHex(hash),
      size,
      type,
      tiers: TIERS.filter((_, i) => (tiers & (1 << i)) !== 0),
      createdAt,
      device: this.numbers.feedOf(feed)
    }
  }
}

function keyOf(hash: Uint8Array, size: number): Buffer {
  const key = Buffer.allocUnsafe(HASH_BYTES + 8)
  key.set(hash)
  key.writeDoubleLE(size, HASH_BYTES)
  return key
}

function sizeOf(key: Buffer): number {
  return key.readDoubleLE(HASH_BYTES)
}
