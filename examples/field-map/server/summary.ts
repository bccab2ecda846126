// The few facts of an observation that the map, the list and the filters look at, and which of them
// match. Pure: observations in, answers out.

import type { Observation } from 'cairnlog'
import type { ConfigurationFile, Filters } from '../wire/api.js'

export interface Summary {
  readonly id: string
  readonly lat?: number
  readonly lon?: number
  /** Web Mercator, 0 to 1 from north-west; NaN where there is no place. */
  readonly x: number
  readonly y: number
  readonly category: string
  readonly title: string
  /** Milliseconds since 1970. */
  readonly created: number
  readonly updated: number
  readonly device: string
  readonly forked: boolean
  readonly deleted: boolean
  /** All of its tags, folded for searching. */
  readonly text: string
}

export function summarize(o: Observation, configuration: ConfigurationFile): Summary {
  const { id, lat, lon, tags } = o
  const titleKey = configuration.title.find((key) => isText(tags[key]))
  const words: string[] = []
  for (const value of Object.values(tags)) if (value !== null) words.push(String(value))
  return {
    id,
    ...(lat !== undefined && lon !== undefined && { lat, lon }),
    x: lon === undefined ? NaN : (lon + 180) / 360,
    y: lat === undefined ? NaN : mercatorY(lat),
    category: typeof tags['type'] === 'string' ? tags['type'] : '',
    title: titleKey === undefined ? '' : String(tags[titleKey]),
    created: Date.parse(o.trustedAt ?? o.createdAt),
    updated: Date.parse(o.updatedAt),
    device: o.createdBy,
    forked: o.forks.length > 0,
    deleted: o.deleted,
    text: fold(words.join(' \n '))
  }
}

/** A filter, made ready for looking at many. */
export function matcher(filters: Filters): (summary: Summary) => boolean {
  const { category, device, show = 'present' } = filters
  const words = fold(filters.text ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
  const from = dayStart(filters.from, -Infinity)
  const to = dayStart(filters.to, Infinity) + DAY
  return (s) =>
    s.deleted === (show === 'deleted') &&
    (category === undefined || s.category === category) &&
    (device === undefined || s.device === device) &&
    s.created >= from &&
    s.created < to &&
    (show !== 'forked' || s.forked) &&
    (show !== 'nowhere' || s.lat === undefined) &&
    words.every((word) => s.text.includes(word))
}

/** Without capitals and accents: "rio" finds "Río". */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

export function mercatorY(lat: number): number {
  const sine = Math.sin((Math.max(-85.06, Math.min(85.06, lat)) * Math.PI) / 180)
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)
}

/** Back from Web Mercator. */
export function latitudeOf(y: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI
}

const DAY = 86_400_000

/** Days are those of this computer's clock, as the people at it mean them. */
function dayStart(day: string | undefined, none: number): number {
  if (day === undefined) return none
  const time = Date.parse(`${day}T00:00:00`)
  return Number.isNaN(time) ? none : time
}

function isText(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
}
