// Photos and files, after the entries: both ways, thumbnails before previews before originals, the
// newest first, so that whatever an interrupted sync or a full stick has got is the most useful part.
// Only what an admitted entry references is taken, in the size that it states. Knows nothing of files,
// sockets or stores: two replicas and a list of what is wanted.

import pMap from 'p-map'
import { CairnError, throwIfAborted } from '../errors.js'
import { toHex } from '../log/feed-id.js'
import {
  type MediaPolicy,
  type MediaReference,
  TIERS,
  type Wanted
} from '../log/media/reference.js'
import { readAhead } from '../log/read-ahead.js'
import { type BlobTable, type Blobs, type Replica, chunksIn, MEDIA_CHUNK } from '../log/replica.js'
import { type Direction, type Move, Plan, bytesLeft } from './media-plan.js'
import { type MediaReport, emptyMediaReport, leaveOut, refuse } from './media-report.js'
import type { ProgressMeter } from './progress.js'
import type { Amount } from './report.js'

export interface MediaOptions {
  /** What entries that were admitted here reference. */
  readonly wanted: Wanted
  /** The tiers that are taken in here, and that are given there; null: nothing. */
  readonly receive: MediaPolicy | null
  readonly send: MediaPolicy | null
  /** Bytes of media that may move, each way. */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly progress: ProgressMeter
  /** What moved is added to these. */
  readonly received: Amount
  readonly sent: Amount
}

/** Blobs on their way at the same time: while one is synced, another is read. */
const BLOBS_AT_ONCE = 3
/** What is lost at most where a medium fails: so much may be written before it is committed. */
const COMMIT_EVERY_BYTES: number = 64 * MEDIA_CHUNK

const EVERYTHING: MediaPolicy = { thumbnail: true, preview: true, original: true }

/**
 * Exchanges media both ways. Throws ABORTED, NO_SPACE, IO_FAILED; what arrived whole by then is kept,
 * and what did not is gone on with. What is wrong with one blob alone is in the report.
 */
export async function syncMedia(
  here: Replica,
  there: Replica,
  options: MediaOptions
): Promise<MediaReport> {
  if (here.blobs === undefined || there.blobs === undefined) return emptyMediaReport()
  return new MediaExchange(here, there, here.blobs, there.blobs, options).run()
}

class MediaExchange {
  private readonly report = emptyMediaReport()
  private uncommitted = 0

  constructor(
    private readonly here: Replica,
    private readonly there: Replica,
    private readonly ours: Blobs,
    private readonly theirs: Blobs,
    private readonly options: MediaOptions
  ) {}

  async run(): Promise<MediaReport> {
    this.throwIfAborted()
    const [a, b] = await Promise.all([this.here.describe(), this.there.describe()])
    const receive = a.readOnly ? null : this.options.receive
    const send = b.readOnly || b.oneWay ? null : this.options.send
    const incoming = new Plan('received', receive, this.ours, this.options.maxBytes, this.report)
    const outgoing = new Plan('sent', send, this.theirs, this.options.maxBytes, this.report)
    await this.plan(incoming, outgoing)
    const { progress } = this.options
    for (const { moves } of [incoming, outgoing]) {
      const bytes = moves.reduce((sum, move) => sum + bytesLeft(move), 0)
      progress.expectMedia(moves.length, bytes)
    }
    progress.enter('media')
    try {
      for (const tier of TIERS) {
        const ofTier = (move: Move): boolean => move.tier === tier
        await this.transfer(this.theirs, this.ours, this.here, incoming.moves.filter(ofTier))
        await this.transfer(this.ours, this.theirs, this.there, outgoing.moves.filter(ofTier))
      }
      await this.tellWhoHoldsWhat(send !== null)
      if (send !== null) await this.there.commit()
    } catch (error) {
      // Whole pieces are kept, where the medium still takes what says so.
      const keep = (side: Replica): Promise<void> => side.commit().catch(() => side.rollback())
      await Promise.allSettled([this.here, this.there].map(keep))
      throw error
    }
    return this.report
  }

  /** As with the feeds: where nothing was exchanged, nothing is written. */
  private async tellWhoHoldsWhat(mayWrite: boolean): Promise<void> {
    const { ours, theirs } = this
    const { received, sent } = this.options
    await ours.acknowledge?.((await theirs.acknowledgments?.()) ?? [])
    if (!mayWrite || received.bytes + sent.bytes === 0) return
    await theirs.acknowledge?.((await ours.acknowledgments?.()) ?? [])
  }

  /** Who lacks what, in the order in which it will move. */
  private async plan(incoming: Plan, outgoing: Plan): Promise<void> {
    const [ours, theirs] = await Promise.all([this.ours.held(), this.theirs.held()])
    const digest = ours.digest?.()
    if (digest !== undefined && digest === theirs.digest?.()) return
    if (ours.size === 0 && theirs.size === 0) return
    await Promise.all([incoming.prepare(), outgoing.prepare()])
    const again = this.options.receive?.again === true
    const lacking = (hash: Uint8Array, size: number): boolean =>
      isWhole(ours, hash, size) !== isWhole(theirs, hash, size)
    for (const name of this.options.wanted({ ...EVERYTHING, again }, lacking)) {
      const [mine, other] = [chunksOf(ours, name), chunksOf(theirs, name)]
      const count = chunksIn(name.size)
      if (mine < count && other === count) incoming.consider(name, mine)
      if (other < count && mine === count) outgoing.consider(name, other)
    }
  }

  private async transfer(
    from: Blobs,
    to: Blobs,
    side: Replica,
    moves: readonly Move[]
  ): Promise<void> {
    const direction = to === this.ours ? 'received' : 'sent'
    let failure: { error: unknown } | null = null
    const mover = async (move: Move): Promise<void> => {
      if (failure !== null) return
      try {
        await this.move(from, to, move, direction)
        if (direction === 'sent') await this.commitNowAndThen(side)
      } catch (error) {
        failure ??= { error }
      }
    }
    await pMap(moves, mover, { concurrency: BLOBS_AT_ONCE })
    // Thrown only now that nothing moves any more.
    if (failure !== null) throw (failure as { error: unknown }).error
  }

  private async move(from: Blobs, to: Blobs, move: Move, direction: Direction): Promise<void> {
    const { name, tier } = move
    const { progress } = this.options
    const amount = this.options[direction]
    let left = bytesLeft(move)
    const onMoved = (bytes: number): void => {
      amount.bytes += bytes
      if (direction === 'sent') this.uncommitted += bytes
      progress.addMedia(0, Math.min(left, bytes))
      left = Math.max(0, left - bytes)
    }
    try {
      const came = await this.carry(from, to, move, onMoved).catch((error: unknown) => {
        // The beginning may have come from somebody else, and be what is wrong with it.
        const again = move.from > 0 && isAboutOneBlob(error) && error.code !== 'MEDIA_MISSING'
        if (!again) throw error
        return this.carry(from, to, { ...move, from: 0 }, onMoved)
      })
      if (came) amount.media++
    } catch (error) {
      if (!isAboutOneBlob(error)) throw error
      refuse(this.report, name.hash, error)
      leaveOut(this.report, { direction, tier, why: 'refused' }, name.size)
    }
    progress.addMedia(1, left)
  }

  /** False where it was purged there since it was planned: then nothing of it is kept. */
  private async carry(
    from: Blobs,
    to: Blobs,
    { name: { hash, size }, from: expected }: Move,
    onMoved: (bytes: number) => void
  ): Promise<boolean> {
    const { signal, receive } = this.options
    const name = { hash, size }
    const isPurged = (): boolean => to.purged?.has(hash) === true
    const asked = to === this.ours && receive?.again === true
    if (!asked && isPurged()) return false
    // Begins to read before it is this one's turn to be written.
    let pieces = new Ahead(from.read(name, expected, { signal }))
    try {
      const writer = await to.write(name, { proven: from.proven === true, signal })
      try {
        if (writer.next !== expected) {
          await pieces.close()
          pieces = new Ahead(from.read(name, writer.next, { signal }))
        }
        const count = chunksIn(size)
        while (writer.next < count) {
          this.throwIfAborted()
          if (isPurged()) return false
          const piece = await pieces.next()
          if (piece === null) break
          await writer.append(piece)
          onMoved(piece.byteLength)
        }
        this.throwIfAborted()
        await writer.finish()
        return !isPurged()
      } finally {
        await writer.close()
      }
    } finally {
      await pieces.close()
    }
  }

  private async commitNowAndThen(side: Replica): Promise<void> {
    if (this.uncommitted < COMMIT_EVERY_BYTES) return
    this.uncommitted = 0
    await side.commit()
  }

  private throwIfAborted(): void {
    throwIfAborted(this.options.signal, 'What had arrived was kept; sync again for the rest.')
  }
}

/** Pieces asked for before they are wanted. */
class Ahead {
  private readonly pieces: AsyncGenerator<Uint8Array>
  private first: Promise<IteratorResult<Uint8Array>> | null

  constructor(source: AsyncIterable<Uint8Array>) {
    this.pieces = readAhead(source, 1)
    this.first = this.pieces.next()
    // Thrown where it is wanted.
    this.first.catch(() => {})
  }

  async next(): Promise<Uint8Array | null> {
    const next = this.first ?? this.pieces.next()
    this.first = null
    const result = await next
    return result.done === true ? null : result.value
  }

  async close(): Promise<void> {
    await this.pieces.return(undefined).catch(() => {})
  }
}

function isWhole(table: BlobTable, hash: Uint8Array, size: number): boolean {
  if (table.isWhole !== undefined) return table.isWhole(hash, size)
  const held = table.get(toHex(hash), size)
  return held?.size === size && held.chunks === chunksIn(size)
}

/** Pieces of a blob of this very size. */
function chunksOf(table: BlobTable, { hash, size }: MediaReference): number {
  const held = table.get(hash, size)
  return held?.size === size ? held.chunks : 0
}

function isAboutOneBlob(error: unknown): error is CairnError {
  return error instanceof CairnError && error.code.startsWith('MEDIA_')
}
