// All versions of an observation or a document, walked back from its heads along the links. Rows keep heads only;
// what these replaced is read from the feeds.

import {
  isVersion,
  typeOf,
  type EntrySource,
  type LoggedVersion,
  type VersionEntry,
  type VersionRef
} from '../log/entry.js'
import { compareVersions, formatVersion, sameVersion } from '../log/version.js'

/** Newest first by clock; a version that is not held is left out, and what it replaced with it. */
export async function* walkHistory<E extends VersionEntry>(
  source: EntrySource,
  heads: readonly LoggedVersion<E>[]
): AsyncGenerator<LoggedVersion<E>> {
  const first = heads[0]?.entry
  const seen = new Set(heads.map(({ ref }) => formatVersion(ref)))
  // The open ends of the walk, oldest first. There are as many as there are forks: few.
  const ends = [...heads].sort(compareAge)
  for (let next = ends.pop(); next !== undefined; next = ends.pop()) {
    yield next
    const { repeats, links } = next.entry
    // What is repeated says nothing more, and is not everywhere.
    for (const link of repeats === true ? links.slice(1) : links) {
      const name = formatVersion(link)
      if (seen.has(name)) continue
      seen.add(name)
      const version = await findVersion(source, link, first!)
      if (version !== null) ends.push(version)
    }
    ends.sort(compareAge)
  }
}

/** The version of that name; null where it is not held, or is one of something else than `of`. */
export async function findVersion<E extends VersionEntry>(
  source: EntrySource,
  ref: VersionRef,
  of: E
): Promise<LoggedVersion<E> | null> {
  const logged = await source.entry(ref.feed, ref.seq)
  if (logged === null || !isVersion(logged.entry) || !sameVersion(logged.ref, ref)) return null
  const { entry } = logged
  const same = Buffer.compare(entry.id, of.id) === 0 && typeOf(entry) === typeOf(of)
  return same ? { ref, entry: entry as E } : null
}

function compareAge(a: LoggedVersion, b: LoggedVersion): number {
  return a.entry.clock - b.entry.clock || compareVersions(a.ref, b.ref)
}
