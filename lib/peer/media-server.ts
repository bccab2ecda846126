// Answers a peer's questions about photos and files, a piece each, and only while no question about
// feeds is being answered.

import { CairnError } from '../errors.js'
import type { BlobStore } from '../log/media/blob-store.js'
import { type BlobName, type BlobTable, chunksIn } from '../log/replica.js'
import { Answers } from './answers.js'
import type { Conversation } from './conversation.js'
import { MAX_MEDIA_QUESTIONS } from './limits.js'
import { type MediaQuestion, decodeMediaQuestion, encodeHeld } from './media-messages.js'
import { MESSAGE } from './messages.js'

export class MediaServer {
  /** What has been given to the peer, to its last piece. */
  readonly served: { media: number; bytes: number } = { media: 0, bytes: 0 }
  readonly answers: Answers<MediaQuestion>

  constructor(
    private readonly blobs: BlobStore,
    conversation: Conversation,
    /** Resolves when what goes first has gone. */
    turn: () => Promise<void>
  ) {
    this.answers = new Answers(conversation, {
      decode: decodeMediaQuestion,
      answer: (question) => this.answer(question),
      maxQuestions: MAX_MEDIA_QUESTIONS,
      first: MESSAGE.mediaAnswer,
      further: MESSAGE.mediaChunk,
      turn
    })
  }

  private async answer(question: MediaQuestion): Promise<Uint8Array> {
    if (question.kind === 'piece') return this.piece(question.name, question.chunk)
    const table = await this.blobs.held()
    if (question.kind === 'held') return this.word(table, question.since)
    return Uint8Array.from(question.names, (name) => (isWhole(table, name) ? 1 : 0))
  }

  /** A peer that has heard of a later word than this device remembers is told anew. */
  private word(table: BlobTable, since: number): Uint8Array {
    const { holders } = this.blobs
    holders.hearOfOwn(since)
    return encodeHeld(holders.own(table), since)
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
}

export function isWhole(table: BlobTable, { hash, size }: BlobName): boolean {
  const held = table.get(hash, size)
  return held?.size === size && held.chunks === chunksIn(size)
}
