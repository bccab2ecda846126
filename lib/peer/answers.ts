// Answers one kind of a peer's questions: one at a time, and only as fast as the peer takes the
// answers, so that one of them is all that is ever held for it.

import type { Conversation } from './conversation.js'
import { CHUNK_BYTES } from './limits.js'
import { encodeAnswer } from './messages.js'
import { MalformedMessage } from './wire.js'

/** How one kind of questions is answered; the other half of `Asking`. */
export interface Answering<Q> {
  decode(bytes: Uint8Array): { id: number; question: Q }
  /** Empty where it cannot be told. */
  answer(question: Q): Promise<Uint8Array>
  readonly maxQuestions: number
  /** Message types: of the beginning, and of each further chunk. */
  readonly first: number
  readonly further: number
  /** Resolves when what goes first has gone. */
  readonly turn?: () => Promise<void>
}

export class Answers<Q> {
  private readonly queue: Array<{ id: number; question: Q }> = []
  private busy = false
  private working: Promise<void> = Promise.resolve()

  constructor(
    private readonly conversation: Conversation,
    private readonly answering: Answering<Q>
  ) {}

  onQuestion(bytes: Uint8Array): void {
    const { answering, queue } = this
    if (queue.length >= answering.maxQuestions) throw new MalformedMessage('too many questions')
    queue.push(answering.decode(bytes))
    if (this.busy) return
    this.busy = true
    this.working = this.work()
  }

  /** Resolves when nothing is being answered. */
  get idle(): Promise<void> {
    return this.working
  }

  private async work(): Promise<void> {
    const { conversation, answering } = this
    try {
      while (!conversation.isOver) {
        const next = this.queue.shift()
        if (next === undefined) break
        await this.send(next.id, await answering.answer(next.question))
      }
    } catch (error) {
      conversation.fail(error)
    } finally {
      this.busy = false
    }
  }

  private async send(id: number, answer: Uint8Array): Promise<void> {
    const { conversation, answering } = this
    const { byteLength } = answer
    await answering.turn?.()
    const first = answer.subarray(0, CHUNK_BYTES)
    conversation.send(answering.first, encodeAnswer({ id, byteLength, first }))
    for (let at = CHUNK_BYTES; at < byteLength; at += CHUNK_BYTES) {
      await conversation.drained()
      await answering.turn?.()
      conversation.send(answering.further, answer.subarray(at, at + CHUNK_BYTES))
    }
    await conversation.drained()
  }
}
