// Tells one peer where feeds end: all of them once, then those that grow. While the peer takes no
// more, feeds wait as names in a set, not as messages, so a slow peer costs no memory.

import type { Log } from '../log/log.js'
import type { Head, Run } from '../log/replica.js'
import type { SignedLength } from '../log/signature.js'
import type { Conversation } from './conversation.js'
import { HEADS_AT_ONCE } from './limits.js'
import { MESSAGE, encodeHeads, encodePush } from './messages.js'

export class Announcer {
  private readonly grown = new Set<string>()
  /** By feed: the length that the peer was told last. */
  private readonly told = new Map<string, number>()
  private listed = false
  private busy = false

  constructor(
    private readonly conversation: Conversation,
    /** How much of a feed the peer is known to have: it need not be told what it told us. */
    private readonly lengthThere: (feed: string) => number
  ) {}

  /** The first listing; then what has grown meanwhile. */
  async list(heads: ReadonlyMap<string, Head>, log: Log): Promise<void> {
    const all = [...heads.values()]
    for (let at = 0; at < all.length; at += HEADS_AT_ONCE) {
      this.send(all.slice(at, at + HEADS_AT_ONCE), false)
      await this.conversation.drained()
    }
    this.send([], true)
    this.listed = true
    this.add([], log)
  }

  add(feeds: Iterable<string>, log: Log): void {
    for (const feed of feeds) this.grown.add(feed)
    if (!this.busy && this.listed) void this.work(log)
  }

  private async work(log: Log): Promise<void> {
    this.busy = true
    try {
      while (this.grown.size > 0) {
        const heads: SignedLength[] = []
        for (const feed of this.grown) {
          if (heads.length === HEADS_AT_ONCE) break
          this.grown.delete(feed)
          const end = await log.disclose(feed)
          const known = Math.max(this.told.get(feed) ?? 0, this.lengthThere(feed))
          if (end === undefined || end.length <= known) continue
          // Of nobody else's feed does the peer take what it did not ask for.
          const own = feed === log.id && feed === this.conversation.introducedAs
          const run = own ? log.recentRun(known, end) : null
          if (run === null) heads.push({ feed, ...end })
          else this.push(run)
        }
        if (heads.length > 0) this.send(heads, false)
        await this.conversation.drained()
      }
    } catch (error) {
      this.conversation.fail(error)
    } finally {
      this.busy = false
    }
  }

  private push(run: Run): void {
    this.told.set(run.feed, run.to)
    this.conversation.send(MESSAGE.push, encodePush(run))
  }

  private send(heads: readonly SignedLength[], last: boolean): void {
    for (const { feed, length } of heads) this.told.set(feed, length)
    this.conversation.send(MESSAGE.heads, encodeHeads({ heads, last }))
  }
}
