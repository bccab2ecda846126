// The observations of a device: what an app creates, edits, deletes and looks at. Writes go to the
// device's own feed and are visible to the next read; reads come from the view.

import { CairnError } from './errors.js'
import { type CsvOptions, toCSV } from './csv.js'
import { successionOf, withSuccession } from './device-filter.js'
import { type CreateManyOptions, Editing } from './editing.js'
import { toGeoJSON } from './geojson.js'
import type { GeoJSONSource } from './geojson-features.js'
import { type ImportOptions, type ImportReport, importGeoJSON } from './geojson-import.js'
import type {
  Change,
  Filter,
  Observation,
  ObservationVersion,
  QueryOptions,
  View,
  WatchOptions
} from './index/public.js'
import { type LoggedObservation, toObservation } from './index/observation.js'
import { OBSERVATION } from './index/keys.js'
import type { ObservationEntry } from './log/entry.js'
import type { Log } from './log/log.js'
import { contentOf, newEntry } from './observation-entries.js'
import {
  type Content,
  type ObservationInput,
  type ObservationPatch,
  applyPatch,
  checkInput,
  checkPatch
} from './observation-input.js'

export class Observations {
  private readonly editing: Editing<ObservationEntry, Content>

  /** Made by `Device`. */
  constructor(
    private readonly log: Log,
    private readonly view: View,
    private readonly assertOpen: () => void
  ) {
    this.editing = new Editing(log, view, assertOpen, {
      type: OBSERVATION,
      word: 'observation',
      heads: (id) => view.heads(id),
      contentOf,
      entryOf: (own, content) => ({ kind: 'observation', ...own, ...content }),
      isEmpty: ({ tags, attachments, lat }) =>
        Object.keys(tags).length + attachments.length === 0 && lat === undefined,
      notFound
    })
  }

  /** Records an observation. Throws TypeError for a wrong field, BLOCK_TOO_LARGE, NO_SPACE. */
  async create(input: ObservationInput): Promise<Observation> {
    this.assertOpen()
    const entry = newEntry(this.log, checkInput(input))
    const ref = await this.editing.write(entry)
    return this.shown([{ ref, entry }])
  }

  /**
   * Records many, from any iterable or async iterable, in batches of 1,024. Resolves to how many.
   * A wrong item throws a TypeError that names it, the signal ABORTED: whole batches before have
   * been recorded.
   */
  async createMany(
    inputs: Iterable<ObservationInput> | AsyncIterable<ObservationInput>,
    options: CreateManyOptions = {}
  ): Promise<number> {
    const make = (input: ObservationInput): ObservationEntry =>
      newEntry(this.log, checkInput(input))
    return this.editing.writeMany(inputs, make, options)
  }

  /**
   * Writes a new version with the patch applied. Given an observation as it was shown, the new
   * version replaces what was shown, forks included, so that an edit that arrived since stays a
   * fork; given an id, it replaces the current winner. Throws OBSERVATION_NOT_FOUND.
   */
  async update(target: Observation | string, patch: ObservationPatch): Promise<Observation> {
    this.assertOpen()
    const given = checkPatch(patch)
    return this.shown(await this.editing.update(target, (base) => applyPatch(base, given)))
  }

  /**
   * Marks it deleted; its content is kept for `restore`. Deleting what is deleted does nothing.
   * Throws OBSERVATION_NOT_FOUND.
   */
  async delete(target: Observation | string): Promise<Observation> {
    return this.shown(await this.editing.delete(target))
  }

  /**
   * Takes a deletion back: writes a new version with the content that it replaced. Restoring what
   * is not deleted (any more) does nothing. Throws OBSERVATION_NOT_FOUND.
   */
  async restore(target: Observation | string): Promise<Observation> {
    return this.shown(await this.editing.restore(target))
  }

  /** Null where there is none. A deleted one has `deleted: true`. */
  async get(id: string): Promise<Observation | null> {
    await this.editing.upToDate()
    return this.view.get(id)
  }

  /**
   * Streams the observations that match, in the order asked for, from a snapshot: what is written
   * meanwhile does not disturb it. Throws TypeError for an option that is wrong or unknown.
   */
  async *query(options: QueryOptions = {}): AsyncGenerator<Observation> {
    await this.editing.upToDate()
    yield* this.view.query(await withSuccession(this.log, options))
  }

  async count(options: Filter = {}): Promise<number> {
    await this.editing.upToDate()
    return this.view.count(await withSuccession(this.log, options))
  }

  /**
   * Changes from now on: written here, synced, or from a peer. Ends when the loop is left, the
   * signal fires or the device is closed. A slow consumer gets one change per observation.
   */
  watch({ device, ...options }: WatchOptions = {}): AsyncIterableIterator<Change> {
    this.assertOpen()
    if (device === undefined) return this.view.watch(options)
    return this.view.watch(options, successionOf(this.log, device))
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
    await this.editing.upToDate()
    const filter = await withSuccession(this.log, options)
    const pinned = this.view.pin()
    try {
      yield* toCSV(() => pinned.query(filter), { bom })
    } finally {
      pinned.release()
    }
  }

  /**
   * Records the features of a GeoJSON source that are not here yet; what `toGeoJSON()` exported keeps
   * its id, creation date and creator. Features that cannot be taken are listed in the report and
   * stop no other. Throws SyntaxError where the source is no JSON, or neither a FeatureCollection nor
   * a Feature, and ABORTED; what was recorded before that stays.
   */
  async fromGeoJSON(source: GeoJSONSource, options: ImportOptions = {}): Promise<ImportReport> {
    await this.editing.upToDate()
    const report = await importGeoJSON(this.log, this.view, source, options)
    await this.editing.refresh({ signal: options.signal })
    return report
  }

  /** All versions of an observation that are here, newest first. */
  async *history(id: string): AsyncGenerator<ObservationVersion> {
    await this.editing.upToDate()
    yield* this.view.history(id)
  }

  private shown(heads: readonly LoggedObservation[]): Observation {
    return toObservation(heads, this.log.now())
  }
}

function notFound(id: string): CairnError {
  return new CairnError(
    'OBSERVATION_NOT_FOUND',
    `There is no observation ${id} on this device. It may not have been synced yet.`,
    { observation: id }
  )
}
