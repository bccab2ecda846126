// One peer of a device, from catching up to going on live. Both sides pull: each runs the one
// exchange (lib/exchange) between its log and the other as a replica, first over everything, then
// over each feed that the other announces (live.ts). Only a device's own newest blocks are sent
// unasked: see pushes.ts.

import type { Duplex } from 'node:stream'
import { CairnError } from '../errors.js'
import type { OnProgress, Progress } from '../exchange/progress.js'
import type { Refusal, SyncReport } from '../exchange/report.js'
import { assertSameConfiguration } from '../exchange/refusals.js'
import { ALL_TIERS, type MediaChoice, checkMediaChoice } from '../log/media/choice.js'
import { Acknowledger } from './acknowledger.js'
import { Announcer } from './announcer.js'
import { Conversation, WANTED } from './conversation.js'
import { Fetching } from './fetching.js'
import { Landing } from './landing.js'
import { Live } from './live.js'
import { MediaSide } from './media-side.js'
import { MESSAGE } from './messages.js'
import { ended } from './peer-errors.js'
import type { PeerContext } from './peers.js'
import { Pushes } from './pushes.js'
import { Remote } from './remote.js'
import { Server } from './server.js'
import { MalformedMessage } from './wire.js'

export interface ReplicateOptions {
  /** Ends the link; what had arrived is kept. */
  signal?: AbortSignal | undefined
  /** False: the link ends once both sides have what the other had. True unless told otherwise. */
  live?: boolean | undefined
  /** Which photos and files are taken from this peer; all unless told otherwise. */
  media?: MediaChoice | undefined
  /** Hears of catching up, not of what comes live. */
  onProgress?: OnProgress | undefined
  /**
   * True: also serves peers that replicate by corestore alone and know a feed's key. What they read
   * of this device's own feed may be newer than what survives a power cut here.
   */
  stock?: boolean | undefined
}

/** The other end of a link, as it introduced itself. */
export interface LinkPeer {
  /** Device id. */
  readonly id: string
  readonly name: string
}

/** A connection to one peer. None of its promises has to be listened to. */
export class Link<Report extends SyncReport = SyncReport> {
  /**
   * Resolves when each side has, durable and visible, what the other held; live entries go on
   * coming. Rejects with PROJECT_MISMATCH, CONFIGURATION_MISMATCH, PEER_SILENT, PEER_CLOSED,
   * PEER_INVALID, NO_SPACE, ABORTED, CLOSED.
   */
  readonly caughtUp: Promise<Report>
  /** Resolves when the link has ended as one side wished; rejects with a code where it broke. */
  readonly closed: Promise<void>
  private readonly conversation: Conversation
  private readonly remote: Remote
  private readonly server: Server
  private readonly pushes: Pushes
  private readonly announcer: Announcer
  private readonly acknowledger: Acknowledger
  private readonly live: Live
  private readonly photos: MediaSide
  private progress: Progress | undefined
  private readonly aborter = new AbortController()
  private readonly peerCaughtUp: Promise<void>
  private hearCaughtUp!: () => void

  /** Use `device.replicate`. */
  constructor(
    private readonly context: PeerContext<Report>,
    stream: Duplex,
    foreign: boolean,
    private readonly options: ReplicateOptions
  ) {
    const { log, project, silenceMs, greeting } = context
    const lengthHere = (feed: string): number => log.ends().get(feed)?.length ?? 0
    const attach = options.stock === true ? context.serveStock : undefined
    const conversation = new Conversation(stream, foreign, { project, greeting, silenceMs, attach })
    const { signal } = this.aborter
    const description = () => ({
      projectId: project.id,
      configuration: conversation.peer?.configuration ?? null
    })
    this.conversation = conversation
    const remote = new Remote({ conversation, description })
    this.remote = remote
    this.pushes = new Pushes(context, conversation, remote, signal)
    this.live = new Live({ context, conversation, remote, pushes: this.pushes, signal })
    this.server = new Server(log, lengthHere, conversation)
    const policy = checkMediaChoice(options) ?? ALL_TIERS
    const { server } = this
    const { media } = context
    this.photos = new MediaSide({ log, media, conversation, remote, server, policy, signal })
    this.announcer = new Announcer(conversation, (feed) => remote.lengthOf(feed))
    this.acknowledger = new Acknowledger(log, conversation, context.flushSoon)
    this.peerCaughtUp = new Promise((resolve) => (this.hearCaughtUp = resolve))
    conversation.onMessage = (type, bytes) => this.onMessage(type, bytes)
    void conversation.over.then(() => this.aborter.abort())
    this.caughtUp = this.run()
    this.closed = this.end()
    for (const promise of [this.caughtUp, this.closed]) promise.catch(() => {})
    this.obey(options.signal)
  }

  /** Known once the peer has proved that it belongs to the project. */
  get peer(): LinkPeer | null {
    const { peer } = this.conversation
    return peer && { id: peer.device, name: peer.name }
  }

  /** What was not taken from this peer, and why. Everything else was. */
  get refused(): readonly Refusal[] {
    return this.live.refusals
  }

  /** Bytes of runs and answers received so far. */
  get bytesReceived(): number {
    return this.remote.questions.received + this.pushes.received + this.photos.bytesReceived
  }

  /** Ends the link; resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    this.conversation.end(ended('The link was closed.'))
    await this.closed.catch(() => {})
  }

  /** Used by `Peers`: these feeds have grown. */
  announce(feeds: Iterable<string>): void {
    this.announcer.add(feeds, this.context.log)
  }

  /** Used by `Peers`: a photo has become whole here; entries have come that may show more. */
  get media(): Pick<MediaSide, 'tell' | 'look' | 'link'> {
    return this.photos
  }

  /** Used by `Peers`: these feeds have become durable, as far as they go. */
  acknowledge(feeds: readonly string[]): void {
    void this.acknowledger.tell(feeds)
  }

  /** Used by `Peers`: resolves when the stream is closed, or no longer ours. */
  get gone(): Promise<void> {
    return this.conversation.gone
  }

  /** Used by `Peers`: ends the stream, too. */
  destroy(): void {
    this.conversation.destroy()
  }

  private async run(): Promise<Report> {
    const { conversation, context } = this
    try {
      const { device } = await conversation.open()
      if (device === context.log.id) throw sameDevice(conversation.name)
      const [here, there] = await Promise.all([context.log.describe(), this.remote.describe()])
      assertSameConfiguration(here, there)
      const listing = this.announcer.list(await context.log.heads(), context.log)
      await Promise.race([this.remote.listed, this.broken()])
      const report = await this.catchUp()
      await listing
      await this.acknowledger.start()
      conversation.send(MESSAGE.caughtUp, new Uint8Array(0))
      await Promise.race([this.peerCaughtUp, this.broken()])
      const isLive = this.options.live !== false
      // What comes live does not wait for photos.
      if (isLive) this.live.start()
      const heard = { onProgress: this.listener, before: this.progress }
      await this.photos.catchUp(report, heard, () => this.broken())
      if (this.progress !== undefined)
        this.options.onProgress?.({ ...this.progress, phase: 'done' })
      if (!isLive) conversation.end(null)
      return this.withSent(report)
    } catch (error) {
      conversation.fail(error)
      throw (await conversation.over) ?? conversation.gaveUp()
    }
  }

  /** Takes in what the peer listed. */
  private async catchUp(): Promise<Report> {
    const { context, conversation, remote } = this
    const { log, claims } = context
    const { signal } = this.aborter
    const ends = log.ends()
    remote.news.clear()
    const theirs = await remote.heads()
    const places = [...theirs.values()].flatMap(({ feed, length }) => {
      const here = ends.get(feed)?.length ?? 0
      return length > here ? [{ feed, length: here }] : []
    })
    await remote.look(places)
    const commit = (): Promise<void> => log.flush()
    const landing = new Landing({ log, claims, owner: conversation, commit })
    const giver = new Fetching({ remote, claims, owner: conversation, ends, signal })
    const onProgress = this.listener
    try {
      const report = await context.exchange(landing, giver, {
        signal,
        onProgress,
        branches: remote
      })
      this.live.note(report.refused)
      return report
    } finally {
      claims.releaseAll(conversation)
      remote.forgetPlaces()
    }
  }

  /** Done is done when the photos are there, too. */
  private get listener(): OnProgress | undefined {
    const { onProgress } = this.options
    return (
      onProgress &&
      ((progress) => {
        this.progress = progress
        if (progress.phase !== 'done') onProgress(progress)
      })
    )
  }

  /** What was given is known only when the peer has caught up, too. */
  private withSent(report: Report): Report {
    const { bytes, entries } = this.server.served
    const feeds = report.feeds.map((row) => ({ ...row, sent: entries.get(row.feed) ?? 0 }))
    const { media, bytes: ofMedia } = this.photos.served
    const sent = {
      entries: feeds.reduce((sum, row) => sum + row.sent, 0),
      media,
      bytes: bytes + ofMedia
    }
    const readOnly = this.context.log.readOnly || this.conversation.peer?.readOnly === true
    return { ...report, feeds, sent, readOnly }
  }

  private onMessage(type: number, bytes: Uint8Array): void {
    if (this.photos.onMessage(type, bytes)) return
    if (type === MESSAGE.heads) {
      this.remote.onHeads(bytes)
      this.live.follow()
    } else if (type === MESSAGE.question) this.server.answers.onQuestion(bytes)
    else if (type === MESSAGE.answer) this.remote.questions.onAnswer(bytes)
    else if (type === MESSAGE.chunk) this.remote.questions.onChunk(bytes)
    else if (type === MESSAGE.push) {
      const wanted = (feed: string): boolean => this.live.wants(feed)
      void this.pushes.onPush(bytes, wanted).then(() => this.live.follow())
    } else if (type === MESSAGE.acknowledgments) this.acknowledger.onMessage(bytes)
    else if (type === MESSAGE.caughtUp) this.hearCaughtUp()
    else throw new MalformedMessage('a message out of turn')
  }

  private async broken(): Promise<never> {
    throw (await this.conversation.over) ?? this.conversation.gaveUp()
  }

  private async end(): Promise<void> {
    const reason = await this.conversation.over
    const { live, server, pushes, photos } = this
    await Promise.allSettled([
      this.caughtUp,
      live.idle,
      server.answers.idle,
      pushes.idle,
      photos.idle
    ])
    if (reason !== null && !WANTED.has(reason.code)) throw reason
  }

  private obey(signal: AbortSignal | undefined): void {
    if (signal === undefined) return
    const stop = (): void => {
      const message = 'Stopped on request. What had arrived was kept.'
      this.conversation.end(new CairnError('ABORTED', message, { cause: signal.reason }))
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    void this.conversation.over.then(() => signal.removeEventListener('abort', stop))
  }
}

function sameDevice(name: string): CairnError {
  return new CairnError(
    'DEVICE_COPIED',
    `${name} is this very device, or a copy of its folder: both write as the same device. Nothing was exchanged. Open the copy as a new device.`
  )
}
