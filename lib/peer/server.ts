// Answers a peer's questions about feeds, from the log: a run each, or places.

import { entriesIn } from '../log/checkpoint.js'
import type { Log } from '../log/log.js'
import { Answers } from './answers.js'
import type { Conversation } from './conversation.js'
import { MAX_ANSWER_BYTES, MAX_QUESTIONS } from './limits.js'
import {
  MESSAGE,
  type Place,
  type Question,
  decodeQuestion,
  encodePlaces,
  encodeRun
} from './messages.js'

/** What has been given to the peer. */
export interface Served {
  bytes: number
  /** Entries, by feed. */
  readonly entries: Map<string, number>
}

export class Server {
  readonly served: Served = { bytes: 0, entries: new Map() }
  readonly answers: Answers<Question>

  constructor(
    private readonly log: Log,
    private readonly lengthHere: (feed: string) => number,
    conversation: Conversation
  ) {
    this.answers = new Answers(conversation, {
      decode: decodeQuestion,
      answer: (question) => this.answer(question),
      maxQuestions: MAX_QUESTIONS,
      first: MESSAGE.answer,
      further: MESSAGE.chunk
    })
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
}
