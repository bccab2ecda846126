// Runs that a peer sends without having been asked: the newest few blocks of its own feed, which
// saves a live entry a round trip. Only a feed's writer pushes, so nobody is sent a run twice. A run
// that does not go on from what is here, or is not sound, is passed over: then the feed is fetched
// like any other that was announced, and whatever is wrong with it comes out there.

import type { SyncReport } from '../exchange/report.js'
import type { Run } from '../log/replica.js'
import type { Conversation } from './conversation.js'
import { MAX_PUSHES } from './limits.js'
import { decodePush } from './messages.js'
import type { PeerContext } from './peers.js'
import { type Remote, isNews } from './remote.js'
import { MalformedMessage } from './wire.js'

export class Pushes {
  /** Bytes received. */
  received = 0
  private waiting = 0
  private last: Promise<void> = Promise.resolve()

  constructor(
    private readonly context: Pick<
      PeerContext<SyncReport>,
      'log' | 'claims' | 'flushSoon' | 'onReceived'
    >,
    private readonly conversation: Conversation,
    private readonly remote: Remote,
    private readonly signal: AbortSignal
  ) {}

  /** Resolves when what has come so far is in the log or was passed over. */
  get idle(): Promise<void> {
    return this.last
  }

  /**
   * Takes in a run where its feed is `wanted` now. Resolves when that is done; where something is
   * left to fetch, the feed is among the news then.
   */
  onPush(bytes: Uint8Array, wanted: (feed: string) => boolean): Promise<void> {
    const run = decodePush(bytes)
    const { feed, to: length, rootHash, signature } = run
    if (feed !== this.conversation.peer?.device) {
      throw new MalformedMessage('a run that is not its own')
    }
    this.received += bytes.byteLength
    if (!this.remote.learn({ feed, length, rootHash, signature })) return this.last
    const taken = wanted(feed) ? this.take(run) : Promise.resolve()
    return taken.then(() => {
      const here = this.context.log.ends().get(feed)
      if (isNews(this.remote.head(feed), here)) this.remote.news.add(feed)
    })
  }

  /** One after the other. So many may wait that a burst is taken in, and not so many as to cost. */
  private take(run: Run): Promise<void> {
    if (this.waiting >= MAX_PUSHES) return this.last
    this.waiting++
    this.last = this.last.then(() => this.append(run)).finally(() => this.waiting--)
    return this.last
  }

  private async append(run: Run): Promise<void> {
    const { log, claims, flushSoon, onReceived } = this.context
    // Others may announce it before it is in the log here, and are not to be asked for it.
    const claim = await claims.take(run.feed, this, this.signal)
    if (claim === null) return
    try {
      const length = log.ends().get(run.feed)?.length ?? 0
      if (run.from > length || run.to <= length) return
      await log.append(run)
      flushSoon()
      void onReceived()
    } catch {
      // Fetching the feed fails in the same way, and then it is told.
    } finally {
      claim.finish()
    }
  }
}
