// Why two replicas do not exchange, or not this feed: each a code, both sides' values, and what to
// do about it.

import { CairnError } from '../errors.js'
import { shortFeedId } from '../log/feed-id.js'
import type { Head, ReplicaDescription } from '../log/replica.js'

export function assertSameProject(a: ReplicaDescription, b: ReplicaDescription): void {
  if (a.projectId === b.projectId) return
  throw new CairnError(
    'PROJECT_MISMATCH',
    `${b.label} belongs to project ${b.projectId.slice(0, 8)}, and ${a.label} to project ${a.projectId.slice(0, 8)}. Nothing was changed. Sync it with a device of its own project.`,
    { expected: a.projectId, found: b.projectId }
  )
}

/** Throws CONFIGURATION_MISMATCH. */
export function assertSameConfiguration(a: ReplicaDescription, b: ReplicaDescription): void {
  if (a.configuration === null || b.configuration === null) return
  if (a.configuration.name === b.configuration.name) return
  throw new CairnError(
    'CONFIGURATION_MISMATCH',
    `${b.label} was made with the configuration "${b.configuration.name}", and ${a.label} uses "${a.configuration.name}". Nothing was changed. Either switch this device to "${b.configuration.name}", or sync with a file made with "${a.configuration.name}".`,
    { expected: a.configuration, found: b.configuration }
  )
}

export function feedForked(
  feed: string,
  parting: number | null,
  mine: Head | undefined,
  other: Head | undefined,
  a: ReplicaDescription,
  b: ReplicaDescription
): CairnError {
  return new CairnError(
    'FEED_FORKED',
    `Feed ${shortFeedId(feed)} went on in two different ways${parting === null ? '' : ` from block ${parting} on`}: ${a.label} has ${mine?.length ?? 0} blocks of one, ${b.label} ${other?.length ?? 0} of the other. Its device was probably copied or restored from a backup. What each side has is kept; every other feed was synced.`,
    {
      feed,
      ...(parting !== null && { seq: parting }),
      expected: mine?.length ?? 0,
      found: other?.length ?? 0
    }
  )
}
