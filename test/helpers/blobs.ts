// Blob stores and blobs for tests: content that follows from a number, and names it by its hash.

import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import b4a from 'b4a'
import type { Assertion } from 'brittle'
import { hash } from '../../lib/log/crypto.js'
import { toFeedId } from '../../lib/log/feed-id.js'
import { BlobStore } from '../../lib/log/media/blob-store.js'
import { Project } from '../../lib/log/project.js'
import { type BlobName, MEDIA_CHUNK } from '../../lib/log/replica.js'
import { PROJECT_KEY, START } from './fixed.js'

/** `size` bytes that follow from `seed`. */
export function content(size: number, seed: number = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed >>> 0 || 1
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

export function nameOf(bytes: Uint8Array): BlobName {
  return { hash: b4a.toString(hash(bytes), 'hex'), size: bytes.byteLength }
}

/** In chunks of the size that stores want. */
export function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const starts = Array.from({ length: Math.ceil(bytes.byteLength / MEDIA_CHUNK) }, (_, i) => i)
  return starts.map((i) => bytes.subarray(i * MEDIA_CHUNK, (i + 1) * MEDIA_CHUNK))
}

export async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* chunksOf(bytes)
}

export interface BlobsOptions {
  readOnly?: boolean
  device?: string
}

export async function openBlobs(
  dir: string,
  { readOnly = false, device = toFeedId(b4a.alloc(32, 1)) }: BlobsOptions = {}
): Promise<BlobStore> {
  const holder = { feed: { id: device, now: () => START } }
  return BlobStore.open(join(dir, 'media'), new Project(PROJECT_KEY), holder, readOnly)
}

export async function createBlobs(t: Assertion): Promise<{ dir: string; blobs: BlobStore }> {
  const dir = await t.tmp()
  return { dir, blobs: await openBlobs(dir) }
}

export async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

/** Paths of all files in a folder and below it, as they are called from there. */
export async function filesIn(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true }).catch(() => [])
  const files: string[] = []
  for (const name of names) if ((await stat(join(dir, name))).isFile()) files.push(name)
  return files.sort()
}

/** Changes one bit of a file. */
export async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at] = bytes[at]! ^ 1
  await writeFile(path, bytes)
}
