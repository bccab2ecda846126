// Asks a peer and puts its answers together. Answers come in the order of the questions, one after
// the other, each in as many chunks as it takes; nothing is kept that was not asked for.

import b4a from 'b4a'
import type { CairnError } from '../errors.js'
import type { Conversation } from './conversation.js'
import type { Debt } from './debt.js'
import { MAX_ANSWER_BYTES, MAX_QUESTIONS } from './limits.js'
import { MESSAGE, type Question, decodeAnswer, encodeQuestion } from './messages.js'
import { MalformedMessage } from './wire.js'

interface Pending {
  readonly id: number
  readonly what: string
  resolve(answer: Uint8Array): void
  reject(error: CairnError): void
}

/** How one kind of questions is asked. */
export interface Asking<Q> {
  encode(id: number, question: Q): Uint8Array
  readonly message: number
  /** Of an answer, at most. */
  readonly maxBytes: number
  readonly maxQuestions: number
  readonly owed: 'debt' | 'mediaDebt'
}

const ABOUT_FEEDS: Asking<Question> = {
  encode: encodeQuestion,
  message: MESSAGE.question,
  maxBytes: MAX_ANSWER_BYTES,
  maxQuestions: MAX_QUESTIONS,
  owed: 'debt'
}

export class Questions<Q = Question> {
  /** Bytes of answers received. */
  received = 0
  private readonly pending: Pending[] = []
  private lastId = 0
  private chunks: Uint8Array[] = []
  private missing = 0
  private ended: CairnError | null = null

  constructor(
    private readonly conversation: Conversation,
    private readonly asking: Asking<Q> = ABOUT_FEEDS as Asking<unknown> as Asking<Q>
  ) {
    void conversation.over.then((error) => {
      this.ended = error ?? conversation.gaveUp()
      for (const question of this.pending.splice(0)) question.reject(this.ended)
    })
  }

  /** How many more may be asked now. */
  get room(): number {
    return this.asking.maxQuestions - this.pending.length
  }

  /** Empty where the peer cannot tell. `what` says what is waited for. */
  ask(question: Q, what: string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.ended !== null) return reject(this.ended)
      const id = ++this.lastId
      this.pending.push({ id, what, resolve, reject })
      if (this.pending.length === 1) this.debt.owe(what)
      this.conversation.send(this.asking.message, this.asking.encode(id, question))
    })
  }

  onAnswer(bytes: Uint8Array): void {
    const { id, byteLength, first } = decodeAnswer(bytes, this.asking.maxBytes)
    if (this.missing > 0 || this.pending[0]?.id !== id) {
      throw new MalformedMessage('an answer that was not asked for')
    }
    this.missing = byteLength
    this.take(first)
  }

  onChunk(bytes: Uint8Array): void {
    if (this.missing === 0) throw new MalformedMessage('a piece of no answer')
    // Any number of them would be kept, and the answer never come.
    if (bytes.byteLength === 0) throw new MalformedMessage('an empty piece')
    this.take(bytes)
  }

  private get debt(): Debt {
    return this.conversation[this.asking.owed]
  }

  private take(bytes: Uint8Array): void {
    if (bytes.byteLength > this.missing) throw new MalformedMessage('an answer is too long')
    this.missing -= bytes.byteLength
    this.received += bytes.byteLength
    this.chunks.push(bytes)
    this.debt.pay(bytes.byteLength)
    if (this.missing > 0) return
    const answer = this.chunks.length === 1 ? bytes : b4a.concat(this.chunks)
    this.chunks = []
    const answered = this.pending.shift()
    this.debt.owe(this.pending[0]?.what ?? null)
    answered?.resolve(answer)
  }
}
