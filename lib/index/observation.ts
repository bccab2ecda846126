// What an app sees of an observation: plain data, text for names and times, built by a pure
// function from the heads that a row keeps.

import type { Attachment, LoggedVersion, ObservationEntry, Tags } from '../log/entry.js'
import { toShown, type Draft, type ShownVersion } from './shown-version.js'

/** One version of an observation. */
export interface ObservationVersion extends ShownVersion {
  /** WGS 84 degrees. Absent, together with `lon`, where no location was recorded. */
  readonly lat?: number
  readonly lon?: number
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly tags: Tags
  readonly attachments: readonly Attachment[]
}

/** An observation as it stands: its winning version, and the other heads where people forked it. */
export interface Observation extends ObservationVersion {
  /** The other heads, best first; empty where there is one head. */
  readonly forks: readonly ObservationVersion[]
}

/** An entry with its place, as the view hands it out. */
export type LoggedObservation = LoggedVersion<ObservationEntry>

/** Heads are given winner first; `now` is what this device believes. */
export function toObservation(heads: readonly LoggedObservation[], now?: number): Observation {
  const [winner] = heads
  if (winner === undefined) throw new Error('An observation has at least one head')
  const observation = toObservationVersion(winner, now) as Draft<Observation>
  observation.forks =
    heads.length === 1 ? [] : heads.slice(1).map((head) => toObservationVersion(head, now))
  return observation
}

export function toObservationVersion(logged: LoggedObservation, now?: number): ObservationVersion {
  const { lat, lon, metadata, tags, attachments, deleted } = logged.entry
  const version = toShown(logged, now) as Draft<ObservationVersion>
  if (lat !== undefined && lon !== undefined) {
    version.lat = lat
    version.lon = lon
  }
  if (metadata !== undefined) version.metadata = metadata
  version.tags = tags
  version.attachments = attachments
  version.deleted = deleted
  return version
}
