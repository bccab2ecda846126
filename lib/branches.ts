// What can be done with a branch that was kept aside: look at what is only in it, and, on the device
// that wrote it, issue it again. And what a device does by itself where its own feed has forked: it
// goes on under a fresh feed, and writes there what is only in the branch that it holds, for whoever
// holds the other one can take nothing more of the old feed.

import { Mutex } from 'async-mutex'
import { CairnError } from './errors.js'
import type { Aside, Branch, Unreadable } from './aside.js'
import { findParting } from './exchange/parting.js'
import { type Refusal, refusal } from './exchange/report.js'
import { type ObservationVersion, toObservationVersion } from './index/observation.js'
import type { View } from './index/public.js'
import { shortFeedId } from './log/feed-id.js'
import type { ForkedFeed } from './log/head-file.js'
import type { Log } from './log/log.js'
import { formatVersion } from './log/version.js'
import { carriesOn, issueAgain, issueOwn, issuedBefore, versionsFrom } from './reissue.js'

/** What a device did because an own feed had forked. */
export interface GoneOn {
  /** Whether anything was written again. */
  readonly issued: boolean
  /** What could not be done; what is not too large is tried again after the next exchange. */
  readonly refused: readonly Refusal[]
}

/** What is wrong with the branches that are kept. */
export interface Unsettled {
  readonly branches: Branch[]
  readonly unreadable: Unreadable[]
}

/** The branches of a device: `device.branches`. */
export class Branches {
  private readonly mutex = new Mutex()

  constructor(
    private readonly log: Log,
    private readonly view: View,
    private readonly aside: Aside,
    private readonly assertOpen: () => void
  ) {}

  /** The other continuations of feeds that forked, as far as they were met and can be read. */
  async list(): Promise<Branch[]> {
    this.assertOpen()
    return this.aside.list()
  }

  /** The versions of observations that are in a branch and not in what the device shows. */
  async *read(branch: Branch): AsyncGenerator<ObservationVersion> {
    this.assertOpen()
    const from = await this.partingOf(branch)
    for await (const { ref, entry } of this.aside.entries(branch, from)) {
      if (entry.kind !== 'observation') continue
      yield toObservationVersion({ ref, entry }, this.log.now())
    }
  }

  /**
   * Writes what is only in a branch again, on the device whose feed it is; resolves to how many
   * entries. What was written again already, here or by another device that goes on for that feed, is
   * left out. Throws FEED_FORKED where the branch is another device's, or was issued already, and
   * BLOCK_TOO_LARGE, all others written, where an entry is too large to be said again.
   */
  async reissue(branch: Branch): Promise<number> {
    this.assertOpen()
    const { log } = this
    const { feed } = branch
    const count = await this.mutex.runExclusive(async () => {
      await this.assertOwn(branch)
      const from = await this.partingOf(branch)
      await log.writer.noteFork(feed, from)
      for (const forked of this.left) await issueOwn(log, this.view, forked)
      // A feed that was given up for another reason: its end here is in nobody's care yet.
      if (!log.writer.feed.forked.some((old) => old.feed === feed)) {
        await issueAgain(log, this.view, feed, versionsFrom(log, feed, from))
      }
      const issued = await issueAgain(log, this.view, feed, this.aside.entries(branch, from))
      await this.view.update()
      const [tooLarge] = issued.tooLarge
      if (tooLarge !== undefined) throw tooLarge
      await this.aside.markIssued(branch)
      return issued.count
    })
    return count
  }

  /** Used by `check`: those of which something is in no feed that is here, or cannot be read. */
  async unsettled(): Promise<Unsettled> {
    const { branches, unreadable } = await this.aside.look()
    const unsettled: Unsettled = { branches: [], unreadable }
    for (const branch of branches) {
      if (branch.issued) continue
      try {
        if (!(await this.isSaidAgain(branch))) unsettled.branches.push(branch)
      } catch (error) {
        if (!(error instanceof CairnError)) throw error
        unreadable.push({ path: branch.path, error })
      }
    }
    return unsettled
  }

  /**
   * Used by `Device`: where the refusals of an exchange say that an own feed has forked, goes on under
   * a fresh one. The exchange is done: what fails here is told, and does not undo it.
   */
  async goOn(refused: readonly Pick<Refusal, 'code' | 'feed' | 'seq'>[]): Promise<GoneOn> {
    const forked = refused.filter(({ code }) => code === 'FEED_FORKED')
    const { writer } = this.log
    const told: Refusal[] = []
    let issued = false
    const attempt = async (feed: string, work: () => Promise<void>): Promise<void> => {
      await work().catch((error: unknown) => {
        if (!(error instanceof CairnError)) throw error
        told.push(refusal(error, feed))
      })
    }
    await this.mutex.runExclusive(async () => {
      for (const { feed, seq } of forked) {
        // Where nobody could show a block of another branch, an own feed is not given up.
        if (seq === undefined) continue
        await attempt(feed, async () => void (await writer.noteFork(feed, seq)))
      }
      // Also what a kill or a full disk has left undone.
      for (const old of this.left) {
        await attempt(old.feed, async () => {
          const { tooLarge } = await issueOwn(this.log, this.view, old)
          told.push(...tooLarge.map((error) => refusal(error, old.feed)))
          issued = true
        })
      }
    })
    return { issued, refused: told }
  }

  /** Own feeds that forked, and of which something may be in this device's branch alone. */
  private get left(): ForkedFeed[] {
    return this.log.writer.feed.forked.filter(({ issued }) => !issued)
  }

  private async isSaidAgain(branch: Branch): Promise<boolean> {
    const again = await issuedBefore(this.log, branch.feed)
    for await (const { ref } of this.aside.entries(branch, await this.partingOf(branch))) {
      if (!again.has(formatVersion(ref))) return false
    }
    return true
  }

  /** Where a branch parts from what the log holds. */
  private async partingOf({ feed, length, path }: Branch): Promise<number> {
    const held = this.log.ends().get(feed)?.length ?? 0
    const common = Math.min(held, length)
    await using file = await this.aside.open(path)
    return (await findParting(this.log, file, feed, common)) ?? common
  }

  /** Only a device may speak again for its own feed, or for one that its feed carries on. */
  private async assertOwn(branch: Branch): Promise<void> {
    const { feed, path } = branch
    const { log } = this
    const own = feed === log.id || (await carriesOn(log, log.id, feed))
    if (own && !branch.issued) return
    throw new CairnError(
      'FEED_FORKED',
      own
        ? `This branch of feed ${shortFeedId(feed)} has been issued again already.`
        : `Feed ${shortFeedId(feed)} is another device's. Its branch can be issued again only there; bring it the file ${path}.`,
      { feed, path }
    )
  }
}
