// What a blob's file is called. The name holds hash and size, so that listing the folder is all it
// takes to know what is here, and no list beside it can disagree. It is encrypted so that the same
// blob always gets the same name on a device of the project, and so that whoever finds the folder
// without the key cannot test it for a photo that he knows. (A synthetic IV, as in RFC 5297: a keyed
// hash of the content is both the nonce and the proof.)

import b4a from 'b4a'
import z32 from 'z32'
import { HASH_BYTES, equalMacs, keyedHash, keyedHash512 } from '../crypto.js'
import { toHex } from '../feed-id.js'
import type { Project } from '../project.js'
import type { BlobName } from '../replica.js'

const IV_BYTES = 16
const SIZE_BYTES = 6
const PLAIN_BYTES = HASH_BYTES + SIZE_BYTES

/** Characters of a name: letters and digits that every file system keeps apart. */
export const NAME_LENGTH: number = Math.ceil(((IV_BYTES + PLAIN_BYTES) * 8) / 5)

export class BlobNames {
  private readonly ivKey: Uint8Array
  private readonly padKey: Uint8Array

  constructor(project: Project) {
    this.ivKey = project.mediaFolderKey('name-iv')
    this.padKey = project.mediaFolderKey('name-pad')
  }

  fileName({ hash, size }: BlobName): string {
    const plain = Buffer.alloc(PLAIN_BYTES)
    plain.write(hash, 'hex')
    plain.writeUIntLE(size, HASH_BYTES, SIZE_BYTES)
    const iv = this.ivOf(plain)
    return z32.encode(b4a.concat([iv, this.masked(plain, iv)]))
  }

  /** Null where it is not a name that this project gave. */
  parse(fileName: string): BlobName | null {
    const name = this.open(fileName)
    return name && { hash: toHex(name.hash), size: name.size }
  }

  /** The same with the hash's bytes, which is what a list of very many of them is made of. */
  open(fileName: string): { readonly hash: Uint8Array; readonly size: number } | null {
    if (fileName.length !== NAME_LENGTH) return null
    let bytes: Uint8Array
    try {
      bytes = z32.decode(fileName)
    } catch {
      return null
    }
    const iv = bytes.subarray(0, IV_BYTES)
    const plain = this.masked(bytes.subarray(IV_BYTES, IV_BYTES + PLAIN_BYTES), iv)
    if (!equalMacs(this.ivOf(plain), iv)) return null
    const size = plain.readUIntLE(HASH_BYTES, SIZE_BYTES)
    return { hash: plain.subarray(0, HASH_BYTES), size }
  }

  private ivOf(plain: Uint8Array): Uint8Array {
    return keyedHash(this.ivKey, plain).subarray(0, IV_BYTES)
  }

  private masked(bytes: Uint8Array, iv: Uint8Array): Buffer {
    const pad = keyedHash512(this.padKey, iv)
    const out = Buffer.allocUnsafe(PLAIN_BYTES)
    for (let i = 0; i < PLAIN_BYTES; i++) out[i] = (bytes[i] ?? 0) ^ (pad[i] ?? 0)
    return out
  }
}
