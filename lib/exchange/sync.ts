// The one exchange, between any two replicas: for every feed each side gets what it lacks and the
// other has. Knows nothing of files, sockets or stores.

import pMap from 'p-map'
import { CairnError, type CairnErrorCode, throwIfAborted } from '../errors.js'
import { entriesIn } from '../log/checkpoint.js'
import { readAhead } from '../log/read-ahead.js'
import type { Gap, Head, Intake, Range, Replica, ReplicaDescription, Run } from '../log/replica.js'
import { Gaps } from './gaps.js'
import { assertOneFeed, assertStillOneFeed, endsOtherwise } from './meeting.js'
import { assertSameConfiguration, assertSameProject } from './refusals.js'
import { type Transfer, endGone, lacking } from './plan.js'
import { type OnProgress, ProgressMeter } from './progress.js'
import {
  type Amount,
  type FeedReport,
  type Refusal,
  type SyncReport,
  refusal,
  refusalOfLost
} from './report.js'

export interface SyncOptions {
  signal?: AbortSignal | undefined
  onProgress?: OnProgress | undefined
  /** False: only from `here` to `there`. */
  receive?: boolean | undefined
}

/** Feeds that move at the same time: enough to keep a store busy while another one waits. */
const FEEDS_AT_ONCE = 4

/** What may be wrong with one feed without concerning any other. */
const PER_FEED: ReadonlySet<CairnErrorCode> = new Set<CairnErrorCode>([
  'BASE_MISSING',
  'FEED_FORGED',
  'FEED_FORKED',
  'FEED_NOT_ADMITTED',
  'FEED_TOO_LONG',
  'SYNCFILE_DAMAGED'
])

/** Who gave what is refused for one of these is told, so that it need not be refused again. */
const WRONG: ReadonlySet<CairnErrorCode> = new Set<CairnErrorCode>([
  'FEED_FORGED',
  'FEED_NOT_ADMITTED'
])

/**
 * Exchanges what each side lacks, both ways: first from `there` to `here`, then back. Resolves when
 * it is durable on both. Throws PROJECT_MISMATCH and CONFIGURATION_MISMATCH before a byte is
 * written, ABORTED, NO_SPACE, IO_FAILED; what concerns one feed alone is in `report.refused`.
 */
export async function sync(
  here: Replica,
  there: Replica,
  options: SyncOptions = {}
): Promise<SyncReport> {
  return new Exchange(here, there, options).run()
}

class Exchange {
  private readonly refused: Refusal[] = []
  private readonly feeds = new Map<string, FeedReport>()
  private readonly received: Amount = { entries: 0, media: 0, bytes: 0 }
  private readonly sent: Amount = { entries: 0, media: 0, bytes: 0 }
  private readonly progress: ProgressMeter
  /** What each transfer is expected to move. */
  private readonly planned = new Map<Transfer, { entries: number; bytes: number }>()

  constructor(
    private readonly here: Replica,
    private readonly there: Replica,
    private readonly options: SyncOptions
  ) {
    this.progress = new ProgressMeter(options.onProgress)
  }

  async run(): Promise<SyncReport> {
    this.throwIfAborted()
    const [a, b] = await Promise.all([this.here.describe(), this.there.describe()])
    assertSameProject(a, b)
    assertSameConfiguration(a, b)
    const { receive, send } = await this.plan(a, b)
    const incoming = await this.intake(this.there, receive)
    const outgoing = await this.intake(this.here, send)
    // Told only now, so that the first thing anybody hears is how much there is to do.
    this.progress.enter('compare')
    try {
      this.progress.enter('receive')
      if (receive.length > 0) await this.here.prepare(incoming)
      await this.transfer(this.there, this.here, receive, this.received, 'received')
      if (writable(b)) await this.tellWhoHoldsWhat(receive.length + send.length > 0)
      this.progress.enter('send')
      if (send.length > 0) await this.there.prepare(outgoing)
      await this.transfer(this.here, this.there, send, this.sent, 'sent')
    } catch (error) {
      await Promise.allSettled([this.here.rollback(), this.there.rollback()])
      throw error
    }
    return {
      received: this.received,
      sent: this.sent,
      feeds: [...this.feeds.values()],
      refused: this.refused,
      readOnly: a.readOnly || b.readOnly,
      oneWay: a.oneWay || b.oneWay,
      lockless: (await this.there.describe()).lockless === true
    }
  }

  private async plan(
    a: ReplicaDescription,
    b: ReplicaDescription
  ): Promise<{ receive: Transfer[]; send: Transfer[] }> {
    const [ours, theirs] = await Promise.all([this.here.heads(), this.there.heads()])
    const receive: Transfer[] = []
    const send: Transfer[] = []
    for (const feed of new Set([...ours.keys(), ...theirs.keys()])) {
      this.throwIfAborted()
      const [mine, other] = [ours.get(feed), theirs.get(feed)]
      this.feeds.set(feed, { feed, had: entriesHeld(mine), received: 0, sent: 0 })
      if (!(await this.mayMeet(feed, mine, other, a, b))) continue
      const receives = this.options.receive !== false && writable(a)
      const incoming = receives ? lacking(mine, other, a.contiguous) : []
      const outgoing = writable(b) ? lacking(other, mine, b.contiguous) : []
      const gone = receives && !b.oneWay ? endGone(mine, other) : null
      if (gone !== null) this.refused.push(refusalOfLost(feed, gone, b.label))
      if (other && incoming.length > 0) receive.push({ feed, ranges: incoming, end: other })
      if (mine && outgoing.length > 0) send.push({ feed, ranges: outgoing, end: mine })
    }
    return { receive, send }
  }

  /** Whether the two heads are of one feed that did not fork; a refusal is noted where not. */
  private async mayMeet(
    feed: string,
    mine: Head | undefined,
    other: Head | undefined,
    a: ReplicaDescription,
    b: ReplicaDescription
  ): Promise<boolean> {
    try {
      const here = { replica: this.here, description: a, head: mine }
      await assertOneFeed(feed, here, { replica: this.there, description: b, head: other })
      return true
    } catch (error) {
      await this.refuse(error, feed, [this.here, this.there])
      return false
    }
  }

  private async transfer(
    from: Replica,
    to: Replica,
    transfers: readonly Transfer[],
    amount: Amount,
    column: 'received' | 'sent'
  ): Promise<void> {
    let failure: { error: unknown } | null = null
    const mover = async (transfer: Transfer): Promise<void> => {
      const { feed, ranges } = transfer
      const left = this.planned.get(transfer) ?? { entries: 0, bytes: 0 }
      const onMoved = (entries: number, bytes: number): void => {
        left.entries = Math.max(0, left.entries - entries)
        left.bytes = Math.max(0, left.bytes - bytes)
        amount.entries += entries
        amount.bytes += bytes
        const row = this.feeds.get(feed)
        if (row !== undefined) row[column] += entries
        this.progress.add(entries, bytes)
      }
      try {
        for (const range of ranges) {
          if (failure !== null) return
          await this.move(from, to, feed, range, onMoved)
        }
        if (await endsOtherwise(to, feed, transfer.end)) {
          await assertStillOneFeed(feed, this.here, this.there)
        }
      } catch (error) {
        await this.refuseMoved(error, feed, from).catch((worse: unknown) => {
          failure ??= { error: worse }
        })
      }
      // What was refused or damaged will not come any more: nothing is left to wait for.
      if (failure === null) this.progress.add(left.entries, left.bytes)
    }
    await pMap(transfers, mover, { concurrency: FEEDS_AT_ONCE })
    // Thrown only now that nothing moves any more, so that a rollback meets a replica at rest.
    if (failure !== null) throw (failure as { error: unknown }).error
    await to.commit()
  }

  private async intake(from: Replica, transfers: readonly Transfer[]): Promise<Intake> {
    const intake = { blocks: 0, byteLength: 0, runs: 0 }
    for (const transfer of transfers) {
      const planned = { entries: 0, bytes: 0 }
      for (const range of transfer.ranges) {
        this.throwIfAborted()
        intake.blocks += range.to - range.from
        intake.runs += 1 + Math.ceil((range.to - range.from) / 1024)
        planned.bytes += await from.byteLength(transfer.feed, range.from, range.to)
        planned.entries += entriesIn(range.from, range.to)
      }
      intake.byteLength += planned.bytes
      this.planned.set(transfer, planned)
      this.progress.expect(planned.entries, planned.bytes)
    }
    return intake
  }

  private async move(
    from: Replica,
    to: Replica,
    feed: string,
    range: Range,
    onMoved: (entries: number, bytes: number) => void
  ): Promise<void> {
    const { contiguous } = await to.describe()
    const gaps = new Gaps()
    let at = range.from
    const { signal } = this.options
    const onGap = (gap: Gap): void => gaps.add(gap)
    for await (const run of readAhead(
      from.read(feed, range.from, range.to, { signal, onGap }),
      1
    )) {
      this.throwIfAborted()
      // Behind a gap a log cannot go on.
      if (run.from > at && contiguous && !gaps.isEmpty) break
      await to.append(run)
      const fresh = Math.max(at, run.from)
      onMoved(entriesIn(fresh, run.to), byteLengthFrom(run, fresh))
      at = Math.max(at, run.to)
    }
    this.refused.push(...gaps.refusals())
  }

  /**
   * The other branch of a forked feed may have come meanwhile, from elsewhere: then what comes from
   * here is no forgery.
   */
  private async refuseMoved(error: unknown, feed: string, giver: Replica): Promise<void> {
    let reason = error
    if (isAboutOneFeed(error) && error.code === 'FEED_FORGED') {
      await assertStillOneFeed(feed, this.here, this.there).catch((fork: unknown) => {
        if (isAboutOneFeed(fork) && fork.code === 'FEED_FORKED') reason = fork
      })
    }
    await this.refuse(reason, feed, [giver])
  }

  /** Notes what is wrong with one feed; throws what concerns more. */
  private async refuse(error: unknown, feed: string, givers: readonly Replica[]): Promise<void> {
    if (!isAboutOneFeed(error)) throw error
    this.refused.push(refusal(error, feed))
    if (!WRONG.has(error.code)) return
    const { signal } = this.options
    for (const giver of givers) await giver.distrust?.(feed, { signal })
  }

  /**
   * Each side learns what the other knows of who holds what. It is written down there only together
   * with something else: where nothing is exchanged, nothing is written.
   */
  private async tellWhoHoldsWhat(something: boolean): Promise<void> {
    await this.here.acknowledge?.((await this.there.acknowledgments?.()) ?? [])
    if (!something) return
    await this.there.acknowledge?.((await this.here.acknowledgments?.()) ?? [])
  }

  private throwIfAborted(): void {
    throwIfAborted(this.options.signal, 'What had arrived was kept; sync again for the rest.')
  }
}

function isAboutOneFeed(error: unknown): error is CairnError {
  return error instanceof CairnError && PER_FEED.has(error.code)
}

function entriesHeld(head: Head | undefined): number {
  return (head?.held ?? []).reduce((sum, range) => sum + entriesIn(range.from, range.to), 0)
}

function byteLengthFrom(run: Run, from: number): number {
  let sum = 0
  for (const block of run.blocks.slice(from - run.from)) sum += block.byteLength
  return sum
}

function writable(side: ReplicaDescription): boolean {
  return !side.readOnly && !side.oneWay
}
