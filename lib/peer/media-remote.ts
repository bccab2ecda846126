// The photos and files of a peer, as a replica that is only read: of those that it was asked about,
// which it has; and their pieces, each asked for when the one before is on its way.

import { CairnError } from '../errors.js'
import {
  type BlobHeld,
  type BlobName,
  type BlobTable,
  type BlobWriter,
  type Blobs,
  MEDIA_CHUNK,
  type MediaAcknowledgment,
  type ReadOptions,
  type Replica,
  chunksIn
} from '../log/replica.js'
import { ReplicaView } from '../log/replica-view.js'
import type { Conversation } from './conversation.js'
import { MAX_MEDIA_QUESTIONS, MEDIA_AT_ONCE } from './limits.js'
import {
  type MediaQuestion,
  decodeHeld,
  decodeWhich,
  encodeMediaQuestion
} from './media-messages.js'
import { MESSAGE } from './messages.js'
import { Questions } from './questions.js'
import { MalformedMessage } from './wire.js'

export class MediaRemote extends ReplicaView {
  readonly questions: Questions<MediaQuestion>
  private offered = new Map<string, BlobHeld>()

  constructor(
    remote: Replica,
    private readonly conversation: Conversation
  ) {
    super(remote)
    this.questions = new Questions<MediaQuestion>(conversation, {
      encode: encodeMediaQuestion,
      message: MESSAGE.mediaQuestion,
      maxBytes: Math.max(MEDIA_CHUNK, MEDIA_AT_ONCE),
      maxQuestions: MAX_MEDIA_QUESTIONS,
      owed: 'mediaDebt'
    })
  }

  /** Which of these the peer has; at most `MEDIA_AT_ONCE`. From now on only these are offered. */
  async look<Name extends BlobName>(names: readonly Name[]): Promise<Name[]> {
    const answer = await this.questions.ask({ kind: 'which', names }, `which photos it has`)
    const found = decodeWhich(answer, names.length)
    const there = names.filter((_, i) => found[i])
    const held = ({ hash, size }: BlobName): BlobHeld => ({ hash, size, chunks: chunksIn(size) })
    this.offered = new Map(there.map((name) => [name.hash, held(name)]))
    return there
  }

  /** What the peer says it holds; null where that is nothing new. */
  async held(device: string, since: number): Promise<MediaAcknowledgment | null> {
    const answer = await this.questions.ask({ kind: 'held', since }, 'which photos it holds')
    return decodeHeld(answer, device)
  }

  override get blobs(): Blobs {
    return {
      held: async () => this.table(),
      read: (name, from, options) => this.pieces(name, from, options),
      write: async (): Promise<BlobWriter> => {
        throw new Error('a peer takes what it wants by itself')
      }
    }
  }

  override async commit(): Promise<void> {}

  override async rollback(): Promise<void> {}

  private table(): BlobTable {
    const { offered } = this
    return {
      size: offered.size,
      get: (hash) => offered.get(hash),
      [Symbol.iterator]: () => offered.values()
    }
  }

  private async *pieces(
    name: BlobName,
    from: number,
    { signal }: ReadOptions = {}
  ): AsyncGenerator<Uint8Array> {
    const { hash, size } = name
    const short = hash.slice(0, 8)
    for (let chunk = from; chunk < chunksIn(size); chunk++) {
      if (signal?.aborted === true) return
      const question = { kind: 'piece', name, chunk } as const
      const piece = await this.questions.ask(question, `piece ${chunk} of photo ${short}`)
      if (piece.byteLength === 0) {
        const message = `${this.conversation.name} can no longer give photo or file ${short}.`
        throw new CairnError('MEDIA_MISSING', message, { media: hash })
      }
      const expected = Math.min(MEDIA_CHUNK, size - chunk * MEDIA_CHUNK)
      if (piece.byteLength !== expected) {
        throw new MalformedMessage(`a piece of ${piece.byteLength} bytes, not ${expected}`)
      }
      yield piece
    }
  }
}
