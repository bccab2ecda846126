// Turns whatever an app hands in as a photo or file into chunks of 1 MiB, never more than a few in
// memory. A source that stalls does not keep an abort waiting.

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { CairnError, throwIfAborted } from './errors.js'
import { MEDIA_CHUNK } from './log/replica.js'
import type { ByteStream, MediaSource } from './media-types.js'

const WHAT = 'source: must be a path, bytes, a stream of bytes, or a Blob'
const NOTHING_KEPT = 'Nothing of the photo or file was kept.'

/** Throws a TypeError where it is no source, PATH_UNUSABLE where the path leads to none. */
export async function openSource(source: MediaSource): Promise<AsyncIterable<Uint8Array>> {
  if (typeof source === 'string') return openFile(source)
  if (source instanceof Uint8Array) return once(source)
  if (typeof source !== 'object' || source === null) throw new TypeError(WHAT)
  if (Symbol.asyncIterator in source) return source
  if ('getReader' in source && typeof source.getReader === 'function') return pull(source)
  if ('stream' in source && typeof source.stream === 'function') return openSource(source.stream())
  throw new TypeError(WHAT)
}

/** The same bytes in chunks of 1 MiB, the last one shorter. Throws ABORTED, and what it throws. */
export async function* toChunks(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined
): AsyncGenerator<Uint8Array> {
  let chunk: Buffer = Buffer.alloc(0)
  let filled = 0
  for await (const piece of abortable(source, signal)) {
    if (!(piece instanceof Uint8Array)) {
      throw new TypeError(`source: must give bytes (Uint8Array), and gave ${typeof piece}`)
    }
    let at = 0
    while (at < piece.byteLength) {
      if (filled === 0 && piece.byteLength - at >= MEDIA_CHUNK) {
        yield piece.subarray(at, at + MEDIA_CHUNK)
        at += MEDIA_CHUNK
        continue
      }
      const taken = piece.subarray(at, at + MEDIA_CHUNK - filled)
      chunk = withRoom(chunk, filled, filled + taken.byteLength)
      chunk.set(taken, filled)
      filled += taken.byteLength
      at += taken.byteLength
      if (filled < MEDIA_CHUNK) continue
      yield chunk
      filled = 0
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}

function withRoom(chunk: Buffer, filled: number, needed: number): Buffer {
  if (needed <= chunk.byteLength) return chunk
  const larger = Buffer.allocUnsafe(Math.min(MEDIA_CHUNK, Math.max(64 * 1024, 2 * needed)))
  chunk.copy(larger, 0, 0, filled)
  return larger
}

async function* abortable<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined
): AsyncGenerator<T> {
  throwIfAborted(signal, NOTHING_KEPT)
  const iterator = source[Symbol.asyncIterator]()
  let onAbort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason)
  })
  aborted.catch(() => {})
  signal?.addEventListener('abort', onAbort)
  let ended = false
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), aborted])
      throwIfAborted(signal, NOTHING_KEPT)
      if (result.done === true) {
        ended = true
        return
      }
      yield result.value
    }
  } catch (error) {
    throwIfAborted(signal, NOTHING_KEPT)
    ended = true
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
    // A source that stalls answers this only when it goes on, so nobody waits for it.
    if (!ended) void iterator.return?.()?.catch(() => {})
  }
}

async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  const found = await stat(path).catch((error: unknown) => {
    throw unusable(path, 'is not there, or cannot be opened', error)
  })
  if (!found.isFile()) throw unusable(path, 'is no file')
  return readFile(path)
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: MEDIA_CHUNK })
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOENT', 'EACCES', 'EPERM'].includes(code)) {
      throw unusable(path, 'is not there, or cannot be opened', error)
    }
    const message = `The photo or file ${path} could not be read to its end. ${NOTHING_KEPT}`
    throw new CairnError('IO_FAILED', message, { path, cause: error })
  }
}

function unusable(path: string, why: string, cause?: unknown): CairnError {
  const message = `The photo or file ${path} ${why}.`
  return new CairnError('PATH_UNUSABLE', message, { path, ...(cause !== undefined && { cause }) })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* pull(source: ByteStream): AsyncGenerator<Uint8Array> {
  const reader = source.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      ended = done
      if (done) return
      if (value !== undefined) yield value
    }
  } finally {
    if (!ended) await reader.cancel()
    reader.releaseLock()
  }
}
