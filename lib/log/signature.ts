// What a feed's signature says, as hypercore 11 defines it (lib/caps.js treeSignable, manifest
// version 1 with one ed25519 signer in the default namespace). The manifest is never taken from
// outside: the core key follows from the signer key alone, so no stranger chooses who may sign.

import b4a from 'b4a'
import Hypercore from 'hypercore'
import hypercoreCrypto from 'hypercore-crypto'
import { CairnError } from '../errors.js'
import { SIGNATURE_BYTES, verifySignature } from './crypto.js'
import { shortFeedId, toSignerKey } from './feed-id.js'

const [TREE] = hypercoreCrypto.namespace('hypercore', 6) as [Uint8Array]

/** hypercore stores a signature in a frame: one proof, of signer 0, 64 bytes, without a patch. */
const FRAME_HEAD = b4a.from([1, 0])
const FRAME_TAIL = b4a.from([0, 0])
const FRAME_BYTES = FRAME_HEAD.byteLength + SIGNATURE_BYTES + FRAME_TAIL.byteLength

export interface SignedLength {
  readonly feed: string
  readonly length: number
  readonly rootHash: Uint8Array
  readonly signature: Uint8Array
}

/** The manifest of every feed: the signer is the only thing that varies. */
export function manifestOf(signerKey: Uint8Array): object {
  return { version: 1, signers: [{ publicKey: signerKey }] }
}

/** The hypercore key of a signer's feed. */
export function coreKeyOf(signerKey: Uint8Array): Uint8Array {
  return Hypercore.key(manifestOf(signerKey))
}

/** Whether the feed's signer has signed this length with this root hash. */
export function isSigned({ feed, length, rootHash, signature }: SignedLength): boolean {
  const signerKey = toSignerKey(feed)
  const message = b4a.alloc(112)
  message.set(TREE, 0)
  message.set(coreKeyOf(signerKey), 32)
  message.set(rootHash, 64)
  new DataView(message.buffer, message.byteOffset).setBigUint64(96, BigInt(length), true)
  // The last 8 bytes are the fork counter, which is always 0: nothing here ever truncates.
  return verifySignature(message, signature, signerKey)
}

export function assertSigned(head: SignedLength, where: string): void {
  if (isSigned(head)) return
  throw new CairnError(
    'FEED_FORGED',
    `The signature over feed ${shortFeedId(head.feed)} at length ${head.length} in ${where} is not its writer's. Nothing of it was taken.`,
    { feed: head.feed, seq: head.length }
  )
}

/** Bare 64 bytes to what `core.append` takes. */
export function frameSignature(signature: Uint8Array): Uint8Array {
  return b4a.concat([FRAME_HEAD, signature, FRAME_TAIL])
}

/** The bare 64 bytes of what hypercore stores. Throws where that is not the one known frame. */
export function unframeSignature(framed: Uint8Array): Uint8Array {
  const end = FRAME_HEAD.byteLength + SIGNATURE_BYTES
  const known =
    framed.byteLength === FRAME_BYTES &&
    b4a.equals(framed.subarray(0, FRAME_HEAD.byteLength), FRAME_HEAD) &&
    b4a.equals(framed.subarray(end), FRAME_TAIL)
  if (!known) throw new Error('hypercore stored a signature in an unknown frame')
  return framed.subarray(FRAME_HEAD.byteLength, end)
}
