// What is only in one branch of a forked feed, written once more under the feed that goes on, so that
// those who hold the other branch get it, too. What is written is a new version that replaces the one
// it repeats, for those who have that, and says what it replaces in its place, for those who do not.

import { CairnError } from './errors.js'
import { walkHistory } from './index/history.js'
import type { View } from './index/public.js'
import { MAX_BLOCK_BYTES } from './log/block-cipher.js'
import { sealedBytes } from './log/block.js'
import { isVersion, type LoggedVersion, type VersionEntry, type VersionRef } from './log/entry.js'
import type { ForkedFeed } from './log/head-file.js'
import { shortFeedId } from './log/feed-id.js'
import type { Log } from './log/log.js'
import { isConfirmed } from './log/succession.js'
import { formatVersion, sameVersion } from './log/version.js'

/** Entries written again in one append. */
const BATCH = 256

/** What was written again, and what was left out. */
export interface Issued {
  readonly count: number
  readonly tooLarge: readonly CairnError[]
}

/**
 * Writes those again that have not been yet. Durable when it resolves. Named as too large are those
 * that an earlier version wrote so that there is no room to say what they repeat.
 */
export async function issueAgain(
  log: Log,
  view: View,
  feed: string,
  versions: AsyncIterable<LoggedVersion>
): Promise<Issued> {
  const renamed = await issuedBefore(log, feed)
  let batch: LoggedVersion[] = []
  let count = 0
  const tooLarge: CairnError[] = []
  const write = async (): Promise<void> => {
    const repetitions = batch.map((version) => repetition(version, feed, renamed))
    const refs = await log.write(repetitions, MAX_BLOCK_BYTES)
    for (const [i, ref] of refs.entries()) renamed.set(formatVersion(batch[i]!.ref), ref)
    count += batch.length
    batch = []
  }
  for await (const version of versions) {
    if (renamed.has(formatVersion(version.ref))) continue
    // A link to an entry of this batch needs that entry's new name first.
    const { links } = version.entry
    const waits = links.some((link) => batch.some(({ ref }) => ref.seq === link.seq))
    if (waits || batch.length === BATCH) await write()
    if (fits(repetition(version, feed, renamed))) batch.push(version)
    else tooLarge.push(doesNotFit(version.ref))
  }
  if (batch.length > 0) await write()
  await view.update()
  for (const [name, ref] of renamed) await settle(log, view, name, ref)
  await log.flush()
  return { count, tooLarge }
}

/** Writes again what is only in this device's own branch of a feed that it wrote. */
export async function issueOwn(log: Log, view: View, forked: ForkedFeed): Promise<Issued> {
  const { feed, from } = forked
  const issued = await issueAgain(log, view, feed, versionsFrom(log, feed, from))
  await log.writer.noteIssued(forked)
  return issued
}

/** Versions of a feed as it is held here, from a place on. */
export async function* versionsFrom(
  log: Log,
  feed: string,
  from: number
): AsyncGenerator<LoggedVersion> {
  const length = log.ends().get(feed)?.length ?? 0
  for await (const batch of log.entries(feed, from, length)) {
    for (const { ref, entry } of batch) if (isVersion(entry)) yield { ref, entry }
  }
}

function repetition(
  { ref, entry }: LoggedVersion,
  feed: string,
  renamed: ReadonlyMap<string, VersionRef>
): VersionEntry {
  const links = entry.links.map((link) => renamed.get(formatVersion(link)) ?? link)
  const createdBy = entry.createdBy ?? feed
  return { ...entry, links: [ref, ...links], clock: entry.clock + 1, createdBy, repeats: true }
}

function fits(entry: VersionEntry): boolean {
  return sealedBytes(entry) <= MAX_BLOCK_BYTES
}

function doesNotFit({ feed, seq }: VersionRef): CairnError {
  return new CairnError(
    'BLOCK_TOO_LARGE',
    `Entry ${seq} of feed ${shortFeedId(feed)}, which forked, is too large to be written again; all others were. Edit what it shows, with less content: then everybody gets it.`,
    { feed, seq }
  )
}

/**
 * Where somebody had replaced what was written again, it is no second opinion: the version of theirs
 * that is shown replaces the repetition, too. `repeated` names what `ref` repeats.
 */
async function settle(log: Log, view: View, repeated: string, ref: VersionRef): Promise<void> {
  const entry = (await log.entry(ref.feed, ref.seq))?.entry
  if (ref.feed !== log.id || entry === undefined || !isVersion(entry)) return
  const heads = (await view.headsOf(entry)) ?? []
  const repetition = heads.find((head) => sameVersion(head.ref, ref))
  if (repetition === undefined) return
  for (const head of heads) {
    if (head === repetition || !(await replaces(log, head, repeated))) continue
    const clock = log.nextClock(log.now(), [head.clock, repetition.clock])
    const { repeats: _, ...said } = head.entry
    const createdBy = head.entry.createdBy ?? head.ref.feed
    const replacement = { ...said, links: [head.ref, ref], clock, createdBy }
    // Else the two stay side by side: nothing is lost.
    if (fits(replacement)) await log.write([replacement], MAX_BLOCK_BYTES)
    await view.update()
    return
  }
}

/** Whether a version, or one that it goes back to, replaces the one of that name. */
async function replaces(log: Log, version: LoggedVersion, name: string): Promise<boolean> {
  for await (const { entry } of walkHistory(log, [version])) {
    if (entry.links.some((link) => formatVersion(link) === name)) return true
  }
  return false
}

/**
 * New names by old ones, of what has been written again already: by this device, also before it was
 * killed, or by another that is known to go on for that feed.
 */
export async function issuedBefore(log: Log, feed: string): Promise<Map<string, VersionRef>> {
  const renamed = new Map<string, VersionRef>()
  for (const [successor, { length }] of log.ends()) {
    if (successor !== log.id && !(await isConfirmed(log, successor))) continue
    if (!(await carriesOn(log, successor, feed))) continue
    for await (const batch of log.entries(successor, 0, length)) {
      for (const { ref, entry } of batch) {
        const repeated = isVersion(entry) && entry.repeats === true ? entry.links[0] : undefined
        if (repeated?.feed === feed) renamed.set(formatVersion(repeated), ref)
      }
    }
  }
  return renamed
}

/** Whether a device says that it goes on for the writer of `feed`, itself or by way of others. */
export async function carriesOn(log: Log, device: string, feed: string): Promise<boolean> {
  const seen = new Set<string>()
  for (let at = (await log.hello(device))?.predecessor; at !== undefined && !seen.has(at);) {
    if (at === feed) return true
    seen.add(at)
    at = (await log.hello(at))?.predecessor
  }
  return false
}
