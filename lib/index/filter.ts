// Which observations are asked for, checked before anything is read, and the one definition of what
// matches. The columns only make it fast.

import type { Tags } from '../log/entry.js'
import { isFeedId } from '../log/feed-id.js'
import { checkBox, distance, inBox, type BoundingBox } from './place.js'

export type TagScalar = string | number | boolean | null

/** A value; a list of values, any of which will do; or whether the key is there at all. */
export type TagFilter = TagScalar | readonly TagScalar[] | { readonly present: boolean }

/** A Date, an ISO 8601 text, or milliseconds since 1970. */
export type Time = Date | string | number

/** Everything given must hold. An observation is judged by its winning version. */
export interface Filter {
  /** Edges included; west of east crosses the antimeridian. */
  readonly bbox?: BoundingBox | undefined
  /** Nearest first unless another `order` is given; `radius` in metres. */
  readonly near?:
    { readonly lat: number; readonly lon: number; readonly radius?: number } | undefined
  /** `{ type: ['river', 'lake'], photo: { present: true } }`. A list has each of its values. */
  readonly tags?: Readonly<Record<string, TagFilter>> | undefined
  /** This time or later. */
  readonly createdSince?: Time | undefined
  /** Before this time. */
  readonly createdUntil?: Time | undefined
  readonly updatedSince?: Time | undefined
  readonly updatedUntil?: Time | undefined
  /**
   * Id of the device that created the observation, or several of them. Asked of a `Device`, each
   * stands for its confirmed predecessors and successors too.
   */
  readonly device?: string | readonly string[] | undefined
  /** Only those with several heads, or only those without. */
  readonly forked?: boolean | undefined
  /** True: deleted ones too; `'only'`: no others. They are left out otherwise. */
  readonly deleted?: boolean | 'only' | undefined
  readonly hasLocation?: boolean | undefined
}

export type TagCondition =
  | { readonly key: string; readonly values: readonly TagScalar[] }
  | { readonly key: string; readonly present: boolean }

/** A filter that has been checked; `null` where nothing is asked. */
export interface CheckedFilter {
  readonly bbox: BoundingBox | null
  readonly near: { readonly lat: number; readonly lon: number; readonly radius: number } | null
  readonly tags: readonly TagCondition[]
  /** Milliseconds; from (inclusive) to (exclusive). */
  readonly created: readonly [number, number]
  readonly updated: readonly [number, number]
  readonly devices: ReadonlySet<string> | null
  readonly forked: boolean | null
  readonly deleted: boolean | null
  readonly hasLocation: boolean | null
}

/** What is looked at in an observation. */
export interface Facts {
  readonly deleted: boolean
  readonly forked: boolean
  readonly lat?: number | undefined
  readonly lon?: number | undefined
  /** Milliseconds. */
  readonly createdAt: number
  readonly updatedAt: number
  /** Feed id of the device that created it. */
  readonly device: string
  readonly tags: Tags
}

export const FILTER_OPTIONS: readonly string[] = [
  'bbox',
  'near',
  'tags',
  'createdSince',
  'createdUntil',
  'updatedSince',
  'updatedUntil',
  'device',
  'forked',
  'deleted',
  'hasLocation'
] satisfies (keyof Filter)[]

/** Throws a TypeError that names the option. `more` are options that the caller checks itself. */
export function checkFilter(options: unknown, more: readonly string[] = []): CheckedFilter {
  if (!isFields(options)) throw new TypeError('options: must be an object')
  for (const name of Object.keys(options)) {
    if (FILTER_OPTIONS.includes(name) || more.includes(name)) continue
    throw new TypeError(`${name}: there is no such option`)
  }
  const { bbox, near, tags, device, forked, deleted, hasLocation } = options
  return {
    bbox: bbox === undefined ? null : checkBox('bbox', bbox),
    near: near === undefined ? null : checkNear(near),
    tags: tags === undefined ? [] : checkTags(tags),
    created: [time(options, 'createdSince', -Infinity), time(options, 'createdUntil', Infinity)],
    updated: [time(options, 'updatedSince', -Infinity), time(options, 'updatedUntil', Infinity)],
    devices: device === undefined ? null : checkDevices(device),
    forked: truth('forked', forked) ?? null,
    deleted: deleted === 'only' ? true : truth('deleted', deleted) === true ? null : false,
    hasLocation: truth('hasLocation', hasLocation) ?? null
  }
}

/** Throws a TypeError. */
export function checkDevices(device: unknown): ReadonlySet<string> {
  const ids: unknown[] = Array.isArray(device) ? device : [device]
  if (!ids.every(isFeedId)) throw new TypeError('device: must be a device id, or a list of them')
  return new Set(ids)
}

/** Whether a filter asks for nothing but, perhaps, deleted ones too. */
export function isOpen(filter: CheckedFilter): boolean {
  const { bbox, near, tags, created, updated, devices, forked, hasLocation } = filter
  const asked = [bbox, near, devices, forked, hasLocation].some((option) => option !== null)
  const times = [...created, ...updated].some(Number.isFinite)
  return !asked && !times && tags.length === 0
}

export function matches(filter: CheckedFilter, facts: Facts): boolean {
  const { deleted, forked, lat, lon, createdAt, updatedAt, device } = facts
  const located = lat !== undefined && lon !== undefined
  if (filter.deleted !== null && filter.deleted !== deleted) return false
  if (filter.forked !== null && filter.forked !== forked) return false
  if (filter.hasLocation !== null && filter.hasLocation !== located) return false
  if (createdAt < filter.created[0] || createdAt >= filter.created[1]) return false
  if (updatedAt < filter.updated[0] || updatedAt >= filter.updated[1]) return false
  if (filter.devices !== null && !filter.devices.has(device)) return false
  if (filter.bbox !== null && !(located && inBox(filter.bbox, lat, lon))) return false
  if (filter.near !== null && !(located && distanceTo(filter.near, lat, lon) <= filter.near.radius))
    return false
  return filter.tags.every((condition) => matchesTag(condition, facts.tags))
}

export function matchesTag(condition: TagCondition, tags: Tags): boolean {
  const there = Object.hasOwn(tags, condition.key)
  if ('present' in condition) return there === condition.present
  if (!there) return false
  const value = tags[condition.key]
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return condition.values.some((wanted) => values.includes(wanted))
}

export function distanceTo(
  from: { readonly lat: number; readonly lon: number },
  lat: number,
  lon: number
): number {
  return distance(from.lat, from.lon, lat, lon)
}

function checkNear(value: unknown): CheckedFilter['near'] {
  const { lat, lon, radius = Infinity } = isFields(value) ? value : {}
  const valid =
    typeof lat === 'number' &&
    Math.abs(lat) <= 90 &&
    typeof lon === 'number' &&
    Math.abs(lon) <= 180 &&
    typeof radius === 'number' &&
    radius >= 0
  if (!valid) throw new TypeError('near: must be { lat, lon, radius? }, degrees and metres')
  return { lat, lon, radius }
}

function checkTags(value: unknown): TagCondition[] {
  if (!isFields(value)) throw new TypeError('tags: must be an object')
  return Object.entries(value).map(([key, wanted]) => {
    if (isFields(wanted) && Object.keys(wanted).join() === 'present') {
      const present = truth(`tags.${key}.present`, wanted['present'])
      if (present !== undefined) return { key, present }
    }
    const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
    if (!values.every(isTagScalar)) {
      throw new TypeError(`tags.${key}: must be a value, a list of values or { present: true }`)
    }
    return { key, values: [...values] }
  })
}

export function isTagScalar(value: unknown): value is TagScalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function time(options: Record<string, unknown>, name: string, none: number): number {
  const value = options[name]
  if (value === undefined) return none
  const parsed = typeof value === 'string' ? Date.parse(value) : value
  const milliseconds = parsed instanceof Date ? parsed.getTime() : parsed
  if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds)) {
    throw new TypeError(`${name}: must be a Date, an ISO 8601 text or milliseconds since 1970`)
  }
  return milliseconds
}

function truth(name: string, value: unknown): boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new TypeError(`${name}: must be true or false`)
  }
  return value
}

function isFields(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  )
}
