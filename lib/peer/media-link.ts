// Photos and files over one link. Each side pulls what its entries reference and it lacks, from
// whoever has it, after the entries and beside what comes live; it is asked about again when entries
// arrive, or when the peer says that it has got something. One photo comes from one peer at a time.

import { syncMedia } from '../exchange/media.js'
import { type MediaReport, emptyMediaReport } from '../exchange/media-report.js'
import { type OnProgress, type Progress, ProgressMeter } from '../exchange/progress.js'
import type { Amount } from '../exchange/report.js'
import type { Log } from '../log/log.js'
import type { MediaPolicy, MediaReference, Wanted } from '../log/media/reference.js'
import type { Conversation } from './conversation.js'
import { MAX_MEDIA_NEWS, MEDIA_AT_ONCE } from './limits.js'
import { type MediaNews, encodeMediaNews } from './media-messages.js'
import type { MediaRemote } from './media-remote.js'
import { isWhole } from './media-server.js'
import { MESSAGE } from './messages.js'
import { peerInvalid } from './peer-errors.js'

/** Photos asked about and fetched before the catalogue is looked at again. */
const PAGE = MEDIA_AT_ONCE

export interface MediaLinkOptions {
  readonly log: Log
  readonly wanted: Wanted
  readonly policy: MediaPolicy
  readonly remote: MediaRemote
  readonly conversation: Conversation
  /** What links of this device are fetching, by hash. */
  readonly claimed: Set<string>
  /** Claims were given up: others may want to fetch these. */
  readonly onReleased: () => void
  readonly signal: AbortSignal
}

/** What catching up has moved, and whom to tell of it. */
export interface MediaTally {
  readonly received: Amount
  readonly media: MediaReport
  readonly onProgress?: OnProgress | undefined
  readonly before?: Progress | undefined
}

export class MediaLink {
  /** Hashes that the peer has said it lacks. */
  private readonly lacking = new Set<string>()
  private readonly news = new Set<string>()
  private newsLost = false
  private telling = false
  /** Resolves when all that `tell` was told has been said. */
  told: Promise<void> = Promise.resolve()
  private started = false
  private again = false
  private leftToOthers = false
  private loop: Promise<void> | null = null

  constructor(private readonly options: MediaLinkOptions) {}

  get idle(): Promise<unknown> {
    return Promise.allSettled([this.loop, this.told])
  }

  /** Takes all that the peer has and that is wanted; goes on by itself from then on. */
  async catchUp(tally: MediaTally): Promise<void> {
    this.started = true
    this.loop = this.takeAll(tally).finally(() => (this.loop = null))
    await this.loop
    if (this.again) this.look()
  }

  /** Entries have come, or photos may be had that another link gave up. */
  look(): void {
    this.again = true
    if (!this.started || this.loop !== null || this.options.signal.aborted) return
    const tally = { received: { entries: 0, media: 0, bytes: 0 }, media: emptyMediaReport() }
    this.loop = this.takeAll(tally)
      .catch((error: unknown) => this.options.conversation.fail(error))
      .finally(() => {
        this.loop = null
        if (this.again) this.look()
      })
  }

  /** Another link has given up what it was fetching. */
  released(): void {
    if (this.leftToOthers) this.look()
  }

  /** The peer has got photos. */
  onNews({ hashes, all }: MediaNews): void {
    if (all) this.lacking.clear()
    let isNews = all
    for (const hash of hashes) if (this.lacking.delete(hash)) isNews = true
    if (isNews) this.look()
  }

  /** A photo has become whole here. Whoever gave it wants to know, too: it is held elsewhere now. */
  tell(hash: string): void {
    if (this.news.size < MAX_MEDIA_NEWS) this.news.add(hash)
    else this.newsLost = true
    if (this.telling) return
    this.telling = true
    this.told = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.sendNews())
      .catch((error: unknown) => this.options.conversation.fail(error))
  }

  private async sendNews(): Promise<void> {
    const { conversation, log } = this.options
    while (!conversation.isOver && (this.news.size > 0 || this.newsLost)) {
      await log.blobs.holders.tell(() => this.sendSomeNews())
      await conversation.drained()
    }
    this.telling = false
  }

  private sendSomeNews(): void {
    const hashes = [...this.news].slice(0, MEDIA_AT_ONCE)
    for (const hash of hashes) this.news.delete(hash)
    const news = encodeMediaNews({ hashes, all: this.newsLost })
    this.options.conversation.send(MESSAGE.mediaNews, news)
    this.newsLost = false
  }

  private async takeAll(tally: MediaTally): Promise<void> {
    const { signal } = this.options
    const meter = new ProgressMeter(tally.onProgress, tally.before)
    meter.enter('media')
    do {
      this.again = false
      for (let page = await this.page(); page.length > 0; page = await this.page()) {
        if (signal.aborted) return
        await this.take(page, tally, meter)
      }
    } while (this.again && !signal.aborted)
  }

  /** The next photos that are wanted and not here, and that the peer may have. */
  private async page(): Promise<MediaReference[]> {
    const { log, wanted, policy, claimed } = this.options
    const table = await log.blobs.held()
    const lacking = (hash: Uint8Array, size: number): boolean => !table.isWhole(hash, size)
    const page: MediaReference[] = []
    this.leftToOthers = false
    for (const reference of wanted(policy, lacking)) {
      if (this.lacking.has(reference.hash)) continue
      if (claimed.has(reference.hash)) this.leftToOthers = true
      else if (page.push(reference) === PAGE) break
    }
    return page
  }

  private async take(
    page: readonly MediaReference[],
    tally: MediaTally,
    progress: ProgressMeter
  ): Promise<void> {
    const { log, remote, policy, claimed, conversation, signal, onReleased } = this.options
    // Claimed before anything is awaited: another link must not choose the same.
    for (const { hash } of page) claimed.add(hash)
    try {
      const there = new Set(await remote.look(page))
      for (const reference of page) {
        if (there.has(reference)) continue
        this.lacking.add(reference.hash)
        claimed.delete(reference.hash)
      }
      if (there.size === 0) return
      onReleased()
      const report = await syncMedia(log, remote, {
        wanted: (_policy, _lacking) => there,
        receive: policy,
        send: null,
        signal,
        progress,
        received: tally.received,
        sent: { entries: 0, media: 0, bytes: 0 }
      })
      tally.media.leftOut.push(...report.leftOut)
      tally.media.refused.push(...report.refused)
      // A peer verifies what it holds, so only a broken one hands out other bytes.
      const forged = report.refused.find(({ code }) => code === 'MEDIA_FORGED')
      if (forged !== undefined) conversation.fail(peerInvalid(conversation.name, forged.message))
      const table = await log.blobs.held()
      for (const name of there) if (!isWhole(table, name)) this.lacking.add(name.hash)
    } finally {
      for (const { hash } of page) claimed.delete(hash)
      onReleased()
    }
  }
}
