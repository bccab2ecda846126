// All versions of an observation, walked back from its heads along the links. Rows keep heads only;
// what these replaced is read from the feeds.

import type { EntrySource, VersionRef } from '../log/entry.js'
import { compareVersions, formatVersion, sameVersion } from '../log/version.js'
import type { LoggedObservation } from './observation.js'

/** Newest first by clock; a version that is not held is left out, and what it replaced with it. */
export async function* walkHistory(
  source: EntrySource,
  heads: readonly LoggedObservation[]
): AsyncGenerator<LoggedObservation> {
  const id = heads[0]?.entry.id
  const seen = new Set(heads.map(({ ref }) => formatVersion(ref)))
  // The open ends of the walk, oldest first. There are as many as there are forks: few.
  const ends = [...heads].sort(compareAge)
  for (let next = ends.pop(); next !== undefined; next = ends.pop()) {
    yield next
    for (const link of next.entry.links) {
      const name = formatVersion(link)
      if (seen.has(name)) continue
      seen.add(name)
      const version = await find(source, link)
      if (version === null || Buffer.compare(version.entry.id, id!) !== 0) continue
      ends.push(version)
    }
    ends.sort(compareAge)
  }
}

async function find(source: EntrySource, ref: VersionRef): Promise<LoggedObservation | null> {
  const logged = await source.entry(ref.feed, ref.seq)
  if (logged === null || logged.entry.kind !== 'observation') return null
  return sameVersion(logged.ref, ref) ? { ref, entry: logged.entry } : null
}

function compareAge(a: LoggedObservation, b: LoggedObservation): number {
  return a.entry.clock - b.entry.clock || compareVersions(a.ref, b.ref)
}
