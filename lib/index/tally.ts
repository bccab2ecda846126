// Counts, while a sync runs, what each device's entries did to the observations: so that an app can
// say "from Laptop 2: 12 new, 3 edited, 2 deleted".

import { formatVersion } from '../log/version.js'
import { isFirst, newTwins } from './heads.js'
import { OBSERVATION } from './keys.js'
import type { RowChange, RowObserver } from './row-change.js'
import { toUuid } from './uuid.js'
import type { PackedVersion } from './version-bytes.js'
import { sameContent } from './version-content.js'

export type ChangeKind = 'created' | 'edited' | 'deleted' | 'restored'

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

/** What a device did last, by what it did it to. */
type Kinds = Map<string, ChangeKind>

interface Seen {
  readonly feed: string
  readonly type: string
  /** The 16 bytes of the id as text, one character each: the smallest key that a Map takes. */
  readonly id: string
  readonly kind: ChangeKind
}

export class Tally implements RowObserver {
  /** By device, then by type. */
  readonly #byDevice = new Map<string, Map<string, Kinds>>()
  #staged: Seen[] = []

  constructor(private readonly stop: (tally: Tally) => void) {}

  see(change: RowChange): void {
    const id = change.id.toString('latin1')
    for (const [feed, kind] of kindsOf(change))
      this.#staged.push({ feed, type: change.type, id, kind })
  }

  settle(shown: boolean): void {
    for (const { feed, type, id, kind } of shown ? this.#staged : []) {
      const device = this.#byDevice.get(feed) ?? new Map<string, Kinds>()
      this.#byDevice.set(feed, device)
      const kinds = device.get(type) ?? new Map<string, ChangeKind>()
      device.set(type, kinds)
      const known = kinds.get(id)
      kinds.set(id, known === undefined ? kind : together(known, kind))
    }
    this.#staged = []
  }

  /** Ends the counting. Devices in order of id. */
  finish({ ids = false }: { ids?: boolean | undefined } = {}): DeviceChanges[] {
    this.stop(this)
    const sorted = [...this.#byDevice].sort(([a], [b]) => (a < b ? -1 : 1))
    return sorted.map(([device, byType]) => {
      const changes = (kinds: Kinds): DocumentChanges => ({
        ...countsOf(kinds),
        ...(ids && { ids: idsOf(kinds) })
      })
      const types = [...byType].filter(([type]) => type !== OBSERVATION)
      const documents = Object.fromEntries(types.map(([type, kinds]) => [type, changes(kinds)]))
      return {
        device,
        ...changes(byType.get(OBSERVATION) ?? new Map()),
        ...(types.length > 0 && { documents })
      }
    })
  }
}

/** One kind per device that has a version among those that arrived. */
function kindsOf({ before, after, arrived }: RowChange): Map<string, ChangeKind> {
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
    // The same import, made there as well: nothing new.
    if (isTwin(version)) continue
    const { feed } = version.ref
    const kind = kindOf(version, deletions)
    const earlier = kinds.get(feed)
    kinds.set(feed, earlier === undefined ? kind : together(earlier, kind))
  }
  return kinds
}

function kindOf({ deleted, links }: PackedVersion, deletions: readonly string[]): ChangeKind {
  if (deleted) return 'deleted'
  if (links.length === 0) return 'created'
  return links.some((link) => deletions.includes(formatVersion(link))) ? 'restored' : 'edited'
}

/** What somebody created is new, however often it was edited since. */
function together(earlier: ChangeKind, later: ChangeKind): ChangeKind {
  if (later === 'deleted') return 'deleted'
  if (earlier === 'created') return 'created'
  return earlier === 'restored' || later === 'restored' ? 'restored' : later
}

function countsOf(kinds: Kinds): Record<ChangeKind, number> {
  const counts = { created: 0, edited: 0, deleted: 0, restored: 0 }
  for (const kind of kinds.values()) counts[kind]++
  return counts
}

function idsOf(kinds: ReadonlyMap<string, ChangeKind>): Record<ChangeKind, string[]> {
  const ids: Record<ChangeKind, string[]> = { created: [], edited: [], deleted: [], restored: [] }
  for (const [id, kind] of kinds) ids[kind].push(toUuid(Buffer.from(id, 'latin1')))
  return ids
}
