// What an app sees of an observation: plain data, text for names and times, built by a pure
// function from the heads that a row keeps.

import type { Attachment, LoggedVersion, ObservationEntry, Tags } from '../log/entry.js'
import { toShown, type ShownVersion } from './shown-version.js'

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

export function toObservationVersion(logged: LoggedObservation): ObservationVersion {
  const { entry } = logged
  return {
    ...toShown(logged),
    ...(entry.lat !== undefined && entry.lon !== undefined && { lat: entry.lat, lon: entry.lon }),
    ...(entry.metadata !== undefined && { metadata: entry.metadata }),
    tags: entry.tags,
    attachments: entry.attachments,
    deleted: entry.deleted
  }
}
