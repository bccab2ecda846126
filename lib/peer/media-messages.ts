// What two peers say to each other about photos and files: which of these have you, give me this
// piece of that one, I have got these; and, once, what do you hold. Beside the questions about feeds and never before them.

import b4a from 'b4a'
import { HASH_BYTES } from '../log/crypto.js'
import { toHex } from '../log/feed-id.js'
import { arePrefixes } from '../log/media/hash-prefixes.js'
import { isBlobSize } from '../log/media/reference.js'
import { type BlobName, type MediaAcknowledgment, chunksIn } from '../log/replica.js'
import { MEDIA_AT_ONCE } from './limits.js'
import { MalformedMessage, WireReader, WireWriter } from './wire.js'

export type MediaQuestion =
  | { readonly kind: 'which'; readonly names: readonly BlobName[] }
  | { readonly kind: 'piece'; readonly name: BlobName; readonly chunk: number }
  /** All that it holds, unless it has said the same at that time already. */
  | { readonly kind: 'held'; readonly since: number }

export function encodeMediaQuestion(id: number, question: MediaQuestion): Uint8Array {
  const writer = new WireWriter().uint(id)
  if (question.kind === 'held') return writer.uint(2).uint(question.since).finish()
  if (question.kind === 'piece') {
    writer.uint(1)
    writeName(writer, question.name)
    return writer.uint(question.chunk).finish()
  }
  writer.uint(0).uint(question.names.length)
  for (const name of question.names) writeName(writer, name)
  return writer.finish()
}

export function decodeMediaQuestion(bytes: Uint8Array): { id: number; question: MediaQuestion } {
  const reader = new WireReader(bytes)
  const id = reader.uint(Number.MAX_SAFE_INTEGER)
  const kind = reader.uint(2)
  if (kind === 2) {
    const since = reader.uint(Number.MAX_SAFE_INTEGER)
    reader.end()
    return { id, question: { kind: 'held', since } }
  }
  if (kind === 1) {
    const name = readName(reader)
    if (!isBlobSize(name.size)) throw new MalformedMessage('no photo has that size')
    const chunk = reader.uint(chunksIn(name.size) - 1)
    reader.end()
    return { id, question: { kind: 'piece', name, chunk } }
  }
  const names: BlobName[] = []
  for (let left = reader.uint(MEDIA_AT_ONCE); left > 0; left--) names.push(readName(reader))
  reader.end()
  return { id, question: { kind: 'which', names } }
}

/** One byte each: 1 where all of it is there. */
export function decodeWhich(bytes: Uint8Array, count: number): boolean[] {
  if (bytes.byteLength !== count) throw new MalformedMessage('an answer about other photos')
  return Array.from(bytes, (byte) => byte === 1)
}

/** Empty where there is nothing to say, or nothing new. */
export function encodeHeld(said: MediaAcknowledgment | null, since: number): Uint8Array {
  if (said === null || said.at === since) return new Uint8Array(0)
  return new WireWriter().uint(said.at).bytes(said.prefixes).finish()
}

/** Null where the answer is empty. */
export function decodeHeld(answer: Uint8Array, device: string): MediaAcknowledgment | null {
  if (answer.byteLength === 0) return null
  const reader = new WireReader(answer)
  const at = reader.uint(Number.MAX_SAFE_INTEGER)
  const prefixes = new Uint8Array(reader.rest())
  if (!arePrefixes(prefixes)) throw new MalformedMessage('what it holds is not in order')
  return { device, at, prefixes }
}

/** What has become whole; `all`: more than can be named, so everything may be asked about again. */
export interface MediaNews {
  readonly hashes: readonly string[]
  readonly all: boolean
}

export function encodeMediaNews({ hashes, all }: MediaNews): Uint8Array {
  const writer = new WireWriter().uint(all ? 1 : 0).uint(hashes.length)
  for (const hash of hashes) writer.bytes(b4a.from(hash, 'hex'))
  return writer.finish()
}

export function decodeMediaNews(bytes: Uint8Array): MediaNews {
  const reader = new WireReader(bytes)
  const all = reader.uint(1) === 1
  const hashes: string[] = []
  for (let left = reader.uint(MEDIA_AT_ONCE); left > 0; left--) {
    hashes.push(toHex(reader.copy(HASH_BYTES)))
  }
  reader.end()
  return { hashes, all }
}

function writeName(writer: WireWriter, { hash, size }: BlobName): void {
  writer.bytes(b4a.from(hash, 'hex')).uint(size)
}

/**
 * In the size that an entry states, which any member can have written: a peer that asks about such a
 * photo is sound, and nobody has it.
 */
function readName(reader: WireReader): BlobName {
  const hash = toHex(reader.copy(HASH_BYTES))
  return { hash, size: reader.uint(Number.MAX_SAFE_INTEGER) }
}
