// Names of versions. `feed/sequence/hash`, the hash being the first 8 bytes of the block's
// BLAKE2b-256 in hex, so that the two branches of a forked feed do not share names.

import b4a from 'b4a'
import type { VersionRef } from './entry.js'
import { isFeedId, toHex } from './feed-id.js'

export const VERSION_HASH_BYTES = 8

const VERSION_NAME = /^([a-z0-9]{52})\/(0|[1-9][0-9]{0,15})\/([0-9a-f]{16})$/

export function formatVersion(ref: VersionRef): string {
  return `${ref.feed}/${ref.seq}/${toHex(ref.hash)}`
}

/** Throws a TypeError where the text is no version name. */
export function parseVersion(name: string): VersionRef {
  const match = VERSION_NAME.exec(name)
  const [, feed, seq, hash] = match ?? []
  const whole = feed !== undefined && seq !== undefined && hash !== undefined
  if (!whole || !isFeedId(feed) || !Number.isSafeInteger(Number(seq))) {
    throw new TypeError(`Not a version id: ${String(name).slice(0, 120)}`)
  }
  return { feed, seq: Number(seq), hash: b4a.from(hash, 'hex') }
}

/** Total order over version names: feed, then sequence, then hash. Same on every device. */
export function compareVersions(a: VersionRef, b: VersionRef): number {
  if (a.feed !== b.feed) return a.feed < b.feed ? -1 : 1
  if (a.seq !== b.seq) return a.seq - b.seq
  return b4a.compare(a.hash, b.hash)
}

export function sameVersion(a: VersionRef, b: VersionRef): boolean {
  return a.seq === b.seq && a.feed === b.feed && b4a.equals(a.hash, b.hash)
}
