// A photo or file of a device, to be read whole, streamed, or in part.

import type { MediaVariant } from './log/entry.js'
import type { BlobStore } from './log/media/blob-store.js'
import { isBlobSize } from './log/media/reference.js'
import { MEDIA_CHUNK, chunksIn } from './log/replica.js'
import type { MediaContent } from './media-types.js'

type Signal = { signal?: AbortSignal | undefined }

export function contentOf(
  blobs: BlobStore,
  { hash, size, type }: MediaVariant,
  assertOpen: () => void
): MediaContent {
  const name = { hash, size }
  async function* stream({ signal }: Signal = {}): AsyncGenerator<Uint8Array> {
    assertOpen()
    yield* blobs.read(name, 0, { signal })
  }
  async function* range(
    from: number,
    to: number,
    { signal }: Signal = {}
  ): AsyncGenerator<Uint8Array> {
    assertOpen()
    const whole = Number.isSafeInteger(from) && Number.isSafeInteger(to)
    if (!whole || from < 0 || to < from || to > size) {
      throw new TypeError(`range: must be whole numbers with 0 <= from <= to <= ${size}`)
    }
    let at = Math.floor(from / MEDIA_CHUNK) * MEDIA_CHUNK
    const last = from === to ? at / MEDIA_CHUNK : chunksIn(to)
    for await (const chunk of blobs.chunks(name, at / MEDIA_CHUNK, { to: last, signal })) {
      yield chunk.subarray(Math.max(0, from - at), to - at)
      at += MEDIA_CHUNK
    }
  }
  async function bytes({ signal }: Signal = {}): Promise<Uint8Array> {
    assertOpen()
    let all = Buffer.alloc(0)
    let at = 0
    for await (const chunk of stream({ signal })) {
      // Only now: what is not here may claim any size.
      if (at === 0) all = Buffer.allocUnsafeSlow(size)
      all.set(chunk, at)
      at += chunk.byteLength
    }
    return all
  }
  return { hash, size, type, bytes, stream, range }
}

/** Throws a TypeError where it names no blob. */
export function checkVariant(variant: unknown): MediaVariant {
  const { hash, size, type } = (variant ?? {}) as Partial<Record<keyof MediaVariant, unknown>>
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash) || !isBlobSize(size)) {
    throw new TypeError('variant: must be { hash, size, type }, as `put` gave it')
  }
  return { hash, size, type: typeof type === 'string' ? type : '' }
}
