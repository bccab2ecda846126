// Entries as the blocks of one feed: what entry-codec.ts writes, sealed by block-cipher.ts.

import { BlockCipher, SEAL_BYTES, isOfOtherKey } from './block-cipher.js'
import { blockHash } from './block-hash.js'
import type { Entry, LoggedEntry, WrittenEntry } from './entry.js'
import { decodeEntry, encodeEntry } from './entry-codec.js'
import type { Project } from './project.js'

/** Bytes of the block that an entry makes. */
export function sealedBytes(entry: WrittenEntry): number {
  return encodeEntry(entry).byteLength + SEAL_BYTES
}

/** Seals and opens the entries of one feed. */
export class BlockCodec {
  private readonly cipher: BlockCipher

  constructor(
    project: Project,
    private readonly feed: string
  ) {
    this.cipher = new BlockCipher(project.entryKey, feed)
  }

  seal(seq: number, entry: WrittenEntry): Uint8Array {
    return this.cipher.seal(seq, encodeEntry(entry))
  }

  open(seq: number, block: Uint8Array): Entry {
    if (isOfOtherKey(block)) return { kind: 'unknown', version: 0, kindCode: 0 }
    const message = this.cipher.open(seq, block)
    if (message === null) {
      return { kind: 'unreadable', reason: 'The entry does not decrypt with this project key.' }
    }
    return decodeEntry(message)
  }

  openAt(seq: number, block: Uint8Array): LoggedEntry {
    return { ref: { feed: this.feed, seq, hash: blockHash(block) }, entry: this.open(seq, block) }
  }
}
