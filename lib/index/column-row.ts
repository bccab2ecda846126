// What the columns keep of an observation, taken from its winning version. Times are those that are
// shown, so that one that was shown has the place in the order that it was shown at.

import type { ObservationEntry } from '../log/entry.js'
import { DELETED, FORKED, LOCATED, type ColumnRow } from './chunk.js'
import type { Facts } from './filter.js'
import type { LoggedObservation, Observation } from './observation.js'
import { toDateTime } from './shown-version.js'
import type { TagCodes } from './tag-codes.js'
import type { FeedNumbers } from './version-bytes.js'

export function toColumnRow(
  feed: string,
  entry: ObservationEntry,
  forked: boolean,
  feeds: FeedNumbers,
  tagCodes: TagCodes
): ColumnRow {
  const { lat, lon, createdAt, updatedAt, deleted } = entry
  const located = lat !== undefined && lon !== undefined
  const codes: number[] = []
  tagCodes.encode(entry.tags, codes)
  return {
    flags: (deleted ? DELETED : 0) | (forked ? FORKED : 0) | (located ? LOCATED : 0),
    lat: located ? lat : NaN,
    lon: located ? lon : NaN,
    createdAt: toDateTime(createdAt),
    updatedAt: toDateTime(updatedAt),
    device: feeds.numberOf(entry.createdBy ?? feed),
    codes
  }
}

/** The same of a row that has been read, for what the columns cannot decide. */
export function toFacts(heads: readonly LoggedObservation[]): Facts {
  const { ref, entry } = heads[0]!
  return {
    ...entry,
    createdAt: toDateTime(entry.createdAt),
    updatedAt: toDateTime(entry.updatedAt),
    forked: heads.length > 1,
    device: entry.createdBy ?? ref.feed
  }
}

/** And of one as it is shown. */
export function shownFacts(observation: Observation): Facts {
  const { createdAt, updatedAt, createdBy, forks } = observation
  return {
    ...observation,
    createdAt: Date.parse(createdAt),
    updatedAt: Date.parse(updatedAt),
    device: createdBy,
    forked: forks.length > 0
  }
}
