// Which devices are one person's, one after the other. A new feed's hello may say which one it
// continues: a claim, for anybody could say so. It is a fact once that feed's last entry names its
// successor, for that only its own device can write.

import { isCheckpoint } from './checkpoint.js'
import type { HelloEntry, LoggedEntry } from './entry.js'

/** What is needed of a log. */
export interface FeedReader {
  ends(): ReadonlyMap<string, { readonly length: number }>
  entry(feed: string, seq: number): Promise<LoggedEntry | null>
  hello(feed: string): Promise<HelloEntry | null>
}

/** A feed's last entry; null where the feed is not here. */
export async function lastEntry(log: FeedReader, feed: string): Promise<LoggedEntry | null> {
  const last = (log.ends().get(feed)?.length ?? 0) - 1
  return last < 0 ? null : log.entry(feed, isCheckpoint(last) ? last - 1 : last)
}

/** The device that a feed's last entry hands over to. */
export async function successorOf(log: FeedReader, feed: string): Promise<string | null> {
  const entry = (await lastEntry(log, feed))?.entry
  return entry?.kind === 'farewell' ? entry.successor : null
}

/** Whether the device that `feed` says it continues has said the same. */
export async function isConfirmed(log: FeedReader, feed: string): Promise<boolean> {
  const predecessor = (await log.hello(feed))?.predecessor
  return predecessor !== undefined && (await successorOf(log, predecessor)) === feed
}

/** The ids under which whoever writes `device` has written: itself, and what is confirmed. */
export async function idsOf(log: FeedReader, device: string): Promise<string[]> {
  const ids = new Set([device])
  for (let at = device; await isConfirmed(log, at);) {
    const predecessor = (await log.hello(at))?.predecessor
    if (predecessor === undefined || ids.has(predecessor)) break
    ids.add((at = predecessor))
  }
  for (let at = device; ;) {
    const successor = await successorOf(log, at)
    if (successor === null || ids.has(successor) || !(await isConfirmed(log, successor))) break
    ids.add((at = successor))
  }
  return [...ids]
}
