// What comes after catching up: feeds that the peer announces are fetched as they grow, by the same
// exchange, restricted to them. One loop does it, however many announcements there are.

import type { Refusal, SyncReport } from '../exchange/report.js'
import { sync } from '../exchange/sync.js'
import type { Conversation } from './conversation.js'
import { Fetching } from './fetching.js'
import { Landing } from './landing.js'
import { peerInvalid } from './peer-errors.js'
import type { PeerContext } from './peers.js'
import type { Pushes } from './pushes.js'
import { type Remote, isNews } from './remote.js'

export interface LiveOptions {
  readonly context: Omit<PeerContext<SyncReport>, 'exchange'>
  readonly conversation: Conversation
  readonly remote: Remote
  readonly pushes: Pushes
  readonly signal: AbortSignal
}

export class Live {
  /** What was not taken from this peer, and why. */
  readonly refusals: Refusal[] = []
  private readonly refusedFeeds = new Set<string>()
  private started = false
  private loop: Promise<void> | null = null

  constructor(private readonly options: LiveOptions) {}

  start(): void {
    this.started = true
    this.punish()
    this.follow()
  }

  /** Whether a feed is to be taken as it comes. */
  wants(feed: string): boolean {
    return this.started && !this.refusedFeeds.has(feed)
  }

  /** Resolves when nothing is under way. */
  get idle(): Promise<void> {
    return this.loop ?? Promise.resolve()
  }

  /** Takes in what has been announced, where that is not under way. */
  follow(): void {
    const { remote, conversation, signal } = this.options
    if (!this.started || this.loop !== null || remote.news.size === 0) return
    this.loop = this.takeNews()
      .catch((error: unknown) => conversation.fail(error))
      .finally(() => {
        this.loop = null
        if (!signal.aborted) this.follow()
      })
  }

  note(refused: readonly Refusal[]): void {
    this.refusals.push(...refused)
    for (const { feed } of refused) this.refusedFeeds.add(feed)
  }

  private async takeNews(): Promise<void> {
    const { context, conversation, remote, pushes, signal } = this.options
    const { log, claims } = context
    const ends = log.ends()
    while (remote.news.size > 0 && !signal.aborted) {
      await pushes.idle
      const feeds = new Set<string>()
      for (const feed of remote.news) {
        if (this.wants(feed) && isNews(remote.head(feed), ends.get(feed))) feeds.add(feed)
      }
      remote.news.clear()
      if (feeds.size === 0) return
      const commit = async (): Promise<void> => context.flushSoon()
      const onLanded = (): void => void context.onReceived()
      const landing = new Landing({ log, claims, owner: conversation, feeds, onLanded, commit })
      const giver = new Fetching({ remote, claims, owner: conversation, ends, signal, feeds })
      try {
        const report = await sync(landing, giver, { signal })
        this.note(report.refused)
        this.note((await context.keepAside(remote, report, signal)).refused)
        this.punish()
      } finally {
        claims.releaseAll(conversation)
        remote.forgetPlaces()
      }
    }
  }

  /** A peer verifies what it holds, so only a broken one hands out forged runs. */
  private punish(): void {
    const { conversation } = this.options
    const forged = this.refusals.find(({ code }) => code === 'FEED_FORGED')
    if (forged !== undefined) conversation.fail(peerInvalid(conversation.name, forged.message))
  }
}
