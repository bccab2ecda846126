// A connected peer as a Replica that is only ever read: what it has announced, and what it answers.
// Each side pulls what it lacks, so nothing is sent that the other does not want at that moment.

import b4a from 'b4a'
import { nextCheckpoint } from '../log/checkpoint.js'
import { shortFeedId } from '../log/feed-id.js'
import type { Head, Intake, ReadOptions, Replica, ReplicaDescription, Run } from '../log/replica.js'
import type { SignedLength } from '../log/signature.js'
import type { Conversation } from './conversation.js'
import { LARGE_RUN_BYTES, MAX_FEEDS, PLACES_AT_ONCE, RUNS_AHEAD } from './limits.js'
import { type Place, type PlaceAnswer, decodeHeads, decodePlaces, decodeRun } from './messages.js'
import { Questions } from './questions.js'
import { MalformedMessage } from './wire.js'

/** Of one head in a list, about. */
const HEAD_BYTES = 130

export interface RemoteOptions {
  readonly conversation: Conversation
  readonly description: () => Pick<ReplicaDescription, 'projectId' | 'configuration'>
}

export class Remote implements Replica {
  /** Feeds announced since they were last looked at. */
  readonly news: Set<string> = new Set()
  /** Resolves when the peer has listed what it has. */
  readonly listed: Promise<void>
  readonly questions: Questions
  private readonly known = new Map<string, SignedLength>()
  private readonly before = new Map<string, SignedLength>()
  private readonly places = new Map<string, PlaceAnswer>()
  private finishList!: () => void
  private isListed = false

  constructor(private readonly options: RemoteOptions) {
    this.questions = new Questions(options.conversation)
    this.listed = new Promise((resolve) => (this.finishList = resolve))
  }

  /** Takes an announcement; nothing of it is believed before its signature has been checked. */
  onHeads(bytes: Uint8Array): void {
    const { heads, last } = decodeHeads(bytes)
    const before = this.known.size
    for (const head of heads) if (this.learn(head)) this.news.add(head.feed)
    if (this.known.size > MAX_FEEDS) throw new MalformedMessage(`more than ${MAX_FEEDS} feeds`)
    if (!this.isListed) this.hearList(this.known.size - before, last)
  }

  private hearList(count: number, last: boolean): void {
    const { debt } = this.options.conversation
    debt.pay(count * HEAD_BYTES)
    if (!last) return
    this.isListed = true
    debt.owe(null)
    this.finishList()
  }

  /** Takes one head; whether it goes beyond what was known. */
  learn(head: SignedLength): boolean {
    const held = this.known.get(head.feed)
    if (held !== undefined && held.length >= head.length) return false
    if (held !== undefined) this.before.set(head.feed, held)
    this.known.set(head.feed, head)
    return true
  }

  /** How many blocks of a feed the peer has announced. */
  lengthOf(feed: string): number {
    return this.known.get(feed)?.length ?? 0
  }

  /** The head of one feed. */
  head(feed: string): Head | undefined {
    const head = this.known.get(feed)
    return head && { ...head, held: [{ from: 0, to: head.length }] }
  }

  /** Asks at once about all places that an exchange will ask about one by one. */
  async look(places: readonly Place[]): Promise<void> {
    const pages: Place[][] = []
    for (let at = 0; at < places.length; at += PLACES_AT_ONCE) {
      pages.push(places.slice(at, at + PLACES_AT_ONCE))
    }
    for (const page of pages) {
      const what = `the sizes of ${page.length} feeds`
      const answer = await this.questions.ask({ kind: 'places', places: page }, what)
      const found = decodePlaces(answer, page.length)
      page.forEach((place, i) => this.places.set(placeKey(place), found[i] as PlaceAnswer))
    }
  }

  /** What was asked about is forgotten: it is of no use once the feeds have grown. */
  forgetPlaces(): void {
    this.places.clear()
  }

  // --- Replica

  async describe(): Promise<ReplicaDescription> {
    const label = this.options.conversation.name
    // Its word is checked like a file's, hence not contiguous; it takes what it wants by itself.
    return {
      label,
      ...this.options.description(),
      readOnly: true,
      oneWay: false,
      contiguous: false
    }
  }

  async heads(): Promise<Map<string, Head>> {
    const heads = new Map<string, Head>()
    for (const [feed, head] of this.known) {
      heads.set(feed, { ...head, held: [{ from: 0, to: head.length }] })
    }
    return heads
  }

  /**
   * Runs that follow each other; a few are asked for ahead, each at the cut that is to be expected.
   * Ends early, behind what was asked for, where it is told not to go on.
   */
  async *read(
    feed: string,
    from: number,
    to: number,
    { goesOn = () => true }: { goesOn?: () => boolean } & ReadOptions = {}
  ): AsyncGenerator<Run> {
    let ahead: Array<{ at: number; run: Promise<Run> }> = []
    let depth = 1
    let next = from
    for (let at = from; at < to;) {
      const asks = at === from || goesOn()
      if (!asks && ahead.length === 0) return
      while (asks && ahead.length < depth && next < to && this.questions.room > 0) {
        ahead.push({ at: next, run: this.ask(feed, next, to) })
        next = Math.min(nextCheckpoint(next), to)
      }
      const first = ahead.shift() ?? { at, run: this.ask(feed, at, to) }
      const run = await first.run
      if (run.from !== at) throw new MalformedMessage('a run that was not asked for')
      yield run
      at = run.to
      depth = sizeOf(run) > LARGE_RUN_BYTES ? 1 : RUNS_AHEAD
      // Cut elsewhere than expected: a checkpoint of this feed is unsound. What was asked is useless.
      if (at < to && at !== (ahead[0]?.at ?? next)) {
        ahead = []
        next = at
      }
    }
  }

  /** Only for progress; asked for at once by `look`, and else not worth a question. */
  async byteLength(feed: string, from: number, _to: number): Promise<number> {
    return this.places.get(placeKey({ feed, length: from }))?.byteLength ?? 0
  }

  async rootHash(feed: string, length: number): Promise<Uint8Array | null> {
    for (const head of [this.known.get(feed), this.before.get(feed)]) {
      if (head?.length === length) return head.rootHash
    }
    const place = { feed, length }
    if (!this.places.has(placeKey(place))) await this.look([place])
    return this.places.get(placeKey(place))?.rootHash ?? null
  }

  async prepare(_intake: Intake): Promise<void> {}

  async append(_run: Run): Promise<void> {
    throw new Error('a peer takes what it wants by itself')
  }

  async commit(): Promise<void> {}

  async rollback(): Promise<void> {}

  // --- helpers

  private ask(feed: string, from: number, to: number): Promise<Run> {
    const what = `feed ${shortFeedId(feed)} from block ${from} on`
    const run = this.questions.ask({ kind: 'run', feed, from, to }, what).then((bytes) => {
      if (bytes.byteLength === 0) throw new MalformedMessage('a feed that it has not')
      return decodeRun(feed, bytes)
    })
    // It may be given up before it comes.
    run.catch(() => {})
    return run
  }
}

function placeKey({ feed, length }: Place): string {
  return `${feed}/${length}`
}

export function sizeOf({ blocks }: Run): number {
  return blocks.reduce((sum, { byteLength }) => sum + byteLength, 0)
}

/** Whether the peer's head of a feed is worth an exchange: it goes farther, or another way. */
export function isNews(
  theirs: SignedLength | undefined,
  here: { readonly length: number; readonly rootHash: Uint8Array } | undefined
): boolean {
  if (theirs === undefined) return false
  if (here === undefined || theirs.length > here.length) return true
  return theirs.length === here.length && !b4a.equals(theirs.rootHash, here.rootHash)
}
