// What a sync did, for a person to read and an app to show.

import type { CairnError, CairnErrorCode } from '../errors.js'
import { shortFeedId } from '../log/feed-id.js'
import type { Range } from '../log/replica.js'

export interface Amount {
  /** Entries of observations: no hellos, no checkpoints. */
  entries: number
  /** Photos and files. */
  media: number
  /** Bytes of blocks and media. */
  bytes: number
}

export interface FeedReport {
  /** Feed id of the device that wrote it. */
  readonly feed: string
  /** Entries that were here before. */
  readonly had: number
  received: number
  sent: number
}

export interface Refusal {
  readonly feed: string
  readonly code: CairnErrorCode
  readonly message: string
  /** Sequence number from which on it was refused. */
  readonly seq?: number
  /** Sequence number up to which, exclusive, where that is known. */
  readonly to?: number
  /** Byte offset in a file. */
  readonly offset?: number
}

export interface SyncReport {
  readonly received: Amount
  readonly sent: Amount
  /** Every feed that either side holds. */
  readonly feeds: readonly FeedReport[]
  /** What was not taken, and why. Everything else was. */
  readonly refused: readonly Refusal[]
  /** One side could not be written to. */
  readonly readOnly: boolean
  /** One side is of a kind that is not written to: a request or an answer. */
  readonly oneWay: boolean
  /** The file system knows no locks: nothing kept another program from writing meanwhile. */
  readonly lockless: boolean
}

export function refusal(error: CairnError, feed: string): Refusal {
  return {
    feed,
    code: error.code,
    message: error.message,
    ...(error.seq !== undefined && { seq: error.seq }),
    ...(error.offset !== undefined && { offset: error.offset })
  }
}

/** Blocks that a replica knows of and no longer holds: those before them may all have been taken. */
export function refusalOfLost(feed: string, { from, to }: Range, label: string): Refusal {
  const message = `Blocks ${from} to ${to} of feed ${shortFeedId(feed)} were lost from ${label}. Everything before them was taken as far as it is there. Sync it with a device that has them.`
  return { feed, code: 'SYNCFILE_DAMAGED', message, seq: from, to }
}
