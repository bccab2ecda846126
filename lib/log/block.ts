// The encryption around an entry. A block is: key epoch (1 byte), nonce (24), ciphertext, tag (16)
// of XChaCha20-Poly1305 with a random nonce; authenticated with it: signer key, sequence number,
// epoch. So a block cannot be moved to another place or feed, and a feed that forks never uses a
// nonce twice.

import b4a from 'b4a'
import { NONCE_BYTES, TAG_BYTES, decrypt, decrypts, encryptInto, randomBytes } from './crypto.js'
import type { Entry, LoggedEntry, WrittenEntry } from './entry.js'
import { decodeEntry, encodeEntry } from './entry-codec.js'
import { SIGNER_KEY_BYTES, toSignerKey } from './feed-id.js'
import { blockHash } from './block-hash.js'
import { KEY_EPOCH, type Project } from './project.js'

const HEAD_BYTES = 1 + NONCE_BYTES

/** The largest block: 256 KiB. A run of 1,024 such blocks bounds the memory of a sync. */
export const MAX_BLOCK_BYTES: number = 256 * 1024

/** Seals and opens the entries of one feed. */
export class BlockCodec {
  private readonly context: Uint8Array
  private readonly seqView: DataView
  private nonces: Uint8Array = b4a.alloc(0)

  constructor(
    private readonly project: Pick<Project, 'entryKey'>,
    private readonly feed: string
  ) {
    this.context = b4a.alloc(SIGNER_KEY_BYTES + 8 + 1)
    this.context.set(toSignerKey(feed), 0)
    this.context[SIGNER_KEY_BYTES + 8] = KEY_EPOCH
    this.seqView = new DataView(this.context.buffer, this.context.byteOffset + SIGNER_KEY_BYTES, 8)
  }

  seal(seq: number, entry: WrittenEntry): Uint8Array {
    const message = encodeEntry(entry)
    const block = b4a.allocUnsafeSlow(HEAD_BYTES + message.byteLength + TAG_BYTES)
    const nonce = this.nextNonce()
    block[0] = KEY_EPOCH
    block.set(nonce, 1)
    const context = this.contextAt(seq)
    encryptInto(block.subarray(HEAD_BYTES), message, context, nonce, this.project.entryKey)
    return block
  }

  open(seq: number, block: Uint8Array): Entry {
    if (isOfOtherKey(block)) return { kind: 'unknown', version: 0, kindCode: 0 }
    const message = this.decrypt(seq, block)
    if (message === null) {
      return { kind: 'unreadable', reason: 'The entry does not decrypt with this project key.' }
    }
    return decodeEntry(message)
  }

  openAt(seq: number, block: Uint8Array): LoggedEntry {
    return { ref: { feed: this.feed, seq, hash: blockHash(block) }, entry: this.open(seq, block) }
  }

  /** Whether a member wrote these bytes here; a block under a newer key is taken at its word. */
  decrypts(seq: number, block: Uint8Array): boolean {
    if (isOfOtherKey(block)) return true
    if (block.byteLength < HEAD_BYTES + TAG_BYTES) return false
    const nonce = block.subarray(1, HEAD_BYTES)
    return decrypts(block.subarray(HEAD_BYTES), this.contextAt(seq), nonce, this.project.entryKey)
  }

  private decrypt(seq: number, block: Uint8Array): Uint8Array | null {
    if (block.byteLength < HEAD_BYTES + TAG_BYTES) return null
    const nonce = block.subarray(1, HEAD_BYTES)
    return decrypt(block.subarray(HEAD_BYTES), this.contextAt(seq), nonce, this.project.entryKey)
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

function isOfOtherKey(block: Uint8Array): boolean {
  return block[0] !== undefined && block[0] !== KEY_EPOCH
}
