// Which device has said that it holds which photos and files. Unlike with entries a later word takes
// the earlier one's place: what was held can be purged. So it is never more than a word of some day,
// and nobody's but the device's own.

import type { MediaAcknowledgment } from '../replica.js'
import { PREFIX_BYTES, arePrefixes, hasPrefix, withHashes } from './hash-prefixes.js'

/** All of them; beyond it new ones are no longer taken. Of a thousand photos a device says 8 KB. */
export const MAX_HELD_MEDIA_BYTES: number = 8 * 1024 * 1024

export class HeldMedia {
  private readonly byDevice = new Map<string, MediaAcknowledgment>()
  private byteLength = 0

  /** Takes what is sound and newer than what is known, and gives it back. */
  merge(rows: Iterable<MediaAcknowledgment>): MediaAcknowledgment[] {
    const news: MediaAcknowledgment[] = []
    for (const row of rows) {
      const known = this.byDevice.get(row.device)
      if (!Number.isSafeInteger(row.at) || row.at < 0) continue
      if (known !== undefined && known.at >= row.at) continue
      if (arePrefixes(row.prefixes) && this.put(row)) news.push(row)
    }
    return news
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

/** With what a row takes besides, so that empty ones are not free. */
function bytesOf({ prefixes }: MediaAcknowledgment): number {
  return prefixes.byteLength + 8 * PREFIX_BYTES
}
