// Who writes what this device records: its own feed, and from the moment that it is known to have
// forked a fresh one, which names it. Whoever holds the other branch can take nothing more of the old
// one, so nothing more is written there.

import type { ForkedFeed } from './head-file.js'
import { renewIdentity } from './identity.js'
import { NamedMutexes } from './named-mutexes.js'
import { OwnFeed, type OwnFeedOptions } from './own-feed.js'

export class Writer {
  /** By feed, shared by own appends and incoming runs. */
  readonly mutexes: NamedMutexes = new NamedMutexes()
  /** By id, edits of one thing: each replaces what the one before has written. */
  readonly edits: NamedMutexes = new NamedMutexes()

  private constructor(
    private own: OwnFeed,
    private readonly options: OwnFeedOptions
  ) {}

  static async open(options: OwnFeedOptions, name: string): Promise<Writer> {
    return new Writer(await OwnFeed.open(options, name), options)
  }

  /** The feed that is written now. */
  get feed(): OwnFeed {
    return this.own
  }

  /** Runs while nobody else writes the own feed. */
  async alone<T>(work: (own: OwnFeed) => Promise<T>): Promise<T> {
    for (;;) {
      const { own } = this
      // It may have been given up while this waited.
      const done = await this.mutexes.alone(own.id, async () =>
        own === this.own ? { value: await work(own) } : null
      )
      if (done !== null) return done.value
    }
  }

  /**
   * Notes that a feed which this device writes, or wrote, has forked at `from`; the one that it writes
   * is given up for a fresh one. False where there is nothing to do: a stranger's, or noted before.
   */
  async noteFork(feed: string, from: number): Promise<boolean> {
    const { options } = this
    return this.alone(async (own) => {
      if (feed !== own.id) return this.forkedEarlier(own, feed, from)
      if (own.hasEnded || options.store.readOnly) return false
      this.own = await own.giveUp(async () => {
        const identity = await renewIdentity(options, options.project, own.asForked(from))
        return OwnFeed.open({ ...options, ...identity }, own.name)
      })
      return true
    })
  }

  /** All that is only in this device's branch of the feed has been written again. */
  async noteIssued({ feed, from }: ForkedFeed): Promise<void> {
    await this.alone((own) =>
      own.noteForked(
        own.forked.map((old) => (old.feed === feed && old.from === from ? done(old) : old))
      )
    )
  }

  /** A third branch may part earlier than the second did. */
  private async forkedEarlier(own: OwnFeed, feed: string, from: number): Promise<boolean> {
    const known = own.forked.find((old) => old.feed === feed)
    if (known === undefined || known.from <= from) return false
    const earlier = { ...known, from, issued: false }
    await own.noteForked(own.forked.map((old) => (old === known ? earlier : old)))
    return true
  }
}

function done(forked: ForkedFeed): ForkedFeed {
  return { ...forked, issued: true }
}
