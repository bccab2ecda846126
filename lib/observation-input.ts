// What an app hands in, checked before anything is written: a wrong argument is a TypeError that
// names the field. Latitude 0 and longitude 0 are locations; no location is allowed. What was checked
// is a copy: an app may go on filling its objects while they are recorded.

import type { Attachment, ObservationEntry, Tags } from './log/entry.js'
import { MAX_MEDIA_BYTES } from './log/media/reference.js'

/** The content of an observation, as an app gives it. */
export interface ObservationInput {
  /** WGS 84 degrees; both or neither. */
  lat?: number
  lon?: number
  tags?: Tags
  /** How it was recorded: accuracy, altitude and the like. Plain data. */
  metadata?: Readonly<Record<string, unknown>>
  attachments?: readonly Attachment[]
  /** Who of the people that share the device. */
  author?: string
  /** A time better than this computer's clock, such as GPS: a Date, ISO 8601 text, milliseconds. */
  trustedAt?: Date | string | number
}

/** Given fields replace the old ones whole; null takes a field away. */
export type ObservationPatch = {
  [Field in keyof ObservationInput]?: ObservationInput[Field] | null
}

/** The fields of an entry that an app decides. */
export type Content = Pick<
  ObservationEntry,
  'lat' | 'lon' | 'tags' | 'metadata' | 'attachments' | 'author' | 'trustedAt' | 'unknown'
>

/** The same as an app's patch or input, once it has been checked; null takes a field away. */
export type CheckedPatch = { [Field in (typeof FIELDS)[number]]?: Content[Field] | null }

const FIELDS = ['lat', 'lon', 'tags', 'metadata', 'attachments', 'author', 'trustedAt'] as const
const TIERS = ['original', 'preview', 'thumbnail'] as const
const MAX_DEPTH = 16

export function checkInput(input: unknown): Content {
  return applyPatch({ tags: {}, attachments: [] }, checkPatch(input, 'observation'))
}

/** Throws a TypeError for a wrong field; `what` is what the whole is called. */
export function checkPatch(patch: unknown, what = 'patch'): CheckedPatch {
  const given = fieldsOf(patch, what)
  const checked: Record<string, unknown> = {}
  for (const name of FIELDS) {
    const value = given[name]
    if (value !== undefined) checked[name] = value === null ? null : CHECKS[name](value)
  }
  return checked
}

/** The content with the patch applied. Throws a TypeError where half a location would be left. */
export function applyPatch(content: Content, patch: CheckedPatch): Content {
  const next: Record<string, unknown> = { ...content, ...patch }
  for (const name of FIELDS) if (next[name] === null) delete next[name]
  if ((next['lat'] === undefined) !== (next['lon'] === undefined)) {
    const missing = next['lat'] === undefined ? 'lat' : 'lon'
    throw new TypeError(`${missing}: latitude and longitude are given together or not at all`)
  }
  next['tags'] ??= {}
  next['attachments'] ??= []
  return next as unknown as Content
}

function fieldsOf(value: unknown, what: string): Record<string, unknown> {
  if (!isPlain(value)) throw new TypeError(`${what}: must be an object`)
  for (const name of Object.keys(value)) {
    if (!(FIELDS as readonly string[]).includes(name)) {
      throw new TypeError(`${name}: there is no such field; put it into tags or metadata`)
    }
  }
  return value
}

const CHECKS: Record<(typeof FIELDS)[number], (value: unknown) => unknown> = {
  lat: (value) => degrees('lat', value, 90),
  lon: (value) => degrees('lon', value, 180),
  tags: checkTags,
  metadata: (value) => {
    if (!isPlain(value)) throw new TypeError('metadata: must be an object')
    return plainData('metadata', value)
  },
  attachments: (value) => {
    if (!Array.isArray(value)) throw new TypeError('attachments: must be a list')
    return value.map((attachment: unknown, i) => checkAttachment(`attachments[${i}]`, attachment))
  },
  author: (value) => text('author', value),
  trustedAt: checkTime
}

function degrees(name: string, value: unknown, limit: number): number {
  if (typeof value !== 'number' || !(Math.abs(value) <= limit)) {
    throw new TypeError(`${name}: must be a number of degrees from -${limit} to ${limit}`)
  }
  return value
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${name}: must be a text`)
  return value
}

function checkTags(value: unknown): Tags {
  if (!isPlain(value)) throw new TypeError('tags: must be an object')
  const tags = { ...value }
  for (const [key, tag] of Object.entries(tags)) {
    checkName('tags', key)
    if (tag === null || isTagScalar(tag)) continue
    if (!Array.isArray(tag)) throw wrongTag(key)
    const values: unknown[] = [...tag]
    if (!values.every(isTagScalar)) throw wrongTag(key)
    tags[key] = values
  }
  return tags as Tags
}

function isTagScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function wrongTag(key: string): TypeError {
  return new TypeError(`tags.${key}: must be text, a number, true or false, or a list of these`)
}

function checkAttachment(name: string, value: unknown): Attachment {
  if (!isPlain(value) || !isPlain(value['variants'])) {
    throw new TypeError(`${name}: must be { name?, variants: { original?, preview?, thumbnail? } }`)
  }
  const { name: title, ...attachment } = value
  if (title !== undefined) attachment['name'] = text(`${name}.name`, title)
  const variants = value['variants']
  for (const tier of Object.keys(variants)) {
    if (!(TIERS as readonly string[]).includes(tier)) {
      throw new TypeError(`${name}.variants.${tier}: must be one of ${TIERS.join(', ')}`)
    }
    const variant = variants[tier]
    const sound =
      isPlain(variant) &&
      typeof variant['hash'] === 'string' &&
      /^[0-9a-f]{64}$/.test(variant['hash']) &&
      Number.isSafeInteger(variant['size']) &&
      (variant['size'] as number) >= 0 &&
      (variant['size'] as number) <= MAX_MEDIA_BYTES &&
      typeof variant['type'] === 'string'
    if (!sound) {
      throw new TypeError(`${name}.variants.${tier}: must be { hash, size, type }`)
    }
  }
  return plainData(name, attachment) as Attachment
}

function checkTime(value: unknown): number {
  const time = value instanceof Date ? value.getTime() : value
  const milliseconds = typeof time === 'string' ? Date.parse(time) : time
  if (typeof milliseconds !== 'number' || !Number.isFinite(milliseconds)) {
    throw new TypeError('trustedAt: must be a Date, an ISO 8601 text or milliseconds since 1970')
  }
  return Math.round(milliseconds)
}

/** The one name that the decoder renames, because JavaScript gives it a meaning of its own. */
function checkName(where: string, key: string): void {
  if (key === '__proto__') throw new TypeError(`${where}.${key}: this name cannot be kept`)
}

/** The same data, so far as it is text, numbers, true, false, null, lists and objects of these. */
export function plainData(name: string, value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new TypeError(`${name}: is nested too deeply`)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) {
    return Array.from(value, (inner, i) => plainData(`${name}.${i}`, inner, depth + 1))
  }
  if (!isPlain(value)) {
    throw new TypeError(`${name}: must be plain data (text, numbers, true, false, null, lists)`)
  }
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    checkName(name, key)
    copy[key] = plainData(`${name}.${key}`, inner, depth + 1)
  }
  return copy
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
