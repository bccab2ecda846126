// Reading past what a worn medium can no longer read: a bad sector is damage like any other and
// concerns only what lies there; a medium that is gone altogether is an error.

import b4a from 'b4a'
import { CairnError } from '../errors.js'
import type { Storage } from './storage.js'

/** What media can or cannot read as a whole. */
const PIECE_BYTES = 4096

/** The bytes, with zeros where the medium can no longer read them: what lies there fails its hash. */
export async function readAround(
  storage: Storage,
  offset: number,
  byteLength: number
): Promise<Uint8Array> {
  const whole = await readOrNull(storage, offset, byteLength)
  if (whole !== null) return whole
  const out = b4a.alloc(byteLength)
  for (let at = offset; at < offset + byteLength;) {
    const end = Math.min(offset + byteLength, at - (at % PIECE_BYTES) + PIECE_BYTES)
    const piece = await readOrNull(storage, at, end - at)
    if (piece !== null) out.set(piece, at - offset)
    at = end
  }
  return out
}

/** Null where the medium has a bad spot; throws where it is gone. */
export async function readOrNull(
  storage: Storage,
  offset: number,
  byteLength: number
): Promise<Uint8Array | null> {
  try {
    return await storage.read(offset, byteLength)
  } catch (error) {
    if (!isBadSpot(error)) throw error
    // Whoever still tells its size is still plugged in.
    await storage.size()
    return null
  }
}

function isBadSpot(error: unknown): boolean {
  if (!(error instanceof CairnError) || error.code !== 'IO_FAILED') return false
  return (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EIO'
}
