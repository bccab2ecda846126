// The adapter for @hyperswarm/secret-stream: from any duplex to an encrypted stream whose both ends
// share a handshake hash. A stream that is one already (a Hyperswarm connection) is used as it is.
// On a raw one (a socket, a pipe) nobody has said who begins the handshake, so each side first sends
// a preface: 8 bytes that name it and 32 random ones; whose are larger begins.

import type { Duplex } from 'node:stream'
import SecretStream from '@hyperswarm/secret-stream'
import b4a from 'b4a'
import { randomBytes } from '../log/crypto.js'
import { peerClosed, peerInvalid } from './peer-errors.js'

const NAME = b4a.from('cairnlog')
const RANDOM_BYTES = 32
const PREFACE_BYTES = NAME.byteLength + RANDOM_BYTES

/** A duplex in the shape that corestore's `replicate(isInitiator)` returns: to be piped. */
export interface NoiseStream {
  readonly handshakeHash: Uint8Array | null
  readonly isInitiator: boolean
  readonly opened: Promise<boolean>
  readonly destroyed: boolean
  readonly keepAlive: number
  readonly rawBytesRead: number
  readonly rawStream: Duplex
  setKeepAlive(milliseconds: number): void
  setTimeout(milliseconds: number): void
  end(): void
  destroy(error?: Error): void
  on(event: 'close' | 'error', listener: (error?: Error) => void): void
}

/** The encrypted stream over `stream`; resolves before its handshake is done. */
export async function encrypt(stream: Duplex, signal: AbortSignal): Promise<NoiseStream> {
  const existing = encrypted(stream)
  if (existing !== null) return existing
  const isInitiator = await agreeOnRoles(stream, signal)
  // It tells of its end once, and nobody may have been listening.
  if (stream.destroyed) throw peerClosed('the other side', 'the encrypted connection')
  return new SecretStream(isInitiator, stream)
}

/** The encrypted stream that `stream` is, or null where it is a raw one. */
export function encrypted(stream: Duplex): NoiseStream | null {
  return (stream as { noiseStream?: NoiseStream }).noiseStream ?? null
}

/** A new encrypted stream whose raw end is still to be piped into something. */
export function encryptedBridge(isInitiator: boolean): NoiseStream {
  return new SecretStream(isInitiator, null)
}

/** Whether this side begins the handshake. What came behind the preface is still to be read. */
async function agreeOnRoles(stream: Duplex, signal: AbortSignal): Promise<boolean> {
  const mine = randomBytes(RANDOM_BYTES)
  const theirs = readPreface(stream, signal)
  stream.write(b4a.concat([NAME, mine]))
  const random = await theirs
  const order = b4a.compare(mine, random)
  resumeWhenHeard(stream)
  if (order === 0) throw peerInvalid('The other side', 'an echo of what was sent to it')
  return order > 0
}

function readPreface(stream: Duplex, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let received: Uint8Array = b4a.alloc(0)
    const onData = (bytes: Uint8Array): void => {
      received = b4a.concat([received, bytes])
      const known = Math.min(received.byteLength, NAME.byteLength)
      if (!b4a.equals(received.subarray(0, known), NAME.subarray(0, known))) {
        finish()
        reject(peerInvalid('The other side', 'another protocol'))
      } else if (received.byteLength >= PREFACE_BYTES) {
        finish()
        const rest = received.subarray(PREFACE_BYTES)
        if (rest.byteLength > 0) stream.unshift(rest)
        resolve(received.subarray(NAME.byteLength, PREFACE_BYTES))
      }
    }
    const onEnd = (cause?: unknown): void => {
      finish()
      const error = cause instanceof Error ? cause : undefined
      reject(peerClosed('the other side', 'its first bytes', error))
    }
    const finish = (): void => {
      stream.pause()
      stream.removeListener('data', onData)
      for (const event of ENDINGS) stream.removeListener(event, onEnd)
      signal.removeEventListener('abort', onEnd)
    }
    for (const event of ENDINGS) stream.on(event, onEnd)
    signal.addEventListener('abort', onEnd)
    stream.on('data', onData)
    if (signal.aborted || stream.destroyed) onEnd()
  })
}

/** A stream that was paused does not start again by itself when somebody listens. */
function resumeWhenHeard(stream: Duplex): void {
  const onListener = (event: string | symbol): void => {
    if (event !== 'data') return
    stream.removeListener('newListener', onListener)
    stream.resume()
  }
  stream.on('newListener', onListener)
}

const ENDINGS = ['end', 'error', 'close'] as const
