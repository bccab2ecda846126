// The heads of one observation: the versions that no known version of it links to. A pure function
// takes versions in, and its result depends on the set of versions given, never on their order.
//
// Pending are links to versions that are not held (yet). A version that arrives and is pending is
// held from then on but no head, for what replaces it is known already.
//
// About clocks. A well-formed version's clock is above those of the versions it links to. A broken
// writer's may not be, and then its edit would lose against the very thing it replaced, as soon as
// that competes through another branch. So a head counts with at least 1 + the stored clocks of
// its own links, as far as these are held. It stops at one level on purpose: to go further down,
// a version that arrives late would have to lift all its descendants, of which the row keeps only
// the heads, so the result would depend on the order. One level is exact in any order: a late
// link is found by name in the links of the heads that wait for it.

//
// About twins. A file that is imported on two devices makes, on each, a first version of the same
// observation with the same content. Two first versions that say the same are one: once one of them
// has been replaced, so have the others, and before that the earliest stands for all: where the file
// is somebody's export, that is his own. What he edited before the export is no first version; so a
// first version gives way to any later version, too, that says the same. Nothing is lost by it, for
// whoever saw one has seen what the others say.

import type { VersionRef } from '../log/entry.js'
import { compareVersions, formatVersion } from '../log/version.js'
import { compareHeads } from './winner.js'

/** Whether two versions say the same, whoever wrote them and when. */
export type SameContent<V> = (a: V, b: V) => boolean

/** What the choice of heads looks at in a version. */
export interface Version {
  readonly ref: VersionRef
  /** As stored in the entry. */
  readonly clock: number
  readonly deleted: boolean
  readonly links: readonly VersionRef[]
}

export interface Head<V extends Version = Version> {
  readonly version: V
  /** The clock that counts: the stored one, and at least 1 + those of the links held. */
  readonly clock: number
}

/** Heads winner first, pending by version name. */
export interface HeadsState<V extends Version = Version> {
  readonly heads: readonly Head<V>[]
  readonly pending: readonly VersionRef[]
}

export const NO_HEADS: HeadsState<never> = { heads: [], pending: [] }

/**
 * The state after some more versions of the same observation. `held` are the versions, by name,
 * that were taken in earlier and are no heads any more: those among `unresolvedLinks`, and, where
 * there are `newTwins`, all that have been replaced.
 * A version that is a head already changes nothing; one that was replaced already must not be
 * given again, which the view's positions see to.
 */
export function applyVersions<V extends Version>(
  state: HeadsState<V>,
  versions: readonly V[],
  held: ReadonlyMap<string, V> = new Map(),
  same: SameContent<V> = () => false
): HeadsState<V> {
  const before = byName(state.heads.map((head) => head.version))
  const arrived = byName(versions)
  const pending = new Map(state.pending.map((ref) => [formatVersion(ref), ref]))
  const replaced = new Set<string>(pending.keys())
  for (const version of arrived.values()) {
    for (const link of version.links) {
      const name = formatVersion(link)
      replaced.add(name)
      if (!arrived.has(name) && !before.has(name) && !held.has(name)) pending.set(name, link)
    }
  }

  const clockOf = (ref: VersionRef): number => {
    const name = formatVersion(ref)
    return (arrived.get(name) ?? before.get(name))?.clock ?? held.get(name)?.clock ?? -Infinity
  }
  const heads: Head<V>[] = []
  for (const head of state.heads) {
    if (replaced.has(formatVersion(head.version.ref))) continue
    heads.push({ version: head.version, clock: atLeastAfter(head.clock, head.version, clockOf) })
  }
  for (const [name, version] of arrived) {
    if (replaced.has(name) || before.has(name)) continue
    heads.push({ version, clock: atLeastAfter(version.clock, version, clockOf) })
  }
  for (const name of arrived.keys()) pending.delete(name)
  const known = (): Map<string, V> => new Map([...held, ...arrived, ...before])
  return {
    heads: withoutTwins(heads.sort(compareHeads), known, same),
    pending: [...pending.values()].sort(compareVersions)
  }
}

/** Of first versions that say the same the earliest, and none where another version says it, too. */
function withoutTwins<V extends Version>(
  heads: readonly Head<V>[],
  known: () => ReadonlyMap<string, V>,
  same: SameContent<V>
): readonly Head<V>[] {
  if (!heads.some(({ version }) => isFirst(version))) return heads
  const all = [...known().values()]
  const standing = new Set(heads.map(({ version }) => version))
  const standsFor = (other: V, version: V): boolean =>
    !isFirst(other) || !standing.has(other) || isEarlier(other, version)
  return heads.filter(({ version }) => {
    if (!isFirst(version)) return true
    return !all.some((other) => {
      return other !== version && standsFor(other, version) && same(other, version)
    })
  })
}

function isEarlier(a: Version, b: Version): boolean {
  return (a.clock - b.clock || compareVersions(a.ref, b.ref)) < 0
}

/** First versions that come to a row that is there, where one might say what was replaced. */
export function newTwins<V extends Version>(state: HeadsState<V>, versions: readonly V[]): V[] {
  if (state.heads.length === 0) return []
  const linked = new Set(state.pending.map(formatVersion))
  for (const { links } of versions) for (const link of links) linked.add(formatVersion(link))
  const known = new Set(state.heads.map(({ version }) => formatVersion(version.ref)))
  return versions.filter((version) => {
    const name = formatVersion(version.ref)
    return isFirst(version) && !linked.has(name) && !known.has(name)
  })
}

export function isFirst({ links }: Version): boolean {
  return links.length === 0
}

/** Links of `versions` of which the state does not say whether they are held. */
export function unresolvedLinks<V extends Version>(
  state: HeadsState<V>,
  versions: readonly V[]
): Map<string, VersionRef> {
  const unresolved = new Map<string, VersionRef>()
  for (const version of versions) {
    for (const link of version.links) unresolved.set(formatVersion(link), link)
  }
  for (const head of state.heads) unresolved.delete(formatVersion(head.version.ref))
  for (const version of versions) unresolved.delete(formatVersion(version.ref))
  for (const ref of state.pending) unresolved.delete(formatVersion(ref))
  return unresolved
}

function byName<V extends Version>(versions: readonly V[]): Map<string, V> {
  return new Map(versions.map((version) => [formatVersion(version.ref), version]))
}

function atLeastAfter(clock: number, version: Version, clockOf: (r: VersionRef) => number): number {
  return version.links.reduce((at, link) => Math.max(at, clockOf(link) + 1), clock)
}
