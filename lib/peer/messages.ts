// What two peers say to each other: pure functions between messages and bytes. The order of a
// conversation is: both prove, both greet, both list their heads; then each asks for what it lacks,
// says who holds what and once that it has caught up, and announces heads as they grow.

import { HASH_BYTES, SIGNATURE_BYTES } from '../log/crypto.js'
import { SIGNER_KEY_BYTES, toFeedId, toSignerKey } from '../log/feed-id.js'
import type { Configuration, Run } from '../log/replica.js'
import type { SignedLength } from '../log/signature.js'
import {
  HEADS_AT_ONCE,
  MAX_ANSWER_BYTES,
  MAX_BLOCKS,
  MAX_FEED_LENGTH,
  MAX_PUSH_BYTES,
  MAX_TEXT_BYTES,
  PLACES_AT_ONCE
} from './limits.js'
import { MalformedMessage, WireReader, WireWriter } from './wire.js'

/** The messages of the channel, in the order of their numbers. */
export const MESSAGE = {
  proof: 0,
  greeting: 1,
  heads: 2,
  question: 3,
  answer: 4,
  chunk: 5,
  caughtUp: 6,
  bye: 7,
  push: 8,
  acknowledgments: 9,
  mediaQuestion: 10,
  mediaAnswer: 11,
  mediaChunk: 12,
  mediaNews: 13,
  mediaCaughtUp: 14
} as const

export interface Greeting {
  /** Version of the peer's library. */
  readonly library: string
  /** Device id. */
  readonly device: string
  readonly name: string
  readonly configuration: Configuration
  /** Nothing can be written there. */
  readonly readOnly: boolean
  /** It gives and takes photos and files. */
  readonly media?: boolean
  /** It answers when asked which of them it holds. */
  readonly saysHeldMedia?: boolean
}

/** Heads that grew; `last` ends the first listing. */
export interface HeadList {
  readonly heads: readonly SignedLength[]
  readonly last: boolean
}

/** A place in a feed: what its root hash is there, and how many bytes come after. */
export interface Place {
  readonly feed: string
  readonly length: number
}

export interface PlaceAnswer {
  readonly rootHash: Uint8Array | null
  readonly byteLength: number
}

export type Question =
  | { readonly kind: 'run'; readonly feed: string; readonly from: number; readonly to: number }
  | { readonly kind: 'places'; readonly places: readonly Place[] }

/** The beginning of an answer; chunks follow until `byteLength` is reached. None: cannot be told. */
export interface AnswerStart {
  readonly id: number
  readonly byteLength: number
  readonly first: Uint8Array
}

export function encodeGreeting(greeting: Greeting): Uint8Array {
  const { library, device, name, configuration, readOnly, media = false } = greeting
  const { saysHeldMedia = false } = greeting
  return new WireWriter()
    .text(library)
    .bytes(toSignerKey(device))
    .text(name)
    .text(configuration.name)
    .text(configuration.version)
    .uint(readOnly ? 1 : 0)
    .uint(media ? (saysHeldMedia ? 2 : 1) : 0)
    .finish()
}

/** A later version may say more in its greeting; what is not known is passed over. */
export function decodeGreeting(bytes: Uint8Array): Greeting {
  const reader = new WireReader(bytes)
  const library = reader.text(MAX_TEXT_BYTES)
  const device = toFeedId(reader.bytes(SIGNER_KEY_BYTES))
  const name = reader.text(MAX_TEXT_BYTES)
  const configuration = { name: reader.text(MAX_TEXT_BYTES), version: reader.text(MAX_TEXT_BYTES) }
  const readOnly = reader.uint(1) === 1
  const media = reader.isAtEnd ? 0 : reader.uint(255)
  const does = { media: media > 0, saysHeldMedia: media > 1 }
  return { library, device, name, configuration, readOnly, ...does }
}

export function encodeHeads({ heads, last }: HeadList): Uint8Array {
  const writer = new WireWriter().uint(last ? 1 : 0).uint(heads.length)
  for (const { feed, length, rootHash, signature } of heads) {
    writer.bytes(toSignerKey(feed)).uint(length).bytes(rootHash).bytes(signature)
  }
  return writer.finish()
}

export function decodeHeads(bytes: Uint8Array): HeadList {
  const reader = new WireReader(bytes)
  const last = reader.uint(1) === 1
  const heads: SignedLength[] = []
  for (let left = reader.uint(HEADS_AT_ONCE); left > 0; left--) {
    const feed = toFeedId(reader.bytes(SIGNER_KEY_BYTES))
    const length = positive(reader.uint(MAX_FEED_LENGTH))
    const rootHash = reader.copy(HASH_BYTES)
    heads.push({ feed, length, rootHash, signature: reader.copy(SIGNATURE_BYTES) })
  }
  reader.end()
  return { heads, last }
}

export function encodeQuestion(id: number, question: Question): Uint8Array {
  const writer = new WireWriter().uint(id)
  if (question.kind === 'run') {
    const { feed, from, to } = question
    return writer.uint(0).bytes(toSignerKey(feed)).uint(from).uint(to).finish()
  }
  writer.uint(1).uint(question.places.length)
  for (const { feed, length } of question.places) writer.bytes(toSignerKey(feed)).uint(length)
  return writer.finish()
}

export function decodeQuestion(bytes: Uint8Array): { id: number; question: Question } {
  const reader = new WireReader(bytes)
  const id = reader.uint(Number.MAX_SAFE_INTEGER)
  if (reader.uint(1) === 0) {
    const feed = toFeedId(reader.bytes(SIGNER_KEY_BYTES))
    const [from, to] = [reader.uint(MAX_FEED_LENGTH), reader.uint(MAX_FEED_LENGTH)]
    reader.end()
    if (from >= to) throw new MalformedMessage('an empty range is asked for')
    return { id, question: { kind: 'run', feed, from, to } }
  }
  const places: Place[] = []
  for (let left = reader.uint(PLACES_AT_ONCE); left > 0; left--) {
    const feed = toFeedId(reader.bytes(SIGNER_KEY_BYTES))
    places.push({ feed, length: reader.uint(MAX_FEED_LENGTH) })
  }
  reader.end()
  return { id, question: { kind: 'places', places } }
}

export function encodeAnswer({ id, byteLength, first }: AnswerStart): Uint8Array {
  return new WireWriter().uint(id).uint(byteLength).bytes(first).finish()
}

export function decodeAnswer(bytes: Uint8Array, maxBytes: number = MAX_ANSWER_BYTES): AnswerStart {
  const reader = new WireReader(bytes)
  const id = reader.uint(Number.MAX_SAFE_INTEGER)
  return { id, byteLength: reader.uint(maxBytes), first: reader.rest() }
}

export function encodeRun({ from, to, rootHash, signature, blocks }: Run): Uint8Array {
  const writer = new WireWriter().uint(from).uint(to).bytes(rootHash).bytes(signature)
  for (const { byteLength } of blocks) writer.uint(byteLength)
  for (const block of blocks) writer.bytes(block)
  return writer.finish()
}

export function decodeRun(feed: string, bytes: Uint8Array): Run {
  const reader = new WireReader(bytes)
  const from = reader.uint(MAX_FEED_LENGTH)
  const to = from + positive(reader.uint(MAX_FEED_LENGTH) - from)
  if (to - from > MAX_BLOCKS) throw new MalformedMessage('a run is too long')
  const rootHash = reader.copy(HASH_BYTES)
  const signature = reader.copy(SIGNATURE_BYTES)
  const lengths: number[] = []
  for (let seq = from; seq < to; seq++) lengths.push(reader.uint(bytes.byteLength))
  const blocks = lengths.map((byteLength) => reader.bytes(byteLength))
  reader.end()
  return { feed, from, to, blocks, rootHash, signature }
}

/** A run that was not asked for; what it says of its end is an announcement, too. */
export function encodePush(run: Run): Uint8Array {
  return new WireWriter().bytes(toSignerKey(run.feed)).bytes(encodeRun(run)).finish()
}

export function decodePush(bytes: Uint8Array): Run {
  if (bytes.byteLength > MAX_PUSH_BYTES)
    throw new MalformedMessage('too much that was not asked for')
  const reader = new WireReader(bytes)
  const feed = toFeedId(reader.bytes(SIGNER_KEY_BYTES))
  return decodeRun(feed, reader.rest())
}

export function encodePlaces(answers: readonly PlaceAnswer[]): Uint8Array {
  const writer = new WireWriter()
  for (const { rootHash, byteLength } of answers) {
    writer.uint(rootHash === null ? 0 : 1)
    if (rootHash !== null) writer.bytes(rootHash)
    writer.uint(byteLength)
  }
  return writer.finish()
}

export function decodePlaces(bytes: Uint8Array, count: number): PlaceAnswer[] {
  const reader = new WireReader(bytes)
  const answers: PlaceAnswer[] = []
  for (let left = count; left > 0; left--) {
    const rootHash = reader.uint(1) === 1 ? reader.copy(HASH_BYTES) : null
    answers.push({ rootHash, byteLength: reader.uint(Number.MAX_SAFE_INTEGER) })
  }
  reader.end()
  return answers
}

export function encodeBye(code: string): Uint8Array {
  return new WireWriter().text(code).finish()
}

export function decodeBye(bytes: Uint8Array): string {
  return new WireReader(bytes).text(MAX_TEXT_BYTES)
}

function positive(n: number): number {
  if (n <= 0) throw new MalformedMessage('a length is not above zero')
  return n
}
