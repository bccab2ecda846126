// Which device has said that it holds which photos and files. Unlike with entries a later word takes
// the earlier one's place: what was held can be purged. So it is never more than a word of some day,
// and nobody's but the device's own.

import type { MediaAcknowledgment } from '../replica.js'
import { PREFIX_BYTES, arePrefixes, hasPrefix, withHashes } from './hash-prefixes.js'

/** All of them; beyond it new ones are no longer taken. Of a thousand photos a device says 8 KB. */
export const MAX_HELD_MEDIA_BYTES: number = 8 * 1024 * 1024

/** The last date that there is. Who tells of a later word lies, and no word could follow it. */
export const LATEST_WORD = 8.64e15

export class HeldMedia {
  private readonly byDevice = new Map<string, MediaAcknowledgment>()
  private byteLength = 0

  /** Takes what is sound and newer than what is known, and gives it back. */
  merge(rows: Iterable<MediaAcknowledgment>): MediaAcknowledgment[] {
    const news: MediaAcknowledgment[] = []
    for (const row of rows) {
      const known = this.byDevice.get(row.device)
      if (!isDate(row.at)) continue
      if (known !== undefined && known.at >= row.at) continue
      if (arePrefixes(row.prefixes) && this.put(row)) news.push(row)
    }
    return news
  }

  /** Takes a device's word from itself, in place of whatever was heard of it. False where it is unsound. */
  replace(row: MediaAcknowledgment): boolean {
    const { at, prefixes } = row
    return arePrefixes(prefixes) && this.put({ ...row, at: Math.min(at, LATEST_WORD) })
  }

  /** Takes a device's word for some more, besides what it said last. False where that is no news. */
  add(device: string, hashes: readonly string[]): boolean {
    const known = this.byDevice.get(device) ?? { device, at: 0, prefixes: new Uint8Array(0) }
    const prefixes = withHashes(known.prefixes, hashes)
    return prefixes !== known.prefixes && this.put({ ...known, prefixes })
  }

  rows(): MediaAcknowledgment[] {
    return [...this.byDevice.values()]
  }

  of(device: string): MediaAcknowledgment | undefined {
    return this.byDevice.get(device)
  }

  /** Those who have said that they hold a photo or file. */
  holdersOf(hash: string): MediaAcknowledgment[] {
    return this.rows().filter(({ prefixes }) => hasPrefix(prefixes, hash))
  }

  private put(row: MediaAcknowledgment): boolean {
    const known = this.byDevice.get(row.device)
    const grown = this.byteLength + bytesOf(row) - (known === undefined ? 0 : bytesOf(known))
    if (grown > MAX_HELD_MEDIA_BYTES) return false
    this.byteLength = grown
    this.byDevice.set(row.device, row)
    return true
  }
}

function isDate(at: number): boolean {
  return Number.isSafeInteger(at) && at >= 0 && at <= LATEST_WORD
}

/** With what a row takes besides, so that empty ones are not free. */
function bytesOf({ prefixes }: MediaAcknowledgment): number {
  return prefixes.byteLength + 8 * PREFIX_BYTES
}
