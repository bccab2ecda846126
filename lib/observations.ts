// The observations of a device: what an app creates, edits, deletes and looks at. Writes go to the
// device's own feed and are visible to the next read; reads come from the view.

import { CairnError, throwIfAborted } from './errors.js'
import { type CsvOptions, toCSV } from './csv.js'
import { toGeoJSON } from './geojson.js'
import {
  type GeoJSONSource,
  type ImportOptions,
  type ImportReport,
  importGeoJSON
} from './geojson-import.js'
import type {
  Change,
  Filter,
  Observation,
  ObservationVersion,
  QueryOptions,
  View,
  WatchOptions
} from './index/public.js'
import { toObservation } from './index/observation.js'
import { toUuid } from './index/uuid.js'
import { CHECKPOINT_INTERVAL } from './log/checkpoint.js'
import type { ObservationEntry, VersionRef } from './log/entry.js'
import type { Log } from './log/log.js'
import { isFeedId } from './log/feed-id.js'
import { idsOf } from './log/succession.js'
import { parseVersion, sameVersion } from './log/version.js'
import { type Replaced, contentOf, newEntry, nextEntry } from './observation-entries.js'
import {
  type Content,
  type ObservationInput,
  type ObservationPatch,
  applyPatch,
  checkInput
} from './observation-input.js'

/** Observations that `createMany` appends at once. */
const BATCH = CHECKPOINT_INTERVAL

export interface CreateManyOptions {
  signal?: AbortSignal
  /** Called after each batch with how many have been created. */
  onProgress?: (progress: { created: number }) => void
}

export class Observations {
  /** Made by `Device`. */
  constructor(
    private readonly log: Log,
    private readonly view: View,
    private readonly assertOpen: () => void
  ) {}

  /** Records an observation. Throws TypeError for a wrong field, BLOCK_TOO_LARGE, NO_SPACE. */
  async create(input: ObservationInput): Promise<Observation> {
    this.assertOpen()
    return this.write(newEntry(this.log, checkInput(input)))
  }

  /**
   * Records many, from any iterable or async iterable, in batches of 1,024. Resolves to how many.
   * A wrong item throws a TypeError that names it; whole batches before it have been recorded.
   */
  async createMany(
    inputs: Iterable<ObservationInput> | AsyncIterable<ObservationInput>,
    { signal, onProgress }: CreateManyOptions = {}
  ): Promise<number> {
    this.assertOpen()
    let created = 0
    let batch: ObservationEntry[] = []
    const append = async (): Promise<void> => {
      throwIfAborted(signal, `${created} observations have been recorded.`)
      await this.log.write(batch)
      created += batch.length
      batch = []
      onProgress?.({ created })
    }
    for await (const input of inputs) {
      batch.push(newEntry(this.log, checkItem(input, created + batch.length)))
      if (batch.length === BATCH) await append()
    }
    if (batch.length > 0) await append()
    await this.view.update({ signal })
    return created
  }

  /**
   * Writes a new version with the patch applied. Given an observation as it was shown, the new
   * version replaces what was shown, forks included, so that an edit that arrived since stays a
   * fork; given an id, it replaces the current winner. Throws OBSERVATION_NOT_FOUND.
   */
  async update(target: Observation | string, patch: ObservationPatch): Promise<Observation> {
    this.assertOpen()
    const replaced = await this.replacedBy(target)
    const base = replaced[0].entry
    return this.replace(nextEntry(this.log, replaced, applyPatch(contentOf(base), patch), false))
  }

  /**
   * Marks it deleted; its content is kept for `restore`. Deleting what is deleted does nothing.
   * Throws OBSERVATION_NOT_FOUND.
   */
  async delete(target: Observation | string): Promise<Observation> {
    this.assertOpen()
    const replaced = await this.replacedBy(target)
    const now = await this.view.heads(typeof target === 'string' ? target : target.id)
    if (now.length === 1 && now[0]?.entry.deleted === true) return toObservation(now)
    return this.replace(nextEntry(this.log, replaced, contentOf(replaced[0].entry), true))
  }

  /**
   * Takes a deletion back: writes a new version with the content that it replaced. Restoring what
   * is not deleted (any more) does nothing. Throws OBSERVATION_NOT_FOUND.
   */
  async restore(target: Observation | string): Promise<Observation> {
    this.assertOpen()
    const replaced = await this.replacedBy(target)
    const now = await this.view.heads(typeof target === 'string' ? target : target.id)
    if (now[0]?.entry.deleted === false) return toObservation(now)
    const content = contentOf(await this.beforeDeletion(replaced[0].entry))
    return this.replace(nextEntry(this.log, replaced, content, false))
  }

  /** Null where there is none. A deleted one has `deleted: true`. */
  async get(id: string): Promise<Observation | null> {
    await this.upToDate()
    return this.view.get(id)
  }

  /**
   * Streams the observations that match, in the order asked for, from a snapshot: what is written
   * meanwhile does not disturb it. Throws TypeError for an option that is wrong or unknown.
   */
  async *query(options: QueryOptions = {}): AsyncGenerator<Observation> {
    await this.upToDate()
    yield* this.view.query(await this.filter(options))
  }

  async count(options: Filter = {}): Promise<number> {
    await this.upToDate()
    return this.view.count(await this.filter(options))
  }

  /**
   * Changes from now on: written here, synced, or from a peer. Ends when the loop is left, the
   * signal fires or the device is closed. A slow consumer gets one change per observation.
   */
  watch(options: WatchOptions = {}): AsyncIterableIterator<Change> {
    this.assertOpen()
    return this.view.watch(options)
  }

  /**
   * What `query()` gives as GeoJSON (RFC 7946), in pieces of text. Tags become properties; the one
   * property `cairnlog` holds the observation whole.
   */
  async *toGeoJSON(options: QueryOptions = {}): AsyncGenerator<string> {
    yield* toGeoJSON(this.query(options))
  }

  /**
   * What `query()` gives as CSV (RFC 4180), in pieces of text: one row each, one column per tag.
   * Texts that a spreadsheet would take for formulas get an apostrophe in front.
   */
  async *toCSV({ bom, ...options }: QueryOptions & CsvOptions = {}): AsyncGenerator<string> {
    await this.upToDate()
    const filter = await this.filter(options)
    const pinned = this.view.pin()
    try {
      yield* toCSV(() => pinned.query(filter), { bom })
    } finally {
      pinned.release()
    }
  }

  /**
   * Records the features of a GeoJSON source that are not here yet. Features that cannot be taken
   * are listed in the report and stop no other. Throws SyntaxError where the text is no JSON, and
   * ABORTED; what was recorded before that stays.
   */
  async fromGeoJSON(source: GeoJSONSource, options: ImportOptions = {}): Promise<ImportReport> {
    await this.upToDate()
    const report = await importGeoJSON(this.log, this.view, source, options)
    await this.view.update({ signal: options.signal })
    return report
  }

  /** All versions of an observation that are here, newest first. */
  async *history(id: string): AsyncGenerator<ObservationVersion> {
    await this.upToDate()
    yield* this.view.history(id)
  }

  /** The same question, where a device that was carried on by another stands for both. */
  private async filter<T extends Filter>(options: T): Promise<T> {
    const device: unknown = options?.device
    if (!isFeedId(device)) return options
    return { ...options, device: await idsOf(this.log, device) }
  }

  private async upToDate(): Promise<void> {
    this.assertOpen()
    await this.view.update()
  }

  private async write(entry: ObservationEntry): Promise<Observation> {
    const [ref] = await this.log.write([entry])
    if (ref === undefined) throw new Error('one entry was written and has no name')
    if (this.view.isWatched) await this.view.update()
    return toObservation([{ ref, entry }])
  }

  /** Writes a later version; resolves to the observation as it stands then, forks and all. */
  private async replace(entry: ObservationEntry): Promise<Observation> {
    const written = await this.write(entry)
    return (await this.get(written.id)) ?? written
  }

  /** The versions that a new one replaces, the one whose content goes on first. */
  private async replacedBy(
    target: Observation | string
  ): Promise<readonly [Replaced, ...Replaced[]]> {
    await this.upToDate()
    if (typeof target === 'string') {
      const [winner] = await this.view.heads(target)
      if (winner === undefined) throw notFound(target)
      return [winner]
    }
    const names = shownVersions(target)
    const heads = await this.view.heads(target.id)
    const [shown, ...forks] = await Promise.all(
      names.map(async (ref) => {
        const head = heads.find((h) => sameVersion(h.ref, ref))
        return head ?? this.fromLog(ref, target.id)
      })
    )
    if (shown === undefined) throw notFound(target.id)
    return [shown, ...forks]
  }

  /** The last version with content: our deletions carry it, another writer's may not. */
  private async beforeDeletion(entry: ObservationEntry): Promise<ObservationEntry> {
    const [link] = entry.links
    const { tags, attachments, lat } = entry
    const empty = Object.keys(tags).length + attachments.length === 0 && lat === undefined
    if (!entry.deleted || !empty || link === undefined) return entry
    const { entry: replaced } = (await this.log.entry(link.feed, link.seq)) ?? {}
    return replaced?.kind === 'observation' ? this.beforeDeletion(replaced) : entry
  }

  /** A version that was shown and has been replaced since. */
  private async fromLog(ref: VersionRef, id: string): Promise<Replaced> {
    const logged = await this.log.entry(ref.feed, ref.seq)
    const { entry } = logged ?? {}
    if (!logged || entry?.kind !== 'observation' || !sameVersion(logged.ref, ref)) {
      throw notFound(id)
    }
    // A version of something else must not become a version of this.
    if (toUuid(entry.id) !== id) throw notFound(id)
    return { ref, entry, clock: entry.clock }
  }
}

function shownVersions(shown: Observation): VersionRef[] {
  if (typeof shown !== 'object' || shown === null) {
    throw new TypeError('observation: must be an observation or its id')
  }
  return [shown, ...(shown.forks ?? [])].map((version) => parseVersion(version.versionId))
}

function checkItem(input: unknown, number: number): Content {
  try {
    return checkInput(input)
  } catch (error) {
    if (error instanceof TypeError) error.message = `item ${number}: ${error.message}`
    throw error
  }
}

function notFound(id: string): CairnError {
  return new CairnError(
    'OBSERVATION_NOT_FOUND',
    `There is no observation ${id} on this device. It may not have been synced yet.`,
    { observation: id }
  )
}
