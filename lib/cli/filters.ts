// The options that choose observations, of list and export.

import type { BoundingBox, Device, Filter, TagFilter, TagScalar, TagValue } from '../main.js'
import { type Tag, toBox, toNear, toTags, toTime } from './arguments.js'
import type { OptionSpec } from './command.js'
import { People } from './people.js'

export interface FilterOptions {
  readonly tag?: readonly Tag[]
  readonly bbox?: BoundingBox
  readonly near?: { lat: number; lon: number; radius?: number }
  readonly since?: Date
  readonly until?: Date
  readonly by?: string
  readonly deleted?: boolean
  readonly forked?: boolean
  readonly withoutPlace?: boolean
}

export const FILTERS: readonly OptionSpec[] = [
  {
    flags: '--tag <key=value>',
    about: 'with this tag, or KEY=* with any value; several must all hold',
    parse: toTags
  },
  { flags: '--bbox <w,s,e,n>', about: 'in this box, in degrees', parse: toBox },
  { flags: '--near <lat,lon,metres>', about: 'around this place, nearest first', parse: toNear },
  { flags: '--since <time>', about: 'changed at this time or later', parse: toTime },
  { flags: '--until <time>', about: 'changed before this time', parse: toTime },
  { flags: '--by <device>', about: 'first recorded on this device: its name or id' },
  { flags: '--forked', about: 'of which there are several versions' },
  { flags: '--without-place', about: 'recorded without a place' },
  { flags: '--deleted', about: 'deleted ones, which can be restored' }
]

export async function toFilter(device: Device, options: FilterOptions): Promise<Filter> {
  const { tag, bbox, near, since, until, by, deleted, forked, withoutPlace } = options
  return {
    ...(tag !== undefined && { tags: toTagFilter(tag) }),
    ...(bbox !== undefined && { bbox }),
    ...(near !== undefined && { near }),
    ...(since !== undefined && { updatedSince: since }),
    ...(until !== undefined && { updatedUntil: until }),
    ...(by !== undefined && { device: (await People.of(device)).find(by) }),
    ...(deleted === true && { deleted: 'only' as const }),
    ...(forked === true && { forked }),
    ...(withoutPlace === true && { hasLocation: false })
  }
}

/** Of one key any of the values will do. On the command line the text 3 and the number 3 look alike. */
function toTagFilter(tags: readonly Tag[]): Record<string, TagFilter> {
  const filters: Record<string, TagFilter> = {}
  for (const key of new Set(tags.map(([name]) => name))) {
    const values = tags.filter(([name]) => name === key).map(([, value]) => value)
    filters[key] = values.includes('*') ? { present: true } : values.flatMap(alike)
  }
  return filters
}

function alike(value: TagValue): TagScalar[] {
  if (typeof value !== 'string') return [value].flat()
  if (value === 'true' || value === 'false') return [value, value === 'true']
  const number = Number(value)
  return value.trim() !== '' && Number.isFinite(number) ? [value, number] : [value]
}
