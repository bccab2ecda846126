// Makes observations of the features of a GeoJSON (RFC 7946). What is wrong with one of them is noted
// and stops no other.

import { throwIfAborted } from './errors.js'
import { type GeoJSONFeature, WHOLE } from './geojson.js'
import { type GeoJSONSource, readFeatures } from './geojson-features.js'
import type { View } from './index/public.js'
import { fromUuid, toUuid } from './index/uuid.js'
import { MAX_ENTRY_BYTES } from './log/block-cipher.js'
import { sealedBytes } from './log/block.js'
import { hash } from './log/crypto.js'
import type { ObservationEntry } from './log/entry.js'
import { isFeedId } from './log/feed-id.js'
import type { Log } from './log/log.js'
import { newEntry } from './observation-entries.js'
import { checkInput, isPlain, type ObservationInput } from './observation-input.js'
import type { Origin } from './version-entries.js'

export interface ImportOptions {
  /**
   * A name of the feature that stays the same, so that it is imported once however often the file
   * is. The feature's own `id` unless told otherwise; without any it is imported each time.
   */
  readonly id?:
    ((feature: GeoJSONFeature, index: number) => string | number | undefined) | undefined
  /** The observation to make of a feature; null leaves it out. */
  readonly map?: ((feature: GeoJSONFeature, index: number) => ObservationInput | null) | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: { features: number; created: number }) => void) | undefined
}

export interface ImportProblem {
  /** Of the feature in the collection, from 0. */
  readonly index: number
  /** The feature's own id, where it has one. */
  readonly id?: string | number
  readonly message: string
}

export interface ImportReport {
  readonly features: number
  readonly created: number
  /** Were here already, deleted ones too, or left out by `map`. */
  readonly skipped: number
  readonly problems: readonly ImportProblem[]
}

/** Observations that are recorded at once. */
const BATCH = 512
/** Problems that are listed; a file of another kind has as many as features. */
const MAX_PROBLEMS = 1000

/** Records what is not here yet. The view must be up to date. */
export async function importGeoJSON(
  log: Log,
  view: View,
  source: GeoJSONSource,
  options: ImportOptions
): Promise<ImportReport> {
  const { projectId } = await log.describe()
  const { signal, onProgress } = options
  const problems: ImportProblem[] = []
  const taken = new Set<string>()
  let [features, created, skipped] = [0, 0, 0]
  let batch: ObservationEntry[] = []
  const append = async (): Promise<void> => {
    throwIfAborted(signal, `${created} observations have been recorded.`)
    if (batch.length > 0) await log.write(batch)
    created += batch.length
    batch = []
    onProgress?.({ features, created })
  }
  const isNew = (id: Uint8Array | undefined): boolean => {
    if (id === undefined) return true
    const name = toUuid(id)
    if (taken.has(name) || view.has(name)) return false
    taken.add(name)
    return true
  }
  for await (const value of readFeatures(source)) {
    const index = features++
    try {
      const feature = checkFeature(value)
      const name = (options.id ?? ownId)(feature, index)
      const origin = originOf(feature, name, projectId, log.id)
      const input = (options.map ?? toInput)(feature, index)
      const content = input && checkInput(input)
      if (content === null || !isNew(origin.id)) skipped++
      else batch.push(assertFits(newEntry(log, content, origin)))
    } catch (error) {
      if (problems.length < MAX_PROBLEMS) problems.push(problemOf(error, index, value))
    }
    if (batch.length === BATCH) await append()
  }
  await append()
  return { features, created, skipped, problems }
}

/** Alone it is refused, in a batch it would take the others along. */
function assertFits(entry: ObservationEntry): ObservationEntry {
  const byteLength = sealedBytes(entry)
  if (byteLength > MAX_ENTRY_BYTES) throw new TypeError(`it takes ${byteLength} bytes`)
  return entry
}

function ownId(feature: GeoJSONFeature): string | number | undefined {
  return feature.id
}

function problemOf(error: unknown, index: number, value: unknown): ImportProblem {
  const id = isPlain(value) ? value['id'] : undefined
  const named = typeof id === 'string' || typeof id === 'number'
  const message = error instanceof Error ? error.message : String(error)
  return { index, ...(named && { id }), message }
}

/** Throws a TypeError where it is none. */
function checkFeature(value: unknown): GeoJSONFeature {
  if (!isPlain(value) || value['type'] !== 'Feature') throw new TypeError('this is no Feature')
  const { geometry, properties } = value
  if (geometry !== null && geometry !== undefined && !isPlain(geometry)) {
    throw new TypeError('geometry: must be an object or null')
  }
  if (properties !== null && properties !== undefined && !isPlain(properties)) {
    throw new TypeError('properties: must be an object or null')
  }
  const made = { ...value, geometry: geometry ?? null, properties: properties ?? null }
  return made as unknown as GeoJSONFeature
}

/** What a feature says, without having been told how: a point's place, its properties as tags. */
function toInput(feature: GeoJSONFeature): ObservationInput {
  const whole = feature.properties?.[WHOLE]
  if (isPlain(whole)) return pick(whole)
  const properties = Object.entries(feature.properties ?? {})
  const tags = Object.fromEntries(properties.filter(([, value]) => isTag(value)))
  const metadata = Object.fromEntries(properties.filter(([, value]) => !isTag(value)))
  const { place, altitude } = placeOf(feature)
  if (altitude !== undefined) metadata['altitude'] = altitude
  const some = Object.keys(metadata).length > 0
  return { ...place, tags, ...(some && { metadata }) } as ObservationInput
}

/**
 * The observation that a feature is: for one of ours the same, as old, by the same device, and
 * deleted where it was. Otherwise it has an id (`idOf`) where it has a name.
 */
function originOf(
  { properties }: GeoJSONFeature,
  name: string | number | undefined,
  projectId: string,
  here: string
): Origin {
  const whole = properties?.[WHOLE]
  if (!isPlain(whole) || typeof whole['id'] !== 'string') {
    return name === undefined ? {} : { id: idOf(name, projectId) }
  }
  const { id, createdAt, createdBy, deleted } = whole
  return {
    id: fromUuid(id as string),
    ...(createdAt !== undefined && { createdAt: toTime(createdAt) }),
    ...(createdBy !== here && isFeedId(createdBy) && { createdBy }),
    deleted: deleted === true
  }
}

function toTime(value: unknown): number {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : NaN
  if (Number.isSafeInteger(milliseconds)) return milliseconds
  throw new TypeError(`${WHOLE}.createdAt: must be an ISO 8601 text`)
}

/** A UUID (version 8, RFC 9562) made of the project and the name: the same on every device. */
function idOf(name: string | number, projectId: string): Uint8Array {
  if (typeof name !== 'string' && typeof name !== 'number') {
    throw new TypeError('id: must be a text or a number')
  }
  const text = `cairnlog/import/${projectId}/${typeof name}/${name}`
  const id = Buffer.from(hash(Buffer.from(text)).subarray(0, 16))
  id[6] = (id[6]! & 0x0f) | 0x80
  id[8] = (id[8]! & 0x3f) | 0x80
  return fromUuid(toUuid(id))
}

function pick(whole: Record<string, unknown>): ObservationInput {
  const names = ['lat', 'lon', 'tags', 'metadata', 'attachments', 'author', 'trustedAt']
  const given = names.filter((name) => whole[name] !== undefined)
  return Object.fromEntries(given.map((name) => [name, whole[name]])) as ObservationInput
}

function placeOf({ geometry }: GeoJSONFeature): { place?: object; altitude?: unknown } {
  if (geometry === null) return {}
  const { type, coordinates } = geometry
  if (type !== 'Point' || !Array.isArray(coordinates)) {
    throw new TypeError(
      `geometry: an observation is a Point, not a ${type}; give map to choose one`
    )
  }
  const [lon, lat, altitude] = coordinates as unknown[]
  return { place: { lat, lon }, altitude }
}

/** What a tag can hold: null too, but in no list. */
function isTag(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item !== 'object')
  return typeof value !== 'object' || value === null
}
