// All peers of one device. Hears from the log which feeds have grown, own or received, and has every
// link announce them: the own one at once, all others once per turn of the event loop. Nothing runs
// while nothing happens.

import type { Duplex } from 'node:stream'
import type { OnProgress } from '../exchange/progress.js'
import type { SyncReport } from '../exchange/report.js'
import { ended } from './peer-errors.js'
import type { Log } from '../log/log.js'
import { LIBRARY_VERSION } from '../log/library-version.js'
import type { Project } from '../log/project.js'
import type { Wanted } from '../log/media/reference.js'
import type { Replica } from '../log/replica.js'
import { Claims } from './claims.js'
import { SILENCE_MS } from './limits.js'
import { Link, type ReplicateOptions } from './link.js'
import type { PeerMedia } from './media-side.js'
import type { Greeting } from './messages.js'
import { serveStock } from './stock.js'
import { encrypted, encryptedBridge } from './transport.js'

/**
 * After so long, what came live is made durable, HEAD brought up to date, and the peers are told that
 * it is durable here.
 */
const FLUSH_MS = 1000

/** The one exchange, and what the device does about it: its view, its report. */
export type ExchangeOver<Report extends SyncReport> = (
  here: Replica,
  there: Replica,
  options: {
    signal: AbortSignal
    onProgress: OnProgress | undefined
    /** The same peer, to read what is not to be fetched: the other branch of a forked feed. */
    branches: Replica
  }
) => Promise<Report>

export interface PeersOptions<Report extends SyncReport> {
  readonly log: Log
  readonly project: Project
  readonly exchange: ExchangeOver<Report>
  /** Keeps what the peer has of feeds that forked, as the report of a live exchange says. */
  readonly keepAside: (
    peer: Replica,
    report: SyncReport,
    signal: AbortSignal
  ) => Promise<Pick<SyncReport, 'refused'>>
  /** Makes visible what has been received. */
  readonly onReceived: () => Promise<unknown>
  /** What the entries that are visible reference; absent: photos and files are not spoken of. */
  readonly wanted?: Wanted | undefined
  /** Milliseconds; a test sets fewer. */
  readonly silenceMs?: number | undefined
}

/** What a link uses of the device. */
export interface PeerContext<Report extends SyncReport> extends Pick<
  PeersOptions<Report>,
  'log' | 'project' | 'exchange' | 'keepAside'
> {
  readonly claims: Claims
  readonly media: PeerMedia | undefined
  readonly silenceMs: number
  readonly greeting: () => Greeting
  readonly serveStock: (mux: unknown, closed: Promise<void>) => void
  readonly onReceived: () => Promise<void>
  readonly flushSoon: () => void
}

/** In the shape of corestore: to be piped into a raw stream and back. */
export type ReplicationStream<Report extends SyncReport = SyncReport> = Duplex & {
  readonly link: Link<Report>
}

export class Peers<Report extends SyncReport> {
  private readonly links = new Set<Link<Report>>()
  private readonly grown = new Set<string>()
  private readonly context: PeerContext<Report>
  private stopListening: Array<() => void> = []
  private timer: NodeJS.Timeout | null = null
  private announcing = false
  private closed = false

  constructor(private readonly options: PeersOptions<Report>) {
    const { log, project, exchange, keepAside, onReceived, silenceMs = SILENCE_MS } = options
    const { wanted } = options
    const claimed = new Set<string>()
    const onReleased = (): void => {
      for (const link of this.links) link.media.link?.released()
    }
    this.context = {
      log,
      project,
      exchange,
      keepAside,
      silenceMs,
      claims: new Claims(),
      media: wanted && { wanted, claimed, onReleased },
      greeting: () => ({
        library: LIBRARY_VERSION,
        device: log.id,
        name: log.name,
        configuration: log.configuration,
        readOnly: log.readOnly,
        media: wanted !== undefined,
        saysHeldMedia: true
      }),
      serveStock: (mux, closed) => serveStock(log, mux, closed),
      // A view that cannot be brought up to date says so to whoever looks at it.
      onReceived: onceAtATime(async () => {
        if (this.closed) return
        await onReceived().catch(() => {})
        for (const link of this.links) link.media.look()
      }),
      flushSoon: () => this.flushSoon()
    }
  }

  get size(): number {
    return this.links.size
  }

  /** Over a stream that is there, or over a new one where told which side begins. */
  start(
    over: Duplex | boolean,
    options: ReplicateOptions = {}
  ): Link<Report> | ReplicationStream<Report> {
    if (typeof over === 'boolean') return this.createStream(over, options)
    if (typeof over?.pipe === 'function') return this.replicate(over, options)
    throw new TypeError('replicate: takes a duplex stream, or whether this side begins')
  }

  /** Replicates over any duplex. */
  replicate(stream: Duplex, options: ReplicateOptions): Link<Report> {
    return this.add(stream, encrypted(stream) !== null, options)
  }

  /** An encrypted stream for one who pipes it somewhere. */
  createStream(isInitiator: boolean, options: ReplicateOptions): ReplicationStream<Report> {
    const noise = encryptedBridge(isInitiator)
    const link = this.add(noise as unknown as Duplex, false, options)
    return Object.assign(noise.rawStream, { link })
  }

  async close(): Promise<void> {
    this.closed = true
    if (this.timer !== null) clearTimeout(this.timer)
    const links = [...this.links]
    await Promise.all(
      links.map(async (link) => {
        await link.close()
        link.destroy()
      })
    )
    this.rest()
  }

  private add(stream: Duplex, foreign: boolean, options: ReplicateOptions): Link<Report> {
    if (this.closed) throw ended('The device has been closed.')
    const link = new Link(this.context, stream, foreign, options)
    this.links.add(link)
    if (this.stopListening.length === 0) this.listen()
    void link.gone.then(() => {
      this.links.delete(link)
      if (this.links.size === 0) this.rest()
    })
    return link
  }

  private listen(): void {
    const { log } = this.options
    const tell = (feeds: readonly string[]): void => {
      for (const link of this.links) link.acknowledge(feeds)
    }
    const { durable } = log.held
    const onWhole = (hash: string): void => {
      for (const link of this.links) link.media.tell(hash)
    }
    this.stopListening = [
      log.onGrowth((feed) => this.onGrowth(feed)),
      durable.listen(tell),
      log.blobs.onWhole(onWhole)
    ]
  }

  private rest(): void {
    for (const stop of this.stopListening.splice(0)) stop()
  }

  private onGrowth(feed: string): void {
    // An own entry does not wait for others.
    if (feed === this.options.log.id) return this.announce([feed])
    this.grown.add(feed)
    if (this.announcing) return
    this.announcing = true
    setImmediate(() => {
      this.announcing = false
      const grown = [...this.grown]
      this.grown.clear()
      this.announce(grown)
      // Entries that came by a stick, or over another link, may show photos that a peer has.
      void this.context.onReceived()
    })
  }

  private announce(grown: readonly string[]): void {
    this.flushSoon()
    for (const link of this.links) link.announce(grown)
  }

  private flushSoon(): void {
    if (this.timer !== null || this.closed) return
    this.timer = setTimeout(() => {
      this.timer = null
      // What fails here fails again, and is told, when somebody asks for it.
      this.options.log.settle().catch(() => {})
    }, FLUSH_MS)
    this.timer.unref()
  }
}

/** Calls made while the work runs share the next one. */
function onceAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null
  return () => {
    next ??= running.then(() => {
      next = null
      return (running = work())
    })
    return next
  }
}
