// What an app sees of any version, of an observation or of a document: plain data, text for names
// and times.

import type { LoggedVersion } from '../log/entry.js'
import { formatVersion } from '../log/version.js'
import { toUuid } from './uuid.js'

/** What every version says, whatever it is a version of. */
export interface ShownVersion {
  /** UUID of what it is a version of. */
  readonly id: string
  /** Name of this version. */
  readonly versionId: string
  /** Names of the versions that this one replaces. */
  readonly links: readonly string[]
  /** ISO 8601, by the wall clock of the device that created it. */
  readonly createdAt: string
  /** ISO 8601, by the wall clock of the device that wrote this version. */
  readonly updatedAt: string
  /** Device id. */
  readonly createdBy: string
  /** Device id. */
  readonly updatedBy: string
  /** ISO 8601, from a source better than the wall clock, such as GPS. */
  readonly trustedAt?: string
  /** Who of the people that share the device. */
  readonly author?: string
  readonly deleted: boolean
}

/** All but `deleted`, which stands last. */
export function toShown({ ref, entry }: LoggedVersion): Omit<ShownVersion, 'deleted'> {
  const createdAt = toIsoTime(entry.createdAt)
  return {
    id: toUuid(entry.id),
    versionId: formatVersion(ref),
    links: entry.links.map(formatVersion),
    createdAt,
    updatedAt: entry.updatedAt === entry.createdAt ? createdAt : toIsoTime(entry.updatedAt),
    createdBy: entry.createdBy ?? ref.feed,
    updatedBy: ref.feed,
    ...(entry.trustedAt !== undefined && { trustedAt: toIsoTime(entry.trustedAt) }),
    ...(entry.author !== undefined && { author: entry.author })
  }
}

/** What a Date can hold (ECMA-262, "Time Values and Time Range"), milliseconds either way. */
const MAX_DATE = 8.64e15

/**
 * A device's clock can be wrong by any amount, and that must never keep its data from being shown:
 * beyond what a Date can hold, the nearest time that it can hold.
 */
export function toIsoTime(milliseconds: number): string {
  return new Date(Math.min(MAX_DATE, Math.max(-MAX_DATE, milliseconds)) || 0).toISOString()
}
