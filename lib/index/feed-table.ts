// What the view knows of each feed: a small number that stands for it in rows, how far it has been
// read, what could not be read in it, and whose it is. Kept in memory whole and in the tree as one
// record per feed; a changed record is written in the batch of the rows that it stands for.

import { Encoder } from 'cbor-x'
import type { HelloEntry } from '../log/entry.js'
import { SIGNER_KEY_BYTES, toFeedId, toSignerKey } from '../log/feed-id.js'
import { ViewDamage } from './damage.js'
import type { FeedNumbers } from './version-bytes.js'

const ROOT_HASH_BYTES = 32

const cbor = new Encoder({ useRecords: false, tagUint8Array: false })

/** The position and what was met on the way there. */
export interface FeedState {
  readonly feed: string
  /** Blocks taken in. */
  readonly length: number
  /** Root hash over these; empty where `length` is 0. */
  readonly rootHash: Uint8Array
  /** Entries that were broken. */
  readonly unreadable: number
  /** Entries that need a newer version of this library. */
  readonly unknown: number
  /** From the feed's hello: the device's name, and when it began, in milliseconds. */
  readonly name?: string | undefined
  readonly createdAt?: number | undefined
}

export class FeedTable implements FeedNumbers {
  readonly #states: FeedState[] = []
  readonly #numbers = new Map<string, number>()
  readonly #unsaved = new Set<number>()

  /** Takes a record from the tree; they come in order of number. */
  load(number: number, record: Uint8Array): void {
    if (number !== this.#states.length) throw new ViewDamage('The feed table has a hole')
    const state = decodeState(record)
    if (this.#numbers.has(state.feed)) throw new ViewDamage('The feed table names a feed twice')
    this.#states.push(state)
    this.#numbers.set(state.feed, number)
  }

  numberOf(feed: string): number {
    const known = this.#numbers.get(feed)
    if (known !== undefined) return known
    const number = this.#states.push(unread(feed)) - 1
    this.#numbers.set(feed, number)
    this.#unsaved.add(number)
    return number
  }

  /** Undefined where the view has nothing of the feed. */
  find(feed: string): number | undefined {
    return this.#numbers.get(feed)
  }

  feedOf(number: number): string {
    const state = this.#states[number]
    if (state === undefined) throw new ViewDamage('A row names a feed that is not in the table')
    return state.feed
  }

  get(feed: string): FeedState {
    const number = this.#numbers.get(feed)
    return number === undefined ? unread(feed) : this.#states[number]!
  }

  set(state: FeedState): void {
    const number = this.numberOf(state.feed)
    this.#states[number] = state
    this.#unsaved.add(number)
  }

  /** Records that the tree does not have yet. */
  *unsaved(): Generator<[number: number, record: Uint8Array]> {
    for (const number of this.#unsaved) yield [number, encodeState(this.#states[number]!)]
  }

  saved(): void {
    this.#unsaved.clear()
  }

  [Symbol.iterator](): IterableIterator<FeedState> {
    return this.#states.values()
  }
}

/** A feed's state with its hello taken in. */
export function withHello(state: FeedState, hello: HelloEntry): FeedState {
  return { ...state, name: hello.name, createdAt: hello.createdAt }
}

function unread(feed: string): FeedState {
  return { feed, length: 0, rootHash: new Uint8Array(0), unreadable: 0, unknown: 0 }
}

function encodeState(s: FeedState): Uint8Array {
  const key = toSignerKey(s.feed)
  return cbor.encode([key, s.length, s.rootHash, s.unreadable, s.unknown, s.name, s.createdAt])
}

function decodeState(record: Uint8Array): FeedState {
  let fields: unknown
  try {
    fields = cbor.decode(record)
  } catch (error) {
    throw new ViewDamage('A feed record is broken', error)
  }
  const [key, length, rootHash, unreadable, unknown, name, createdAt] = (
    Array.isArray(fields) ? fields : []
  ) as unknown[]
  const valid =
    isBytes(key, SIGNER_KEY_BYTES) &&
    isCount(length) &&
    isBytes(rootHash, length === 0 ? 0 : ROOT_HASH_BYTES) &&
    isCount(unreadable) &&
    isCount(unknown) &&
    (name === undefined || typeof name === 'string') &&
    (createdAt === undefined || typeof createdAt === 'number')
  if (!valid) throw new ViewDamage('A feed record has the wrong fields')
  return { feed: toFeedId(key), length, rootHash, unreadable, unknown, name, createdAt }
}

function isBytes(value: unknown, byteLength: number): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength === byteLength
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
