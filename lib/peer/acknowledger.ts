// Tells one peer how far this device holds each feed durably, and takes the peer's word: all that is
// known of who holds what once, when both catch up; after that this device's own word alone, for
// feeds that have become durable since. Nobody passes on live what others say: in a full mesh that
// would be everybody's word from everybody, for every entry.

import { HeldTable } from '../log/acknowledgments.js'
import type { Log } from '../log/log.js'
import type { Acknowledgment } from '../log/replica.js'
import { SIGNER_KEY_BYTES, toFeedId, toSignerKey } from '../log/feed-id.js'
import type { Conversation } from './conversation.js'
import { ACKNOWLEDGMENTS_AT_ONCE, MAX_FEED_LENGTH } from './limits.js'
import { MESSAGE } from './messages.js'
import { MalformedMessage, WireReader, WireWriter } from './wire.js'

/** What a peer can have said before both have caught up, at most: the rest comes with the next link. */
const EARLY_ROWS = 20_000

export class Acknowledger {
  private started = false
  /** Heard while what it is about may not have come yet. */
  private readonly early = new HeldTable(EARLY_ROWS)

  constructor(
    private readonly log: Log,
    private readonly conversation: Conversation,
    private readonly onHeard: () => void
  ) {}

  /** Once what the peer held is here: takes what it has said of that, and tells all that is known. */
  async start(): Promise<void> {
    this.started = true
    this.hear(this.early.rows())
    await this.send(this.log.held.rows())
  }

  /** Tells of feeds that have become durable here. */
  async tell(feeds: readonly string[]): Promise<void> {
    if (!this.started) return
    const { log } = this
    const rows = feeds
      // That a device holds its own entries says nothing.
      .filter((feed) => feed !== log.id)
      .map((feed) => ({ device: log.id, feed, length: log.held.durable.lengthOf(feed) }))
    await this.send(rows)
  }

  onMessage(bytes: Uint8Array): void {
    const rows = decodeAcknowledgments(bytes)
    if (this.started) this.hear(rows)
    else this.early.merge(rows)
  }

  private hear(rows: readonly Acknowledgment[]): void {
    this.log.held.hear(rows)
    this.onHeard()
  }

  private async send(rows: readonly Acknowledgment[]): Promise<void> {
    for (let at = 0; at < rows.length; at += ACKNOWLEDGMENTS_AT_ONCE) {
      const page = rows.slice(at, at + ACKNOWLEDGMENTS_AT_ONCE)
      this.conversation.send(MESSAGE.acknowledgments, encodeAcknowledgments(page))
      await this.conversation.drained()
    }
  }
}

/** Each id once, then rows of: place of the device's id, place of the feed's, length. */
export function encodeAcknowledgments(rows: readonly Acknowledgment[]): Uint8Array {
  const places = new Map<string, number>()
  const placeOf = (id: string): number => {
    const place = places.get(id) ?? places.size
    places.set(id, place)
    return place
  }
  const numbers = rows.map(({ device, feed, length }) => [placeOf(device), placeOf(feed), length])
  const writer = new WireWriter().uint(places.size)
  for (const id of places.keys()) writer.bytes(toSignerKey(id))
  writer.uint(rows.length)
  for (const number of numbers.flat()) writer.uint(number)
  return writer.finish()
}

export function decodeAcknowledgments(bytes: Uint8Array): Acknowledgment[] {
  const reader = new WireReader(bytes)
  const ids: string[] = []
  for (let left = reader.uint(2 * ACKNOWLEDGMENTS_AT_ONCE); left > 0; left--) {
    ids.push(toFeedId(reader.bytes(SIGNER_KEY_BYTES)))
  }
  const rows: Acknowledgment[] = []
  for (let left = reader.uint(ACKNOWLEDGMENTS_AT_ONCE); left > 0; left--) {
    const device = ids[reader.uint(ids.length)]
    const feed = ids[reader.uint(ids.length)]
    if (device === undefined || feed === undefined) throw new MalformedMessage('an id is missing')
    const length = reader.uint(Number.MAX_SAFE_INTEGER)
    // Anybody can have told the peer so, who is sound.
    if (length <= MAX_FEED_LENGTH) rows.push({ device, feed, length })
  }
  reader.end()
  return rows
}
