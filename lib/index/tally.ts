// Counts, while a sync runs, what each device's entries did to the observations: so that an app can
// say "from Laptop 2: 12 new, 3 edited, 2 deleted".

import { formatVersion, sameVersion } from '../log/version.js'
import { type ChangeKind, Deeds, together } from './deeds.js'
import { isFirst, newTwins } from './heads.js'
import { OBSERVATION } from './keys.js'
import type { RowChange, RowObserver } from './row-change.js'
import type { PackedVersion } from './version-bytes.js'
import { sameContent } from './version-content.js'

/** What one device did. Each observation counts once, by what that device did to it last. */
export interface DeviceChanges {
  /** Device id. */
  readonly device: string
  readonly created: number
  readonly edited: number
  readonly deleted: number
  readonly restored: number
  /** Ids of the observations, where asked for. */
  readonly ids?: Readonly<Record<ChangeKind, readonly string[]>>
  /** The same of documents, by the name of their kind; absent where there are none. */
  readonly documents?: Readonly<Record<string, DocumentChanges>>
}

/** What one device did to the documents of one kind. */
export interface DocumentChanges {
  readonly created: number
  readonly edited: number
  readonly deleted: number
  readonly restored: number
  readonly ids?: Readonly<Record<ChangeKind, readonly string[]>>
}

export class Tally implements RowObserver {
  /** By device, then by type. */
  readonly #byDevice = new Map<string, Map<string, Deeds>>()

  constructor(private readonly stop: (tally: Tally) => void) {}

  see(change: RowChange): void {
    const { id, type } = change
    for (const [feed, kind] of kindsOf(change)) this.#deeds(feed, type).add(id, kind)
  }

  settle(shown: boolean): void {
    for (const byType of this.#byDevice.values()) {
      for (const deeds of byType.values()) deeds.settle(shown)
    }
  }

  /** Ends the counting. Devices in order of id. */
  finish({ ids = false }: { ids?: boolean | undefined } = {}): DeviceChanges[] {
    this.stop(this)
    const sorted = [...this.#byDevice].sort(([a], [b]) => (a < b ? -1 : 1))
    return sorted.flatMap(([device, byType]) => {
      const changes = (deeds: Deeds): DocumentChanges => ({
        ...deeds.counts(),
        ...(ids && { ids: deeds.ids() })
      })
      const settled = [...byType].filter(([, deeds]) => !deeds.isEmpty)
      if (settled.length === 0) return []
      const types = settled.filter(([type]) => type !== OBSERVATION)
      const documents = Object.fromEntries(types.map(([type, deeds]) => [type, changes(deeds)]))
      return {
        device,
        ...changes(byType.get(OBSERVATION) ?? new Deeds()),
        ...(types.length > 0 && { documents })
      }
    })
  }

  #deeds(feed: string, type: string): Deeds {
    let byType = this.#byDevice.get(feed)
    if (byType === undefined) this.#byDevice.set(feed, (byType = new Map()))
    let deeds = byType.get(type)
    if (deeds === undefined) byType.set(type, (deeds = new Deeds()))
    return deeds
  }
}

/** One kind per device that has a version among those that arrived. */
function kindsOf({ before, after, arrived }: RowChange): Iterable<readonly [string, ChangeKind]> {
  const [first] = arrived
  if (first !== undefined && arrived.length === 1 && before.heads.length === 0) {
    return [[first.ref.feed, kindOf(first, [])]]
  }
  const kinds = new Map<string, ChangeKind>()
  const shown = new Set(after.heads.map(({ version }) => formatVersion(version.ref)))
  const unlinked = newTwins(before, arrived)
  const isTwin = (version: PackedVersion): boolean =>
    isFirst(version) &&
    before.heads.length > 0 &&
    (before.heads.some((head) => isFirst(head.version) && sameContent(head.version, version)) ||
      (unlinked.includes(version) && !shown.has(formatVersion(version.ref))))
  const known = [...before.heads.map(({ version }) => version), ...arrived]
  const deletions = known.filter((v) => v.deleted).map((v) => formatVersion(v.ref))
  for (const version of arrived.toSorted((a, b) => a.ref.seq - b.ref.seq)) {
    // The same import, made there as well, or what was shown and is said again: nothing new.
    if (isTwin(version) || repeatsShown(version, before)) continue
    const { feed } = version.ref
    const kind = kindOf(version, deletions)
    const earlier = kinds.get(feed)
    kinds.set(feed, earlier === undefined ? kind : together(earlier, kind))
  }
  return kinds
}

function repeatsShown({ repeats, links }: PackedVersion, { heads }: RowChange['before']): boolean {
  const [repeated] = links
  if (!repeats || repeated === undefined) return false
  return heads.some((head) => sameVersion(head.version.ref, repeated))
}

function kindOf(version: PackedVersion, deletions: readonly string[]): ChangeKind {
  if (version.deleted) return 'deleted'
  const links = version.repeats ? version.links.slice(1) : version.links
  if (links.length === 0) return 'created'
  return links.some((link) => deletions.includes(formatVersion(link))) ? 'restored' : 'edited'
}
