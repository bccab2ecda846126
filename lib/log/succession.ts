// Which devices are one person's, one after the other. A new feed's hello may say which one it
// continues: a claim, for anybody could say so. It is a fact once that feed's last entry names its
// successor, for that only its own device can write. A feed that forked could not say so to everybody:
// then its device signs the new feed's key with the old feed's, and the new hello carries that.

import b4a from 'b4a'
import { isCheckpoint } from './checkpoint.js'
import { hash, sign, verifySignature } from './crypto.js'
import type { HelloEntry, LoggedEntry } from './entry.js'
import { toSignerKey } from './feed-id.js'

/** What is needed of a log. */
interface FeedReader {
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
async function successorOf(log: FeedReader, feed: string): Promise<string | null> {
  const entry = (await lastEntry(log, feed))?.entry
  return entry?.kind === 'farewell' ? entry.successor : null
}

/** Whether the device that `feed` says it continues has said the same. */
export async function isConfirmed(log: FeedReader, feed: string): Promise<boolean> {
  const hello = await log.hello(feed)
  if (hello?.predecessor === undefined) return false
  return isEndorsed(hello, feed) || (await successorOf(log, hello.predecessor)) === feed
}

/** What the writer of a feed that forked gives to the feed that goes on. */
export function endorse(successor: string, predecessorSecretKey: Uint8Array): Uint8Array {
  return sign(endorsed(successor), predecessorSecretKey)
}

function isEndorsed({ predecessor, endorsement }: HelloEntry, feed: string): boolean {
  if (predecessor === undefined || endorsement === undefined) return false
  return verifySignature(endorsed(feed), endorsement, toSignerKey(predecessor))
}

function endorsed(successor: string): Uint8Array {
  return hash(b4a.from('cairnlog/successor'), toSignerKey(successor))
}

/** The ids under which whoever writes `device` has written: itself, and what is confirmed. */
export async function idsOf(log: FeedReader, device: string): Promise<string[]> {
  const ids = await lineOf(log, device)
  const followed = [device]
  for (const at of followed) {
    for (const successor of await successorsOf(log, at)) {
      if (ids.has(successor)) continue
      ids.add(successor)
      followed.push(successor)
    }
  }
  return [...ids]
}

/**
 * The ids under which one folder has written, the newest first, back to the one that it began with:
 * what that one says it continues is another folder's.
 */
export async function writtenFrom(
  log: FeedReader,
  device: string,
  first: string
): Promise<string[]> {
  const ids = [device]
  for (let at = device; at !== first;) {
    const predecessor = (await log.hello(at))?.predecessor
    if (predecessor === undefined || ids.includes(predecessor)) break
    ids.push((at = predecessor))
  }
  return ids
}

/** Whether `idsOf` one of them has the other. */
export async function areOne(log: FeedReader, a: string, b: string): Promise<boolean> {
  return a === b || (await lineOf(log, a)).has(b) || (await lineOf(log, b)).has(a)
}

/** A device and those that it goes on for, as far as is confirmed. */
async function lineOf(log: FeedReader, device: string): Promise<Set<string>> {
  const line = new Set([device])
  for (let at = device; await isConfirmed(log, at);) {
    const predecessor = (await log.hello(at))?.predecessor
    if (predecessor === undefined || line.has(predecessor)) break
    line.add((at = predecessor))
  }
  return line
}

/** Confirmed ones; a feed that forked may have one for each branch. */
async function successorsOf(log: FeedReader, device: string): Promise<string[]> {
  const successors: string[] = []
  for (const feed of log.ends().keys()) {
    const claims = (await log.hello(feed))?.predecessor === device
    if (claims && (await isConfirmed(log, feed))) successors.push(feed)
  }
  return successors
}
