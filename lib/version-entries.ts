// What a device adds to what an app writes: id, clock, dates, and which versions are replaced. The
// same for observations and for documents.

import b4a from 'b4a'
import { v7 as uuidv7 } from 'uuid'
import type { LoggedVersion, VersionEntry, VersionFields } from './log/entry.js'
import type { Log } from './log/log.js'

/** What the device decides of a version; author, trusted time and the rest are the app's. */
export type OwnFields = Pick<
  VersionFields,
  'id' | 'links' | 'clock' | 'createdAt' | 'updatedAt' | 'createdBy' | 'deleted'
>

/** A version that is to be replaced, with its clock. */
export interface Replaced<E extends VersionEntry = VersionEntry> extends LoggedVersion<E> {
  readonly clock: number
}

/** What is known of the first version of something that was recorded elsewhere. */
export type Origin = Partial<Pick<OwnFields, 'id' | 'createdAt' | 'createdBy' | 'deleted'>>

/** Of the first version. */
export function firstVersion(log: Log, origin: Origin = {}): OwnFields {
  const wall = log.now()
  const clock = log.nextClock(wall, [])
  return {
    id: uuidv7({ msecs: clock }, b4a.allocUnsafeSlow(16)),
    links: [],
    clock,
    createdAt: wall,
    updatedAt: wall,
    deleted: false,
    ...origin
  }
}

/** Of a version that replaces others; the first of them says what it is a version of. */
export function nextVersion(
  log: Log,
  replaced: readonly [Replaced, ...Replaced[]],
  deleted: boolean
): OwnFields {
  const { ref, entry } = replaced[0]
  const wall = log.now()
  const createdBy = entry.createdBy ?? ref.feed
  return {
    id: entry.id,
    links: replaced.map((version) => version.ref),
    clock: log.nextClock(
      wall,
      replaced.map((version) => version.clock)
    ),
    createdAt: entry.createdAt,
    updatedAt: wall,
    ...(createdBy !== log.id && { createdBy }),
    deleted
  }
}
