// The entries that an app's writes become: what the app decides, and what the device adds.

import type { ObservationEntry } from './log/entry.js'
import type { Log } from './log/log.js'
import type { Content } from './observation-input.js'
import { firstVersion, nextVersion, type Origin, type Replaced } from './version-entries.js'

/** The first version of an observation. */
export function newEntry(log: Log, content: Content, origin: Origin = {}): ObservationEntry {
  return { kind: 'observation', ...firstVersion(log, origin), ...content }
}

/** A version that replaces others; the first of them says whose observation it is. */
export function nextEntry(
  log: Log,
  replaced: readonly [Replaced<ObservationEntry>, ...Replaced<ObservationEntry>[]],
  content: Content,
  deleted: boolean
): ObservationEntry {
  return { kind: 'observation', ...nextVersion(log, replaced, deleted), ...content }
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
