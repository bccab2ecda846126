// Answers a peer's questions about photos and files: one at a time, one piece in memory, as fast as
// the peer takes it, and only while no question about feeds is being answered.

import { CairnError } from '../errors.js'
import type { BlobStore } from '../log/media/blob-store.js'
import { type BlobName, type BlobTable, chunksIn } from '../log/replica.js'
import type { Conversation } from './conversation.js'
import { CHUNK_BYTES, MAX_MEDIA_QUESTIONS } from './limits.js'
import { type MediaQuestion, decodeMediaQuestion, encodeHeld } from './media-messages.js'
import { MESSAGE, encodeAnswer } from './messages.js'
import { MalformedMessage } from './wire.js'

export class MediaServer {
  /** What has been given to the peer, to its last piece. */
  readonly served: { media: number; bytes: number } = { media: 0, bytes: 0 }
  private readonly queue: Array<{ id: number; question: MediaQuestion }> = []
  private busy = false
  private working: Promise<void> = Promise.resolve()

  constructor(
    private readonly blobs: BlobStore,
    private readonly conversation: Conversation,
    /** Resolves when what goes first has gone. */
    private readonly turn: () => Promise<void>
  ) {}

  get idle(): Promise<void> {
    return this.working
  }

  onQuestion(bytes: Uint8Array): void {
    if (this.queue.length >= MAX_MEDIA_QUESTIONS) throw new MalformedMessage('too many questions')
    this.queue.push(decodeMediaQuestion(bytes))
    if (this.busy) return
    this.busy = true
    this.working = this.work()
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

  private async answer(question: MediaQuestion): Promise<Uint8Array> {
    if (question.kind === 'piece') return this.piece(question.name, question.chunk)
    const table = await this.blobs.held()
    if (question.kind === 'held') return encodeHeld(this.blobs.holders.own(table), question.since)
    return Uint8Array.from(question.names, (name) => (isWhole(table, name) ? 1 : 0))
  }

  /** Empty where it is not here, or turns out damaged: the peer asks somebody else. */
  private async piece(name: BlobName, chunk: number): Promise<Uint8Array> {
    try {
      for await (const piece of this.blobs.read(name, chunk, { to: chunk + 1 })) {
        this.served.bytes += piece.byteLength
        if (chunk === chunksIn(name.size) - 1) this.served.media++
        return piece
      }
    } catch (error) {
      if (!(error instanceof CairnError && error.code.startsWith('MEDIA_'))) throw error
    }
    return new Uint8Array(0)
  }

  private async send(id: number, answer: Uint8Array): Promise<void> {
    const { conversation } = this
    const { byteLength } = answer
    await this.turn()
    const first = answer.subarray(0, CHUNK_BYTES)
    conversation.send(MESSAGE.mediaAnswer, encodeAnswer({ id, byteLength, first }))
    for (let at = CHUNK_BYTES; at < byteLength; at += CHUNK_BYTES) {
      await conversation.drained()
      await this.turn()
      conversation.send(MESSAGE.mediaChunk, answer.subarray(at, at + CHUNK_BYTES))
    }
    await conversation.drained()
  }
}

export function isWhole(table: BlobTable, { hash, size }: BlobName): boolean {
  const held = table.get(hash, size)
  return held?.size === size && held.chunks === chunksIn(size)
}
