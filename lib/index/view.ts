// The observation view: which observations exist now, each with its whole content, in a tree on
// disk. It is derived from the feeds, is never sent anywhere, and may be deleted at any time: what
// is missing, damaged, of another layout or ahead of its feeds is made anew (upkeep.ts).

import type { EntrySource, VersionEntry } from '../log/entry.js'
import { shownFacts, toFacts } from './column-row.js'
import { DocumentsView } from './documents.js'
import { checkFilter, matches, type Filter } from './filter.js'
import type { Generation } from './generation.js'
import { walkHistory } from './history.js'
import type { IndexOptions } from './indexer.js'
import { OBSERVATION } from './keys.js'
import { type AnyKind, KindIndex } from './kind.js'
import type { MediaCatalogue } from './media-catalogue.js'
import {
  toObservation,
  toObservationVersion,
  type Observation,
  type ObservationVersion
} from './observation.js'
import { PinnedView } from './pinned.js'
import { checkQuery, continued, type Query, type QueryOptions } from './query.js'
import { resumed } from './resumed.js'
import type { AuditOptions, Discrepancy } from './audit.js'
import { decodeRow, type DecodedHead } from './row.js'
import { countMatches, select } from './select.js'
import { toIsoTime } from './shown-version.js'
import { Tally } from './tally.js'
import { Upkeep } from './upkeep.js'
import { fromUuid, toUuid } from './uuid.js'
import { decodeVersion } from './version-bytes.js'
import type { ViewDevice, ViewOptions, ViewStatus, ViewUpdate } from './view-types.js'
import type { Change } from './watch.js'
import { Watchers } from './watchers.js'

export class View {
  readonly #watchers: Watchers
  readonly #documents = new Map<string, DocumentsView>()

  private constructor(
    private readonly source: EntrySource,
    private readonly upkeep: Upkeep,
    kinds: readonly AnyKind[]
  ) {
    this.#watchers = new Watchers(upkeep, source)
    for (const kind of kinds) {
      const index = new KindIndex(kind)
      this.#documents.set(index.name, new DocumentsView(upkeep, source, this.#watchers, index))
    }
  }

  /**
   * Opens the view in a folder of its own. A view that cannot be used is made anew from the source
   * and an event says so; should that fail, the view opens empty and the next update goes on.
   * Throws DEVICE_LOCKED where another program has it open, NO_SPACE, and ABORTED.
   */
  static async open(dir: string, source: EntrySource, options: ViewOptions = {}): Promise<View> {
    return new View(source, await Upkeep.open(dir, source, options), options.kinds ?? [])
  }

  /** Takes in what the feeds have gained. Calls made meanwhile wait for their turn. */
  update(options: IndexOptions = {}): Promise<ViewUpdate> {
    return this.upkeep.update(options)
  }

  /** Makes the view anew from the first entry on. Until it is done the last one is shown. */
  rebuild(options: IndexOptions = {}): Promise<ViewUpdate> {
    return this.upkeep.rebuild(options)
  }

  /**
   * Writes the view's files anew, in order, without what was replaced since. Happens by itself
   * where they have grown to twice what they need; until it is done the last ones are shown.
   */
  async fold(): Promise<void> {
    await this.upkeep.fold()
  }

  /** Null where there is no such observation. Throws a TypeError where the id is no UUID. */
  async get(id: string): Promise<Observation | null> {
    const heads = await this.heads(id)
    return heads.length === 0 ? null : toObservation(heads, this.upkeep.now())
  }

  /** Whether there is one, deleted or not: answered from memory. */
  has(id: string): boolean {
    const bytes = Buffer.from(fromUuid(id))
    const { columns } = this.upkeep.current().shown
    return columns.has(columns.lowerBound(bytes), bytes)
  }

  /**
   * The heads of an observation with their entries as recorded, winner first; none where there is
   * no such observation. A version that replaces some of them takes a clock above theirs.
   */
  async heads(id: string): Promise<readonly DecodedHead[]> {
    const bytes = Buffer.from(fromUuid(id))
    return this.upkeep.read(async (generation) => {
      const [row] = await generation.rowsOf([bytes])
      return row === undefined || row === null ? [] : decodeRow(row, bytes, generation.feeds)
    })
  }

  /** Of what an entry is a version of, as `heads`; null where the app registered no such kind. */
  async headsOf(entry: VersionEntry): Promise<readonly DecodedHead<VersionEntry>[] | null> {
    const id = toUuid(entry.id)
    if (entry.kind === 'observation') return this.heads(id)
    return (await this.#documents.get(entry.type)?.heads(id)) ?? null
  }

  /** Rows that are not what the feeds say, of all there are; it costs what a rebuild costs. */
  audit(options: AuditOptions = {}): AsyncGenerator<Discrepancy> {
    return this.upkeep.audit(options)
  }

  /** Observations that match, from a snapshot taken when the iteration begins. */
  async *query(options: QueryOptions = {}): AsyncGenerator<Observation> {
    const { upkeep } = this
    const read = (generation: Generation, query: Query): AsyncIterable<Observation[]> =>
      observationsIn(generation, query, upkeep.now())
    yield* resumed(upkeep, checkQuery(options), read, continued)
  }

  /** The state as it is now, for several queries that must agree; to be released. */
  pin(): PinnedView {
    const { upkeep } = this
    return new PinnedView(upkeep.current(), upkeep.now(), () => void upkeep.current())
  }

  /** How many `query()` gives. */
  async count(options: Filter = {}): Promise<number> {
    const filter = checkFilter(options)
    return this.upkeep.read((generation) => countMatches(generation, filter))
  }

  /**
   * Changes from now on, until the loop is left, the signal fires or the view is closed. A consumer
   * that is slower than the changes gets fewer of them: one per observation, as it stands then.
   * `isWanted` says of which creators, where that takes looking up.
   */
  watch(
    { signal, ...options }: WatchOptions = {},
    isWanted?: (creator: string) => Promise<boolean>
  ): AsyncIterableIterator<Change> {
    const filter = checkFilter(options)
    return this.#watchers.start<Observation, Change>(signal, {
      type: OBSERVATION,
      get: (id) => this.get(id),
      matches: (observation) => matches(filter, shownFacts(observation)),
      isWanted,
      creatorIn: (id, { heads }) => {
        const { bytes } = heads[0]!.version
        const logged = decodeVersion(bytes, id, this.upkeep.current().feeds)
        const facts = { ...toFacts([logged]), forked: heads.length > 1 }
        return matches(filter, facts) ? facts.device : null
      },
      toChange: (type, observation) => ({ type, observation }),
      many: { type: 'many', observation: null }
    })
  }

  /** Whether somebody watches, and so wants to hear of what was written without having asked. */
  get isWatched(): boolean {
    return this.#watchers.size > 0
  }

  /** Documents of a kind that the app registered; throws a TypeError where it did not. */
  documents(name: string): DocumentsView {
    const documents = this.#documents.get(name)
    if (documents !== undefined) return documents
    const known = [...this.#documents.keys()].join(', ') || 'none'
    throw new TypeError(`No kind "${name}" was registered when the device was opened (${known})`)
  }

  /** All registered kinds. */
  get kinds(): Iterable<DocumentsView> {
    return this.#documents.values()
  }

  /** Counts what the updates from now on bring, by device, until it is finished. */
  tally(): Tally {
    const tally = new Tally((finished) => this.upkeep.observers.delete(finished))
    this.upkeep.observers.add(tally)
    return tally
  }

  /** All versions of an observation that are held, newest first. */
  async *history(id: string): AsyncGenerator<ObservationVersion> {
    for await (const version of walkHistory(this.source, await this.heads(id))) {
      yield toObservationVersion(version, this.upkeep.now())
    }
  }

  status(): ViewStatus {
    const { feeds, kinds, summary } = this.upkeep.current()
    let unreadableEntries = 0
    let unknownEntries = 0
    for (const feed of feeds) {
      unreadableEntries += feed.unreadable
      unknownEntries += feed.unknown
    }
    const { observations, deleted, forked, pendingLinks } = summary.counts
    return {
      observations,
      deleted,
      forked,
      pendingLinks,
      unreadableEntries,
      unknownEntries,
      ...kinds.status()
    }
  }

  /** Photos and files that the entries taken in reference, as they are known now. */
  get media(): MediaCatalogue {
    return this.upkeep.current().media
  }

  /** The devices whose feeds have been read. */
  devices(): ViewDevice[] {
    const devices: ViewDevice[] = []
    for (const { feed, name, createdAt } of this.upkeep.current().feeds) {
      if (name === undefined) continue
      devices.push({ id: feed, name, createdAt: toIsoTime(createdAt ?? 0) })
    }
    return devices
  }

  /** Waits for a running update; whatever else is under way ends with CLOSED, watchers quietly. */
  async close(): Promise<void> {
    this.#watchers.end()
    await this.upkeep.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

async function* observationsIn(
  generation: Generation,
  query: Query,
  now: number
): AsyncGenerator<Observation[]> {
  for await (const batch of select(generation, query)) {
    yield batch.map((heads) => toObservation(heads, now))
  }
}

export interface WatchOptions extends Filter {
  readonly signal?: AbortSignal | undefined
}
