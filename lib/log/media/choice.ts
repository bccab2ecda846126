// Which photos and files a sync takes, as an app says it, and what follows from that for the two
// directions of one exchange.

import { type MediaPolicy, TIERS } from './reference.js'

/**
 * Tiers that are taken: of an object those that are true. `true` is all of them, `false` none.
 * `again` also brings back what was purged here.
 */
export type MediaChoice =
  | boolean
  | {
      readonly original?: boolean
      readonly preview?: boolean
      readonly thumbnail?: boolean
      readonly again?: boolean
    }

export interface MediaTransferOptions {
  /**
   * Which photos and files move. Unless told otherwise all that the file is for: what it was made
   * with, else all.
   */
  media?: MediaChoice | undefined
  /** Bytes of photos and files that may move, each way. */
  maxBytes?: number | undefined
}

export const ALL_TIERS: MediaPolicy = { thumbnail: true, preview: true, original: true }

/** Undefined where nothing was chosen. Throws a TypeError that names the field. */
export function checkMediaChoice({
  media,
  maxBytes
}: MediaTransferOptions): MediaPolicy | undefined {
  const bounded = typeof maxBytes === 'number' && maxBytes >= 0
  if (maxBytes !== undefined && !bounded) {
    throw new TypeError('maxBytes: must be a number of bytes from 0 up')
  }
  if (media === undefined) return undefined
  if (media === true) return ALL_TIERS
  const given = media === false ? {} : media
  if (typeof given !== 'object' || given === null) {
    throw new TypeError('media: must be true, false or { original, preview, thumbnail }')
  }
  for (const [name, value] of Object.entries(given)) {
    const known = name === 'again' || (TIERS as readonly string[]).includes(name)
    if (!known || (value !== undefined && typeof value !== 'boolean')) {
      throw new TypeError(`media.${name}: takes original, preview, thumbnail, again: true or false`)
    }
  }
  const { original = false, preview = false, thumbnail = false, again = false } = given
  return { original, preview, thumbnail, ...(again && { again }) }
}
