// One connection, from the first byte to the last: encryption, proofs, greetings, then messages for
// whoever listens; how long silence is borne; and how it ends. Before the other side has proved that
// it knows the project, it is told nothing but our own proof.

import type { Duplex } from 'node:stream'
import { CairnError, type CairnErrorCode } from '../errors.js'
import { equalMacs } from '../log/crypto.js'
import type { Project } from '../log/project.js'
import { type Channel, openChannel } from './channel.js'
import { Debt } from './debt.js'
import { GOODBYE_MS, PROTOCOL } from './limits.js'
import {
  type Greeting,
  MESSAGE,
  decodeBye,
  decodeGreeting,
  encodeBye,
  encodeGreeting
} from './messages.js'
import {
  ended,
  otherProject,
  peerClosed,
  peerInvalid,
  peerLeft,
  peerSilent
} from './peer-errors.js'
import { type NoiseStream, encrypt } from './transport.js'
import { MalformedMessage } from './wire.js'

/** Ends that were asked for. */
export const WANTED: ReadonlySet<CairnErrorCode> = new Set<CairnErrorCode>(['ABORTED', 'CLOSED'])

/** Why a side leaves when nothing is wrong. */
const DONE = 'DONE'

export interface ConversationOptions {
  readonly project: Project
  readonly greeting: () => Greeting
  readonly silenceMs: number
  /**
   * Attaches what else is to run over the stream's multiplexer, until the stream is closed. Then a
   * peer that has no channel of ours may stay for the other one.
   */
  readonly attach?: ((mux: unknown, closed: Promise<void>) => void) | undefined
}

export class Conversation {
  /** How it ended: null where nothing is wrong. Never rejects. */
  readonly over: Promise<CairnError | null>
  /** Hears every message behind the greetings; may throw. */
  onMessage: (type: number, bytes: Uint8Array) => void = () => {}
  /** What is being waited for. */
  readonly debt: Debt = new Debt()
  /** The same of photos, which come behind everything else. */
  readonly mediaDebt: Debt = new Debt(this.debt)
  peer: Greeting | null = null
  /** Resolves when the stream is closed, or is no longer ours to close. */
  readonly gone: Promise<void>
  private leave!: () => void
  private readonly aborter = new AbortController()
  private noise: NoiseStream | null = null
  private channel: Channel | null = null
  private proved = false
  private finish!: (error: CairnError | null) => void
  private greet!: (greeting: Greeting) => void
  private finished = false
  /** The device id that the peer was told: this device may have gone on under another one since. */
  introducedAs: string | null = null
  /** Of whoever waits to send. What waited for `over` instead would be kept until then. */
  private readonly resumers = new Set<() => void>()
  private timer: NodeJS.Timeout | null = null
  private heardBytes = 0

  constructor(
    private readonly stream: Duplex,
    /** Whether the stream was encrypted already: then it is not ours to end. */
    private readonly foreign: boolean,
    private readonly options: ConversationOptions
  ) {
    this.over = new Promise((resolve) => (this.finish = resolve))
    this.gone = new Promise((resolve) => (this.leave = resolve))
    this.debt.owe('its first bytes')
  }

  /** Resolves when the other side has proved itself and greeted. Rejects with how it ended. */
  async open(): Promise<Greeting> {
    const greeted = new Promise<Greeting>((resolve) => (this.greet = resolve))
    this.startTimer()
    try {
      const noise = await encrypt(this.stream, this.aborter.signal)
      this.noise = noise
      noise.on('error', (error) => this.lost(error))
      noise.on('close', () => {
        this.lost()
        this.leave()
      })
      if (noise.keepAlive === 0) noise.setKeepAlive(Math.ceil(this.options.silenceMs / 3))
      this.debt.owe('the encrypted connection')
      // After `end`, or where the stream was closed before.
      if (this.finished || !(await noise.opened)) this.lost()
      else this.start(noise)
    } catch (error) {
      this.end(asCairnError(error, this.name))
    }
    const ended = this.over.then((error) => {
      throw error ?? this.gaveUp()
    })
    return Promise.race([greeted, ended])
  }

  private get owed(): string | null {
    return this.debt.what ?? this.mediaDebt.what
  }

  get isOver(): boolean {
    return this.finished
  }

  get name(): string {
    return this.peer?.name ?? 'the other side'
  }

  /** For whoever still waits for something when it ended in peace. */
  gaveUp(): CairnError {
    return peerClosed(this.name, this.owed ?? 'its entries')
  }

  send(type: number, bytes: Uint8Array): void {
    if (!this.finished) this.channel?.send(type, bytes)
  }

  /** Resolves when what was sent has left, or it is over; a peer that does not read is given up. */
  async drained(): Promise<void> {
    const { channel } = this
    if (channel === null || this.finished || channel.isDrained) return
    const { silenceMs } = this.options
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.end(peerSilent(this.name, silenceMs / 1000, 'it to take what was sent'))
      }, silenceMs)
      const resume = (): void => {
        clearTimeout(timer)
        this.resumers.delete(resume)
        resolve()
      }
      this.resumers.add(resume)
      channel.onceDrained(resume)
    })
  }

  /** Ends it: with null in peace. The other side is told the code alone. */
  end(error: CairnError | null): void {
    if (this.finished) return
    const code = error === null || WANTED.has(error.code) ? DONE : error.code
    this.send(MESSAGE.bye, encodeBye(code))
    this.close(error)
  }

  /** Also ends a stream on which only stock replication is left. */
  destroy(): void {
    this.end(ended('The device has been closed.'))
    if (!this.foreign) (this.noise ?? this.stream).destroy()
    this.leave()
  }

  /** Ends it by what went wrong here or there. */
  fail(error: unknown): void {
    this.end(asCairnError(error, this.name))
  }

  private start(noise: NoiseStream): void {
    const channel = openChannel(noise, PROTOCOL, {
      message: (type, bytes) => this.receive(type, bytes),
      close: () => this.lost()
    })
    if (channel === null) throw ended('This stream is being replicated already.')
    this.channel = channel
    this.options.attach?.(channel.mux, this.gone)
    this.debt.owe('its proof that it knows the project')
    this.send(MESSAGE.proof, this.proof(noise, noise.isInitiator))
  }

  private receive(type: number, bytes: Uint8Array): void {
    if (this.finished) return
    try {
      if (type === MESSAGE.bye) this.left(decodeBye(bytes))
      else if (!this.proved) this.checkProof(type, bytes)
      else if (this.peer === null) this.takeGreeting(type, bytes)
      else this.onMessage(type, bytes)
    } catch (error) {
      this.end(asCairnError(error, this.name))
    }
  }

  private checkProof(type: number, bytes: Uint8Array): void {
    const { noise } = this
    if (noise === null || type !== MESSAGE.proof) throw new MalformedMessage('no proof')
    if (!equalMacs(bytes, this.proof(noise, !noise.isInitiator))) throw otherProject()
    this.proved = true
    this.debt.owe('its greeting')
    const greeting = this.options.greeting()
    this.introducedAs = greeting.device
    this.send(MESSAGE.greeting, encodeGreeting(greeting))
  }

  private takeGreeting(type: number, bytes: Uint8Array): void {
    if (type !== MESSAGE.greeting) throw new MalformedMessage('no greeting')
    this.peer = decodeGreeting(bytes)
    this.debt.owe('its list of feeds')
    this.greet(this.peer)
  }

  private proof({ handshakeHash }: NoiseStream, isInitiator: boolean): Uint8Array {
    if (handshakeHash === null) throw new Error('a stream without a handshake')
    return this.options.project.peerProof(handshakeHash, isInitiator)
  }

  /** The other side said goodbye. */
  private left(code: string): void {
    if (code === DONE) this.close(null)
    else if (code === 'PROJECT_MISMATCH' && !this.proved) this.close(otherProject())
    else this.close(peerLeft(this.name, code.replaceAll(/[^A-Z_]/g, '').slice(0, 40)))
  }

  private lost(cause?: Error): void {
    this.close(peerClosed(this.name, this.owed ?? 'its next entries', cause))
  }

  private close(error: CairnError | null): void {
    if (this.finished) return
    this.finished = true
    if (this.timer !== null) clearTimeout(this.timer)
    this.aborter.abort()
    this.finish(error)
    for (const resume of this.resumers) resume()
    this.channel?.close()
    const silent = error?.code === 'PEER_SILENT'
    if (this.options.attach && this.channel && !this.proved && error?.code === 'PEER_CLOSED') {
      this.noise?.setTimeout(this.options.silenceMs)
      return
    }
    this.leave()
    // A stream that came encrypted may carry other channels; a dead one is of no use to them.
    if (this.foreign && !silent) return
    const stream = this.noise ?? this.stream
    if (this.channel === null || silent) stream.destroy()
    else {
      stream.end()
      setTimeout(() => stream.destroy(), GOODBYE_MS).unref()
    }
  }

  private startTimer(): void {
    const { silenceMs } = this.options
    this.timer = setTimeout(() => {
      const { rawBytesRead = 0 } = this.noise ?? {}
      const silent = rawBytesRead === this.heardBytes
      const overdue = [this.debt, this.mediaDebt].find((debt) => debt.isOverdue(silenceMs))
      this.heardBytes = rawBytesRead
      if (!silent && overdue === undefined) return this.startTimer()
      const what = overdue?.what ?? this.owed ?? 'a sign of life'
      this.end(peerSilent(this.name, silenceMs / 1000, what))
    }, silenceMs)
  }
}

function asCairnError(error: unknown, peer: string): CairnError {
  if (error instanceof CairnError) return error
  if (error instanceof MalformedMessage) return peerInvalid(peer, error.message, error)
  return peerInvalid(peer, 'something that could not be handled', error)
}
