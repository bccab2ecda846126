// What can be done with a branch that was kept aside: look at what is only in it, and, on the
// device that wrote it, issue it again under the feed that goes on.

import { CairnError } from './errors.js'
import { type Aside, type Branch, isIssued } from './aside.js'
import { findParting } from './exchange/parting.js'
import { type ObservationVersion, toObservationVersion } from './index/observation.js'
import type { View } from './index/public.js'
import type { LoggedVersion, VersionEntry, VersionRef } from './log/entry.js'
import { shortFeedId } from './log/feed-id.js'
import type { Log } from './log/log.js'
import { formatVersion } from './log/version.js'

/** Entries issued again in one append. */
const BATCH = 256

/** The branches of a device: `device.branches`. */
export class Branches {
  constructor(
    private readonly log: Log,
    private readonly view: View,
    private readonly aside: Aside,
    private readonly assertOpen: () => void
  ) {}

  /** The other continuations of feeds that forked, as far as they were met. */
  async list(): Promise<Branch[]> {
    this.assertOpen()
    return this.aside.list()
  }

  /** The versions of observations that are in a branch and not in what the device shows. */
  async *read(branch: Branch): AsyncGenerator<ObservationVersion> {
    this.assertOpen()
    for await (const { ref, entry } of onlyInBranch(this.log, this.aside, branch)) {
      if (entry.kind !== 'observation') continue
      yield toObservationVersion({ ref, entry }, this.log.now())
    }
  }

  /**
   * Writes what is only in a branch again, on the device whose feed it is; resolves to how many
   * entries. Throws FEED_FORKED where the branch is another device's, or was issued already.
   */
  async reissue(branch: Branch): Promise<number> {
    this.assertOpen()
    const count = await reissueBranch(this.log, this.aside, branch)
    await this.view.update()
    return count
  }
}

/** Versions that are in the branch and not in the log. */
async function* onlyInBranch(
  log: Log,
  aside: Aside,
  branch: Branch
): AsyncGenerator<LoggedVersion> {
  const held = log.ends().get(branch.feed)?.length ?? 0
  const common = Math.min(held, branch.length)
  await using file = await aside.open(branch.path)
  const from = (await findParting(log, file, branch.feed, common)) ?? common
  yield* aside.entries(branch, from)
}

/** Writes what is only in a branch of this device's own making again; resolves to how many. */
async function reissueBranch(log: Log, aside: Aside, branch: Branch): Promise<number> {
  await assertOwn(log, branch)
  const issued = await aside.issued(branch)
  const renamed = new Map<string, VersionRef>()
  let batch: { was: VersionRef; entry: VersionEntry }[] = []
  let count = 0
  const write = async (): Promise<void> => {
    const refs = await log.write(batch.map(({ entry }) => entry))
    for (const [i, ref] of refs.entries()) {
      const was = batch[i]?.was
      if (was !== undefined) renamed.set(formatVersion(was), ref)
    }
    count += batch.length
    batch = []
  }
  for await (const { ref, entry } of onlyInBranch(log, aside, branch)) {
    if (ref.seq < issued) continue
    // A link to an entry of this batch needs that entry's new name first.
    const waits = entry.links.some((link) => batch.some(({ was }) => was.seq === link.seq))
    if (waits || batch.length === BATCH) await write()
    const links = entry.links.map((link) => renamed.get(formatVersion(link)) ?? link)
    const createdBy = entry.createdBy ?? branch.feed
    const own = createdBy === log.id
    const { createdBy: _, ...content } = entry
    batch.push({ was: ref, entry: { ...content, links, ...(!own && { createdBy }) } })
  }
  if (batch.length > 0) await write()
  await log.flush()
  await aside.markIssued(branch)
  return count
}

/** Only a device may speak again for its own feed, or for one that its feed carries on. */
async function assertOwn(log: Log, branch: Branch): Promise<void> {
  const { feed, path } = branch
  const seen = new Set<string>()
  for (let at: string | undefined = log.id; at !== undefined && !seen.has(at);) {
    if (at === feed && !isIssued(branch)) return
    seen.add(at)
    at = (await log.hello(at))?.predecessor
  }
  throw new CairnError(
    'FEED_FORKED',
    seen.has(feed)
      ? `This branch of feed ${shortFeedId(feed)} has been issued again already.`
      : `Feed ${shortFeedId(feed)} is another device's. Its branch can be issued again only there; bring it the file ${path}.`,
    { feed, path }
  )
}
