// Answers a peer's questions from the log: one at a time, and only as fast as the peer takes the
// answers, so that one run per peer is all that is ever held for it.

import { entriesIn } from '../log/checkpoint.js'
import type { Log } from '../log/log.js'
import type { Conversation } from './conversation.js'
import { CHUNK_BYTES, MAX_ANSWER_BYTES, MAX_QUESTIONS } from './limits.js'
import {
  MESSAGE,
  type Place,
  type Question,
  decodeQuestion,
  encodeAnswer,
  encodePlaces,
  encodeRun
} from './messages.js'
import { MalformedMessage } from './wire.js'

/** What has been given to the peer. */
export interface Served {
  bytes: number
  /** Entries, by feed. */
  readonly entries: Map<string, number>
}

export class Server {
  readonly served: Served = { bytes: 0, entries: new Map() }
  private readonly queue: Array<{ id: number; question: Question }> = []
  private busy = false
  private working: Promise<void> = Promise.resolve()

  constructor(
    private readonly log: Log,
    private readonly lengthHere: (feed: string) => number,
    private readonly conversation: Conversation
  ) {}

  onQuestion(bytes: Uint8Array): void {
    if (this.queue.length >= MAX_QUESTIONS) throw new MalformedMessage('too many questions')
    this.queue.push(decodeQuestion(bytes))
    if (this.busy) return
    this.busy = true
    this.working = this.work()
  }

  /** Resolves when nothing is being answered. */
  get idle(): Promise<void> {
    return this.working
  }

  private async work(): Promise<void> {
    const { conversation } = this
    try {
      while (!conversation.isOver) {
        const next = this.queue.shift()
        if (next === undefined) break
        await this.send(next.id, await this.answer(next.question))
      }
    } catch (error) {
      conversation.fail(error)
    } finally {
      this.busy = false
    }
  }

  /** Empty where the question asks for what is not here. */
  private async answer(question: Question): Promise<Uint8Array> {
    if (question.kind === 'places') return this.places(question.places)
    const { feed, from } = question
    const to = Math.min(question.to, this.lengthHere(feed))
    if (from >= to) return new Uint8Array(0)
    for await (const run of this.log.disclosedRuns(feed, from, to)) {
      const answer = encodeRun(run)
      if (answer.byteLength > MAX_ANSWER_BYTES) break
      const { entries } = this.served
      entries.set(feed, (entries.get(feed) ?? 0) + entriesIn(run.from, run.to))
      for (const { byteLength } of run.blocks) this.served.bytes += byteLength
      return answer
    }
    return new Uint8Array(0)
  }

  private async places(places: readonly Place[]): Promise<Uint8Array> {
    const answers = []
    for (const { feed, length } of places) {
      const end = this.lengthHere(feed)
      const known = length <= end && end > 0
      answers.push({
        rootHash: known && length > 0 ? await this.log.rootHash(feed, length) : null,
        byteLength: known ? await this.log.byteLength(feed, length, end) : 0
      })
    }
    return encodePlaces(answers)
  }

  private async send(id: number, answer: Uint8Array): Promise<void> {
    const { conversation } = this
    const { byteLength } = answer
    const first = answer.subarray(0, CHUNK_BYTES)
    conversation.send(MESSAGE.answer, encodeAnswer({ id, byteLength, first }))
    for (let at = CHUNK_BYTES; at < byteLength; at += CHUNK_BYTES) {
      await conversation.drained()
      conversation.send(MESSAGE.chunk, answer.subarray(at, at + CHUNK_BYTES))
    }
    await conversation.drained()
  }
}
