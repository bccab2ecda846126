// The encryption around an entry. A block is: key epoch (1 byte), nonce (24), ciphertext, tag (16)
// of XChaCha20-Poly1305 with a random nonce; authenticated with it: signer key, sequence number,
// epoch. So a block cannot be moved to another place or feed, and a feed that forks never uses a
// nonce twice.

import b4a from 'b4a'
import { NONCE_BYTES, TAG_BYTES, decrypt, encryptInto, isAuthentic, randomBytes } from './crypto.js'
import { SIGNER_KEY_BYTES, toSignerKey } from './feed-id.js'
import { KEY_EPOCH } from './project.js'

const HEAD_BYTES = 1 + NONCE_BYTES

/** What a block is longer than its entry. */
export const SEAL_BYTES: number = HEAD_BYTES + TAG_BYTES

/** The largest block: 256 KiB. A run of 1,024 such blocks bounds the memory of a sync. */
export const MAX_BLOCK_BYTES: number = 256 * 1024

/**
 * The largest block for what an app records: 255 KiB. The rest is for saying it again where its feed
 * has forked, which takes a link and more.
 */
export const MAX_ENTRY_BYTES: number = MAX_BLOCK_BYTES - 1024

/** Seals and opens the blocks of one feed. */
export class BlockCipher {
  private readonly context: Uint8Array
  private readonly seqView: DataView
  private nonces: Uint8Array = b4a.alloc(0)

  constructor(
    private readonly entryKey: Uint8Array,
    feed: string
  ) {
    this.context = b4a.alloc(SIGNER_KEY_BYTES + 8 + 1)
    this.context.set(toSignerKey(feed), 0)
    this.context[SIGNER_KEY_BYTES + 8] = KEY_EPOCH
    this.seqView = new DataView(this.context.buffer, this.context.byteOffset + SIGNER_KEY_BYTES, 8)
  }

  seal(seq: number, message: Uint8Array): Uint8Array {
    const block = b4a.allocUnsafeSlow(message.byteLength + SEAL_BYTES)
    const nonce = this.nextNonce()
    block[0] = KEY_EPOCH
    block.set(nonce, 1)
    encryptInto(block.subarray(HEAD_BYTES), message, this.contextAt(seq), nonce, this.entryKey)
    return block
  }

  /** What was sealed; null where no member wrote these bytes here. */
  open(seq: number, block: Uint8Array): Uint8Array | null {
    return decrypt(block.subarray(HEAD_BYTES), this.contextAt(seq), nonceOf(block), this.entryKey)
  }

  /** Whether a member wrote these bytes here; a block under a newer key is taken at its word. */
  isAuthentic(seq: number, block: Uint8Array): boolean {
    if (isOfOtherKey(block)) return true
    const sealed = block.subarray(HEAD_BYTES)
    return isAuthentic(sealed, this.contextAt(seq), nonceOf(block), this.entryKey)
  }

  private contextAt(seq: number): Uint8Array {
    this.seqView.setUint32(0, seq % 2 ** 32, true)
    this.seqView.setUint32(4, Math.floor(seq / 2 ** 32), true)
    return this.context
  }

  /** Randomness is fetched for many blocks at once: one call costs as much as a block. */
  private nextNonce(): Uint8Array {
    if (this.nonces.byteLength === 0) this.nonces = randomBytes(NONCE_BYTES * 256)
    const nonce = this.nonces.subarray(0, NONCE_BYTES)
    this.nonces = this.nonces.subarray(NONCE_BYTES)
    return nonce
  }
}

export function isOfOtherKey(block: Uint8Array): boolean {
  return block[0] !== undefined && block[0] !== KEY_EPOCH
}

function nonceOf(block: Uint8Array): Uint8Array {
  return block.subarray(1, HEAD_BYTES)
}
