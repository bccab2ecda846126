// A feed is known by its signer's ed25519 key. In the API and as a map key that is text: the key in
// z-base-32, as the hypercore world writes its keys. A device id is the id of its feed.

import b4a from 'b4a'
import z32 from 'z32'

export const SIGNER_KEY_BYTES = 32

/** Characters of a feed id: 32 bytes in z-base-32. */
const FEED_ID_LENGTH = 52

export function toFeedId(signerKey: Uint8Array): string {
  return z32.encode(signerKey)
}

/** Throws a TypeError where the text is no feed id. */
export function toSignerKey(feed: string): Uint8Array {
  if (!isFeedId(feed)) throw new TypeError(`Not a feed id: ${String(feed).slice(0, 80)}`)
  return z32.decode(feed).subarray(0, SIGNER_KEY_BYTES)
}

export function isFeedId(text: unknown): text is string {
  if (typeof text !== 'string' || text.length !== FEED_ID_LENGTH) return false
  try {
    const key = z32.decode(text)
    return key.byteLength >= SIGNER_KEY_BYTES && toFeedId(key.subarray(0, 32)) === text
  } catch {
    return false
  }
}

export function shortFeedId(feed: string): string {
  return feed.slice(0, 8)
}

export function toHex(bytes: Uint8Array): string {
  return b4a.toString(bytes, 'hex')
}
