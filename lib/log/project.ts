// A project is one secret key that its devices share. Everything else is derived from it with
// keyed BLAKE2b under distinct labels, so that no derived key tells another.

import b4a from 'b4a'
import { KEY_BYTES, keyedHash, randomBytes } from './crypto.js'
import { toHex } from './feed-id.js'

/** Which project key this is: rotated keys will count up. Every sealed thing carries it. */
export const KEY_EPOCH = 0

/** Makes the secret key of a new project: 32 random bytes. Share it as an invite. */
export function createProjectKey(): Uint8Array {
  return randomBytes(KEY_BYTES)
}

export class Project {
  /** Public fingerprint, safe to show: 32 bytes. */
  readonly idBytes: Uint8Array
  /** The same in hex. */
  readonly id: string
  /** Encrypts entries. */
  readonly entryKey: Uint8Array
  /** Signs admissions: proves that a feed's writer knows the project. */
  readonly admissionKey: Uint8Array
  /** Where peers of this project find each other: 32 bytes. */
  readonly topic: Uint8Array
  private readonly fileKey: Uint8Array
  private readonly peerKey: Uint8Array
  private readonly mediaKey: Uint8Array

  constructor(projectKey: Uint8Array) {
    if (!b4a.isBuffer(projectKey) || projectKey.byteLength !== KEY_BYTES) {
      throw new TypeError('projectKey must be 32 bytes; createProjectKey() makes one')
    }
    const derive = (label: string): Uint8Array => keyedHash(projectKey, b4a.from(label))
    this.idBytes = derive('cairnlog/project-id')
    this.id = toHex(this.idBytes)
    this.entryKey = derive('cairnlog/entry')
    this.admissionKey = derive('cairnlog/admission')
    this.topic = derive('cairnlog/topic')
    this.fileKey = derive('cairnlog/sync-file')
    this.peerKey = derive('cairnlog/peer')
    this.mediaKey = derive('cairnlog/media')
  }

  /** The key for one purpose in one sync file. */
  syncFileKey(fileId: Uint8Array, purpose: string): Uint8Array {
    return keyedHash(this.fileKey, fileId, b4a.from(purpose))
  }

  /**
   * What one side of a connection shows to prove that it knows the project: bound to the
   * connection's handshake and to the side, so that it is of no use on another or mirrored.
   */
  peerProof(handshakeHash: Uint8Array, isInitiator: boolean): Uint8Array {
    return keyedHash(this.peerKey, handshakeHash, b4a.from([isInitiator ? 1 : 0]))
  }

  /** The key for one purpose in a device's folder of media. */
  mediaFolderKey(purpose: string): Uint8Array {
    return keyedHash(this.mediaKey, b4a.from(purpose))
  }

  /** MAC over a feed's signer key, carried in the feed's hello. */
  admit(signerKey: Uint8Array): Uint8Array {
    return keyedHash(this.admissionKey, signerKey)
  }
}
