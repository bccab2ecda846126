// Who is known to hold what: one row per device and feed, the length that the device itself said it
// holds durably. Carried in sync files and over links, merged by the larger length, kept beside the
// store. A stick is no device: it can be lost, so it counts only as "written to ... on ...".

import { Mutex } from 'async-mutex'
import { readIfThere, writeDurably } from './durable-file.js'
import { isFeedId } from './feed-id.js'
import type { Acknowledgment } from './replica.js'
import { MAX_FEED_LENGTH } from './run-checks.js'
import { translateStoreError } from './store-errors.js'

/** Rows at most; beyond it new ones are no longer taken. */
const MAX_ROWS = 200_000

/** Sticks that are remembered. */
const MAX_CARRIERS = 16

/** A sync file that this device wrote into. */
export interface Carrier {
  readonly path: string
  /** ISO 8601. */
  readonly writtenAt: string
  /** Blocks of the own feed that it held then. */
  readonly length: number
}

/** Rows of who holds what, without where they are kept. */
export class HeldTable {
  private readonly byDevice = new Map<string, Map<string, number>>()
  private rowCount = 0

  constructor(private readonly maxRows: number = MAX_ROWS) {}

  /** Takes rows that are news, and gives them back. One that no feed can bear out is no news. */
  merge(rows: Iterable<Acknowledgment>): Acknowledgment[] {
    const news: Acknowledgment[] = []
    for (const row of rows) {
      const { device, feed, length } = row
      if (length < 0 || length > MAX_FEED_LENGTH) continue
      const feeds = this.byDevice.get(device) ?? new Map<string, number>()
      const known = feeds.get(feed)
      if (known !== undefined && known >= length) continue
      if (known === undefined) {
        if (this.rowCount >= this.maxRows) continue
        this.rowCount++
      }
      feeds.set(feed, length)
      this.byDevice.set(device, feeds)
      news.push(row)
    }
    return news
  }

  rows(): Acknowledgment[] {
    return [...this.byDevice].flatMap(([device, feeds]) =>
      [...feeds].map(([feed, length]) => ({ device, feed, length }))
    )
  }

  /** Blocks of a feed that some device besides those has said it holds. */
  heldBesides(except: readonly string[], feed: string): number {
    let held = 0
    for (const [device, feeds] of this.byDevice) {
      if (!except.includes(device)) held = Math.max(held, feeds.get(feed) ?? 0)
    }
    return held
  }
}

/** The rows that a device has heard of, kept in a file beside its store. */
export class Acknowledgments {
  readonly table: HeldTable = new HeldTable()
  private carriers: Carrier[] = []
  private changed = false
  private readonly mutex = new Mutex()

  private constructor(private readonly path: string) {}

  /**
   * What the file says of feeds that are known; a damaged one says nothing, for rows come again with
   * every sync.
   */
  static async open(path: string, isKnown: (feed: string) => boolean): Promise<Acknowledgments> {
    const acknowledgments = new Acknowledgments(path)
    const text = await readIfThere(path)
    if (text !== null) acknowledgments.load(text, isKnown)
    acknowledgments.changed = false
    return acknowledgments
  }

  merge(rows: Iterable<Acknowledgment>): void {
    if (this.table.merge(rows).length > 0) this.changed = true
  }

  written(carrier: Carrier): void {
    const [newest] = this.carriers
    const { path, length } = carrier
    if (newest?.path === path && newest.length === length) return
    const others = this.carriers.filter((other) => other.path !== path)
    this.carriers = [carrier, ...others].slice(0, MAX_CARRIERS)
    this.changed = true
  }

  /** The newest first. */
  get writtenTo(): readonly Carrier[] {
    return this.carriers
  }

  /** Writes the file where it would say something new; one at a time. */
  save(): Promise<void> {
    return this.mutex.runExclusive(() => this.write())
  }

  private async write(): Promise<void> {
    if (!this.changed) return
    this.changed = false
    const rows = this.table.rows().map(({ device, feed, length }) => [device, feed, length])
    const content = { format: 1, rows, carriers: this.carriers }
    try {
      await writeDurably(this.path, `${JSON.stringify(content)}\n`)
    } catch (error) {
      this.changed = true
      throw translateStoreError(error, this.path)
    }
  }

  private load(text: string, isKnown: (feed: string) => boolean): void {
    try {
      const { rows, carriers } = JSON.parse(text) as { rows: unknown[][]; carriers: Carrier[] }
      const known = [...toRows(rows)].filter(({ device, feed }) => isKnown(device) && isKnown(feed))
      this.merge(known)
      this.carriers = carriers.filter(isCarrier).slice(0, MAX_CARRIERS)
    } catch {
      // Not worth a word: it is filled again by the next syncs.
    }
  }
}

function* toRows(rows: unknown[][]): Generator<Acknowledgment> {
  for (const [device, feed, length] of rows) {
    if (isFeedId(device) && isFeedId(feed) && Number.isSafeInteger(length)) {
      yield { device, feed, length: length as number }
    }
  }
}

function isCarrier(value: Carrier): boolean {
  const { path, writtenAt, length } = value
  return typeof path === 'string' && typeof writtenAt === 'string' && Number.isSafeInteger(length)
}
