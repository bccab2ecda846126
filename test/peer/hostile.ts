// A peer that speaks the whole protocol by hand, from authors and photos in memory: by itself it is
// sound. A fuzzer changes what it says (`spoil`), what it gives (`run`, `piece`), what it does besides
// (`acts`), and how it ends.

import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { LIBRARY_VERSION } from '../../lib/log/library-version.js'
import type { Project } from '../../lib/log/project.js'
import { withHashes } from '../../lib/log/media/hash-prefixes.js'
import { MEDIA_CHUNK, type Run, chunksIn } from '../../lib/log/replica.js'
import type { SignedLength } from '../../lib/log/signature.js'
import { type Channel, openChannel } from '../../lib/peer/channel.js'
import { CHUNK_BYTES, PROTOCOL } from '../../lib/peer/limits.js'
import { decodeMediaQuestion } from '../../lib/peer/media-messages.js'
import { MESSAGE, type Question, decodeHeads, decodeQuestion } from '../../lib/peer/messages.js'
import { type NoiseStream, encrypt } from '../../lib/peer/transport.js'
import type { Author } from '../helpers/author.js'
import { CONFIGURATION, START } from '../../lib/testing.js'
import type { Photo } from '../helpers/memory-blobs.js'
import type { Random } from '../faults/mutate.js'
import * as say from './fields.js'

/** Nothing has come for so long: the other side waits, or has done what it could. */
const QUIET_MS = 15

/** So long one who stays does so after it may go. */
const STAY_MS = 700

export interface HostileOptions {
  readonly project: Project
  /** Whose feed its own is. */
  readonly self: Author
  /** What it offers, its own feed too. */
  readonly feeds: readonly Author[]
  readonly photos: readonly Photo[]
  readonly random: Random
}

export type Moment = 'opened' | 'proved' | 'greeted' | 'listed' | 'caught up' | 'live'

export class Hostile {
  readonly feeds: Map<string, Author>
  /** Heads that it lists. */
  list: SignedLength[]
  /** Milliseconds; 0: its stream shows no life by itself. */
  keepAlive = 0
  device: string
  /** Date of its word about photos: milliseconds. */
  saysAt: number = START
  acts: Array<{ at: Moment; act: () => unknown }> = []
  /** How it ends: `bye` says so, `stay` leaves it to the other side. */
  ending: 'bye' | 'end' | 'cut' | 'stay'
  /** What comes of each message that a sound peer would send now. */
  spoil: (message: say.Message) => say.Message[] = (message) => [message]
  /** Pieces of an answer that is too long for one message. */
  spoilPieces: (pieces: Uint8Array[]) => Uint8Array[] = (pieces) => pieces
  run: (author: Author, from: number, to: number) => Run | null
  piece: (photo: Photo, chunk: number) => Uint8Array
  /** Root hash of a place. */
  place: (feed: string, length: number) => Uint8Array | null
  /** Types of what it was told. */
  readonly heard: number[] = []
  readonly heads: Map<string, SignedLength> = new Map()
  noise: NoiseStream | null = null
  mute = false
  private channel: Channel | null = null
  private nextId = 0
  private heardAt = 0
  private isOver = false

  constructor(
    readonly stream: Duplex,
    readonly options: HostileOptions
  ) {
    const { feeds, self, random } = options
    this.feeds = new Map(feeds.map((author) => [author.feed, author]))
    this.list = feeds.map((author) => author.head())
    this.device = self.feed
    this.ending = random.pick(['bye', 'bye', 'end', 'cut'])
    this.run = (author, from, to) =>
      author.run(from, Math.min(to, (Math.floor(from / 1024) + 1) * 1024))
    this.piece = ({ bytes }, chunk) =>
      bytes.subarray(chunk * MEDIA_CHUNK, (chunk + 1) * MEDIA_CHUNK)
    this.place = (feed, length) => {
      const author = this.feeds.get(feed)
      return author && length > 0 && length <= author.blocks.length ? author.rootHash(length) : null
    }
  }

  get random(): Random {
    return this.options.random
  }

  /** Plays its part to the end; never throws for what the other side does. */
  async speak(): Promise<void> {
    if (!(await this.open())) return
    await this.reach('opened')
    this.say(say.proof(this.proof()))
    await this.until(MESSAGE.greeting)
    await this.reach('proved')
    this.say(say.greeting(this.greeting()))
    await this.reach('greeted')
    for (let at = 0; at < this.list.length; at += 256) {
      this.say(say.heads(this.list.slice(at, at + 256), false))
      await this.drained()
    }
    this.say(say.heads([], true))
    await this.reach('listed')
    await this.quiet()
    this.askForAll()
    this.say(say.acknowledgments(this.held()))
    await this.quiet()
    this.say(say.plain('caughtUp'))
    await this.reach('caught up')
    await this.quiet()
    this.say(
      say.mediaNews(
        this.options.photos.map(({ name }) => name.hash),
        false
      )
    )
    this.say(say.plain('mediaCaughtUp'))
    await this.quiet()
    this.grow()
    await this.reach('live')
    await this.quiet()
  }

  /** Does as `ending` says; where it stays, it goes when it has been sent away, or may go. */
  async leave(mayGo: Promise<unknown>): Promise<void> {
    const { noise, stream, ending } = this
    if (ending === 'bye') this.send(MESSAGE.bye, say.encodeFields(text('DONE')))
    if (ending === 'bye' || ending === 'end') noise?.end()
    let stays = ending === 'stay'
    void mayGo.then(() => pause(STAY_MS)).then(() => (stays = false))
    const deadline = performance.now() + 100
    const lingers = (): boolean => stays || (ending !== 'cut' && performance.now() < deadline)
    while (!this.isOver && lingers()) await pause(5)
    noise?.destroy()
    stream.destroy()
  }

  /** One message through `spoil`. */
  say(message: say.Message): void {
    for (const each of this.spoil(message)) this.put(each)
  }

  /** One message as it is. */
  put({ about, fields }: say.Message): void {
    const bytes = say.encodeFields(fields)
    const isAnswer = about === 'answer' || about === 'mediaAnswer'
    if (!isAnswer || bytes.byteLength <= CHUNK_BYTES) return this.send(MESSAGE[about], bytes)
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
      pieces.push(bytes.subarray(at, at + CHUNK_BYTES))
    }
    const further = about === 'answer' ? MESSAGE.chunk : MESSAGE.mediaChunk
    for (const [i, piece] of this.spoilPieces(pieces).entries()) {
      this.send(i === 0 ? MESSAGE[about] : further, piece)
    }
  }

  send(type: number, bytes: Uint8Array): void {
    if (!this.mute && !this.isOver) this.channel?.send(type, bytes)
  }

  proof(project: Project = this.options.project): Uint8Array {
    const { noise } = this
    if (!noise?.handshakeHash) throw new Error('no handshake')
    return project.peerProof(noise.handshakeHash, noise.isInitiator)
  }

  /** Until nothing has come for a while, or all is over. */
  async quiet(): Promise<void> {
    const deadline = performance.now() + 1000
    this.heardAt = performance.now()
    while (!this.isOver && performance.now() < deadline) {
      if (performance.now() - this.heardAt >= QUIET_MS) return
      await pause(5)
    }
  }

  async drained(): Promise<void> {
    const { channel } = this
    if (channel === null || this.isOver) return
    await Promise.race([new Promise<void>((go) => channel.onceDrained(go)), pause(1000)])
  }

  get over(): boolean {
    return this.isOver
  }

  private async open(): Promise<boolean> {
    try {
      const noise = await encrypt(this.stream, AbortSignal.timeout(2000))
      this.noise = noise
      noise.on('error', () => {})
      noise.on('close', () => (this.isOver = true))
      if (this.keepAlive > 0) noise.setKeepAlive(this.keepAlive)
      const opened = await Promise.race([noise.opened, pause(2000, false)])
      if (!opened) return false
      const message = (type: number, bytes: Uint8Array): void => this.hear(type, bytes)
      this.channel = openChannel(noise, PROTOCOL, { message, close: () => (this.isOver = true) })
      return this.channel !== null
    } catch {
      return false
    }
  }

  greeting(): Parameters<typeof say.greeting>[0] {
    const said = { library: LIBRARY_VERSION, device: this.device, name: 'Hostile' }
    return { ...said, configuration: CONFIGURATION, readOnly: false }
  }

  private async reach(moment: Moment): Promise<void> {
    for (const { at, act } of this.acts) if (at === moment && !this.isOver) await act()
  }

  private async until(type: number): Promise<void> {
    const deadline = performance.now() + 300
    while (!this.heard.includes(type) && !this.isOver && performance.now() < deadline)
      await pause(2)
  }

  private hear(type: number, bytes: Uint8Array): void {
    this.heard.push(type)
    this.heardAt = performance.now()
    if (type === MESSAGE.heads) {
      for (const head of decodeHeads(bytes).heads) this.heads.set(head.feed, head)
    } else if (type === MESSAGE.question) {
      const { id, question } = decodeQuestion(bytes)
      this.answer(id, question)
    } else if (type === MESSAGE.mediaQuestion) this.answerAboutMedia(bytes)
  }

  private answer(id: number, question: Question): void {
    if (question.kind === 'places') {
      const found = question.places.map(({ feed, length }) => ({
        rootHash: this.place(feed, length)
      }))
      return this.say(say.answer(id, say.placeFields(found)))
    }
    const author = this.feeds.get(question.feed)
    const to = Math.min(question.to, author?.blocks.length ?? 0)
    const run = author && question.from < to ? this.run(author, question.from, to) : null
    this.say(say.answer(id, run ? say.runFields(run) : []))
  }

  private answerAboutMedia(bytes: Uint8Array): void {
    const { id, question } = decodeMediaQuestion(bytes)
    const { photos } = this.options
    const has = (hash: string): Photo | undefined => photos.find(({ name }) => name.hash === hash)
    let payload = new Uint8Array(0)
    if (question.kind === 'which') {
      payload = Uint8Array.from(question.names, ({ hash }) => (has(hash) ? 1 : 0))
    } else if (question.kind === 'piece') {
      const photo = has(question.name.hash)
      payload = new Uint8Array(photo ? this.piece(photo, question.chunk) : payload)
    }
    const { fields } = question.kind === 'held' ? this.word() : say.plain('mediaAnswer', payload)
    this.say(say.answer(id, fields, 'mediaAnswer'))
  }

  /** Which photos it says it holds, and when it said so. */
  private word(): say.Message {
    const prefixes = withHashes(
      new Uint8Array(0),
      this.options.photos.map(({ name }) => name.hash)
    )
    return {
      about: 'mediaAnswer',
      fields: [say.field('at', this.saysAt), say.field('held', prefixes)]
    }
  }

  /** As one who lacks everything would. */
  private askForAll(): void {
    const ends = [...this.heads.values()]
    const places = ends.slice(0, 20).map(({ feed, length }) => ({ feed, length: length >> 1 }))
    this.say(say.askPlaces(++this.nextId, places))
    for (const { feed, length } of ends.slice(0, 10)) {
      this.say(say.askRun(++this.nextId, feed, 0, length))
    }
    const names = this.options.photos.map(({ name }) => name)
    this.say(say.askWhich(++this.nextId, names))
    for (const name of names) {
      this.say(say.askPiece(++this.nextId, name, this.random.below(chunksIn(name.size))))
    }
    this.say(say.askHeld(++this.nextId, 0))
  }

  private held(): say.Held[] {
    const devices = [this.device, ...this.feeds.keys()].slice(0, 8)
    const feeds = [...this.feeds.values()].slice(0, 8)
    return devices.flatMap((device) =>
      feeds.map(({ feed, blocks }) => ({ device, feed, length: blocks.length }))
    )
  }

  /** A new entry of its own, sent unasked; another one that is only announced. */
  private grow(): void {
    const { self } = this.options
    const from = self.blocks.length
    self.observe({ tags: { live: 1 } })
    if (from > 0) this.say(say.push(self.run(from)))
    self.observe({ tags: { live: 2 } })
    this.say(say.heads([self.head()], false))
  }
}

function text(code: string): say.Field[] {
  return [
    { name: 'length', value: code.length },
    { name: 'code', value: new TextEncoder().encode(code) }
  ]
}
