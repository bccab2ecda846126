// All that a link does about photos and files, beside what it does about feeds: answers, asks, tells,
// and says when it has caught up. A peer that knows nothing of them is not spoken to about them.

import type { OnProgress, Progress } from '../exchange/progress.js'
import type { SyncReport } from '../exchange/report.js'
import type { MediaReport } from '../exchange/media-report.js'
import { emptyMediaReport } from '../exchange/media-report.js'
import type { Log } from '../log/log.js'
import type { MediaPolicy, Wanted } from '../log/media/reference.js'
import type { Conversation } from './conversation.js'
import { MediaLink } from './media-link.js'
import { type MediaNews, decodeMediaNews } from './media-messages.js'
import { MediaRemote } from './media-remote.js'
import { MediaServer } from './media-server.js'
import { type Greeting, MESSAGE } from './messages.js'
import type { Remote } from './remote.js'
import type { Server } from './server.js'

/** What the links of one device share. */
export interface PeerMedia {
  readonly wanted: Wanted
  /** What is being fetched, by hash. */
  readonly claimed: Set<string>
  readonly onReleased: () => void
}

export interface MediaSideOptions {
  readonly log: Log
  readonly media: PeerMedia | undefined
  readonly conversation: Conversation
  readonly remote: Remote
  readonly server: Server
  readonly policy: MediaPolicy
  readonly signal: AbortSignal
}

export class MediaSide {
  readonly link: MediaLink | null = null
  private readonly server: MediaServer
  private readonly asked: MediaRemote
  private readonly peerCaughtUp: Promise<void>
  private hearCaughtUp!: () => void

  constructor(private readonly options: MediaSideOptions) {
    const { log, media, conversation, remote, server, policy, signal } = options
    this.server = new MediaServer(log.blobs, conversation, () => server.answers.idle)
    this.asked = new MediaRemote(remote, conversation)
    this.peerCaughtUp = new Promise((resolve) => (this.hearCaughtUp = resolve))
    if (media === undefined) return
    const parts = { log, policy, remote: this.asked, conversation, signal }
    this.link = new MediaLink({ ...parts, ...media })
  }

  get served(): { readonly media: number; readonly bytes: number } {
    return this.server.served
  }

  get bytesReceived(): number {
    return this.asked.questions.received
  }

  get idle(): Promise<unknown> {
    return Promise.allSettled([this.link?.idle, this.server.answers.idle])
  }

  /** Resolves when both sides have taken what they want; adds to the report what came. */
  async catchUp(
    report: SyncReport & { readonly media?: MediaReport },
    { onProgress, before }: { onProgress: OnProgress | undefined; before: Progress | undefined },
    broken: () => Promise<never>
  ): Promise<void> {
    const { conversation } = this.options
    if (this.link === null || conversation.peer?.media !== true) return
    const { received, media = emptyMediaReport() } = report
    const tally = { received, media, onProgress, before }
    await Promise.race([this.link.catchUp(tally), broken()])
    await Promise.race([this.hearWhatPeerHolds(conversation.peer), broken()])
    await Promise.race([this.link.told, broken()])
    conversation.send(MESSAGE.mediaCaughtUp, new Uint8Array(0))
    await Promise.race([this.peerCaughtUp, broken()])
  }

  /** A photo has become whole here. */
  tell(hash: string): void {
    if (this.options.conversation.peer?.media === true) this.link?.tell(hash)
  }

  /** Entries have come that may reference more. */
  look(): void {
    if (this.options.conversation.peer?.media === true) this.link?.look()
  }

  private onNews(news: MediaNews): void {
    const { conversation, log } = this.options
    if (conversation.peer !== null)
      log.blobs.holders.hearMore(conversation.peer.device, news.hashes)
    this.link?.onNews(news)
  }

  /** All of it, once; what becomes whole there later is news. */
  private async hearWhatPeerHolds({ device, saysHeldMedia }: Greeting): Promise<void> {
    if (saysHeldMedia !== true) return
    const { blobs } = this.options.log
    const said = await this.asked.held(device, blobs.holders.heardAt(device) ?? 0)
    if (said !== null) await blobs.hearFrom(said)
  }

  /** Takes a message about media; false where it is about something else. */
  onMessage(type: number, bytes: Uint8Array): boolean {
    if (type === MESSAGE.mediaQuestion) this.server.answers.onQuestion(bytes)
    else if (type === MESSAGE.mediaAnswer) this.asked.questions.onAnswer(bytes)
    else if (type === MESSAGE.mediaChunk) this.asked.questions.onChunk(bytes)
    else if (type === MESSAGE.mediaNews) this.onNews(decodeMediaNews(bytes))
    else if (type === MESSAGE.mediaCaughtUp) this.hearCaughtUp()
    else return false
    return true
  }
}
