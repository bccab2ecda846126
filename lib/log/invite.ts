// An invite hands a project key on: a short text, sealed with a passphrase that travels another
// way. Layout of the bytes behind the text (z-base-32): format 1, salt 16, then nonce 24,
// ciphertext 32, tag 16 of XChaCha20-Poly1305 under Argon2id(passphrase, salt).

import b4a from 'b4a'
import z32 from 'z32'
import { CairnError } from '../errors.js'
import {
  KEY_BYTES,
  NONCE_BYTES,
  SALT_BYTES,
  TAG_BYTES,
  keyFromPassphrase,
  randomBytes,
  seal,
  unseal
} from './crypto.js'

const PREFIX = 'cairnlog-invite-'
const FORMAT = 1
const CONTEXT = b4a.from('cairnlog/invite')
const INVITE_BYTES = 1 + SALT_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES

/** The project key as a text for paper, a QR code or a message. Useless without the passphrase. */
export async function createInvite(projectKey: Uint8Array, passphrase: string): Promise<string> {
  if (!b4a.isBuffer(projectKey) || projectKey.byteLength !== KEY_BYTES) {
    throw new TypeError('projectKey must be 32 bytes')
  }
  assertPassphrase(passphrase)
  const salt = randomBytes(SALT_BYTES)
  const sealed = seal(projectKey, CONTEXT, await keyFromPassphrase(passphrase, salt))
  return PREFIX + z32.encode(b4a.concat([b4a.from([FORMAT]), salt, sealed]))
}

/** The project key of an invite. Throws INVITE_REFUSED for a damaged text or wrong passphrase. */
export async function openInvite(text: string, passphrase: string): Promise<Uint8Array> {
  if (typeof text !== 'string') throw new TypeError('text must be the invite as a string')
  assertPassphrase(passphrase)
  const bytes = decodeInvite(text)
  const salt = bytes.subarray(1, 1 + SALT_BYTES)
  const key = await keyFromPassphrase(passphrase, salt)
  const projectKey = unseal(bytes.subarray(1 + SALT_BYTES), CONTEXT, key)
  if (projectKey === null) {
    throw new CairnError(
      'INVITE_REFUSED',
      'The passphrase does not open this invite, or a character of the invite is wrong. Check both and try again.'
    )
  }
  return projectKey
}

function decodeInvite(text: string): Uint8Array {
  const compact = text.replace(/\s+/g, '').toLowerCase()
  if (compact.startsWith(PREFIX)) {
    try {
      const bytes = z32.decode(compact.slice(PREFIX.length))
      if (bytes.byteLength === INVITE_BYTES && bytes[0] === FORMAT) return bytes
    } catch {
      // Falls through to the one sentence for every unreadable text.
    }
  }
  throw new CairnError(
    'INVITE_REFUSED',
    `This is not a whole cairnlog invite. It begins with "${PREFIX}"; copy all of it and try again.`
  )
}

function assertPassphrase(passphrase: string): void {
  if (typeof passphrase !== 'string' || passphrase.length === 0) {
    throw new TypeError('passphrase must be a text that is not empty')
  }
}
