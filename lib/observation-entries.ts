// The entries that an app's writes become: what the app decides, and what the device adds.

import b4a from 'b4a'
import { v7 as uuidv7 } from 'uuid'
import type { LoggedObservation } from './index/public.js'
import type { ObservationEntry } from './log/entry.js'
import type { Log } from './log/log.js'
import type { Content } from './observation-input.js'

/** A version that is to be replaced, with its clock. */
export interface Replaced extends LoggedObservation {
  readonly clock: number
}

/** The first version of an observation. */
export function newEntry(
  log: Log,
  content: Content,
  given: { id?: Uint8Array; createdAt?: number } = {}
): ObservationEntry {
  const wall = log.now()
  const clock = log.nextClock(wall, [])
  return {
    kind: 'observation',
    id: given.id ?? uuidv7({ msecs: clock }, b4a.allocUnsafeSlow(16)),
    links: [],
    clock,
    createdAt: given.createdAt ?? wall,
    updatedAt: wall,
    ...content,
    deleted: false
  }
}

/** A version that replaces others; the first of them says whose observation it is. */
export function nextEntry(
  log: Log,
  replaced: readonly [Replaced, ...Replaced[]],
  content: Content,
  deleted: boolean
): ObservationEntry {
  const { ref, entry } = replaced[0]
  const wall = log.now()
  const createdBy = entry.createdBy ?? ref.feed
  return {
    kind: 'observation',
    id: entry.id,
    links: replaced.map((version) => version.ref),
    clock: log.nextClock(
      wall,
      replaced.map((version) => version.clock)
    ),
    createdAt: entry.createdAt,
    updatedAt: wall,
    ...(createdBy !== log.id && { createdBy }),
    ...content,
    deleted
  }
}

/** The fields of an entry that an app decides. */
export function contentOf(entry: ObservationEntry): Content {
  const { lat, lon, tags, metadata, attachments, author, trustedAt, unknown } = entry
  return {
    ...(lat !== undefined && lon !== undefined && { lat, lon }),
    tags,
    attachments,
    ...(metadata !== undefined && { metadata }),
    ...(author !== undefined && { author }),
    ...(trustedAt !== undefined && { trustedAt }),
    ...(unknown !== undefined && { unknown })
  }
}
