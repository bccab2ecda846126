// What an app sees of an observation: plain data, text for names and times, built by a pure
// function from the heads that a row keeps.

import type { Attachment, ObservationEntry, Tags, VersionRef } from '../log/entry.js'
import { formatVersion } from '../log/version.js'
import { toUuid } from './uuid.js'

/** One version of an observation. */
export interface ObservationVersion {
  /** UUID of the observation. */
  readonly id: string
  /** Name of this version. */
  readonly versionId: string
  /** Names of the versions that this one replaces. */
  readonly links: readonly string[]
  /** ISO 8601, by the wall clock of the device that created the observation. */
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
  /** WGS 84 degrees. Absent, together with `lon`, where no location was recorded. */
  readonly lat?: number
  readonly lon?: number
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly tags: Tags
  readonly attachments: readonly Attachment[]
  readonly deleted: boolean
}

/** An observation as it stands: its winning version, and the other heads where people forked it. */
export interface Observation extends ObservationVersion {
  /** The other heads, best first; empty where there is one head. */
  readonly forks: readonly ObservationVersion[]
}

/** An entry with its place, as the view hands it out. */
export interface LoggedObservation {
  readonly ref: VersionRef
  readonly entry: ObservationEntry
}

/** Heads are given winner first. */
export function toObservation(heads: readonly LoggedObservation[]): Observation {
  const [winner, ...others] = heads
  if (winner === undefined) throw new Error('An observation has at least one head')
  const observation = toObservationVersion(winner) as ObservationVersion & {
    forks: ObservationVersion[]
  }
  observation.forks = others.map(toObservationVersion)
  return observation
}

export function toObservationVersion({ ref, entry }: LoggedObservation): ObservationVersion {
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
    ...(entry.author !== undefined && { author: entry.author }),
    ...(entry.lat !== undefined && entry.lon !== undefined && { lat: entry.lat, lon: entry.lon }),
    ...(entry.metadata !== undefined && { metadata: entry.metadata }),
    tags: entry.tags,
    attachments: entry.attachments,
    deleted: entry.deleted
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
