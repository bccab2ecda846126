// Texts from the command line made into values: places, times, tags, sizes. Each throws an
// InvalidArgumentError that says what it must look like.

import { InvalidArgumentError } from 'commander'
import type { BoundingBox, Configuration, MediaChoice, TagValue } from '../main.js'

/** LAT,LON */
export function toPlace(text: string): { lat: number; lon: number } {
  const [lat = NaN, lon = NaN] = toNumbers(text, [2], 'LAT,LON in degrees, for example -1.05,-77.6')
  return { lat, lon }
}

/** W,S,E,N */
export function toBox(text: string): BoundingBox {
  const example = 'WEST,SOUTH,EAST,NORTH in degrees, for example -78,-2,-76,0'
  return toNumbers(text, [4], example) as unknown as BoundingBox
}

/** LAT,LON or LAT,LON,METRES */
export function toNear(text: string): { lat: number; lon: number; radius?: number } {
  const example = 'LAT,LON or LAT,LON,METRES, for example -1.05,-77.6,5000'
  const [lat = NaN, lon = NaN, radius] = toNumbers(text, [2, 3], example)
  return { lat, lon, ...(radius !== undefined && { radius }) }
}

/** Anything that Date.parse understands; a date alone is midnight where this computer is. */
export function toTime(text: string): Date {
  const dateAlone = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const date = new Date(dateAlone ? `${text}T00:00` : text)
  if (Number.isNaN(date.getTime()))
    wrong('a date or a time, for example 2026-11-21 or 2026-11-21T13:00Z')
  return date
}

export function toCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) wrong('a whole number')
  return Number(text)
}

export function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port > 0 && port < 65_536 ? port : wrong('a port, from 1 to 65535')
}

/** 20000000, 500MB, 4GB */
export function toSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([KMGT]?)B?$/i.exec(text) ?? []
  if (digits === undefined) wrong('a size, for example 500MB or 4GB')
  return Math.floor(Number(digits) * 1000 ** ' KMGT'.indexOf(unit.toUpperCase() || ' '))
}

const CHOICES: Record<string, MediaChoice> = {
  all: true,
  previews: { preview: true, thumbnail: true },
  thumbnails: { thumbnail: true },
  none: false
}

/** Which photos travel, as people say it. */
export function toMediaChoice(text: string): MediaChoice {
  return (
    (Object.hasOwn(CHOICES, text) ? CHOICES[text] : undefined) ??
    wrong('all, previews (with thumbnails), thumbnails or none')
  )
}

export function toConfiguration(text: string): Configuration {
  const at = text.lastIndexOf('@')
  if (at <= 0 || at === text.length - 1) wrong('NAME@VERSION, for example rivers@1.0.0')
  return { name: text.slice(0, at), version: text.slice(at + 1) }
}

export type Tag = readonly [key: string, value: TagValue]

/** KEY=TEXT, or KEY:=JSON for a number, true, false, null or a list; each adds one. */
export function toTags(text: string, before: unknown): readonly Tag[] {
  const [, key, operator, rest = ''] = /^(.+?)(:?=)([^]*)$/.exec(text) ?? []
  if (key === undefined) wrong('KEY=TEXT, or KEY:=JSON, for example type=river or beds:=3')
  return [...((before as Tag[] | undefined) ?? []), [key, operator === '=' ? rest : toTag(rest)]]
}

/** Each adds one. */
export function toTexts(text: string, before: unknown): readonly string[] {
  return [...((before as string[] | undefined) ?? []), text]
}

export function toObject(text: string): Readonly<Record<string, unknown>> {
  const found = fromJSON(text)
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    wrong('an object as JSON, for example \'{"accuracy": 4}\'')
  }
  return found as Readonly<Record<string, unknown>>
}

/** The library says what is wrong with a value that is no tag's. */
function toTag(text: string): TagValue {
  const found = fromJSON(text)
  if (found === undefined) wrong('KEY:=JSON, for example beds:=3 or well:=true')
  return found as TagValue
}

function fromJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toNumbers(text: string, lengths: readonly number[], example: string): number[] {
  const parts = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
  if (!lengths.includes(parts.length) || parts.some((part) => !Number.isFinite(part)))
    wrong(example)
  return parts
}

function wrong(example: string): never {
  throw new InvalidArgumentError(`It must be ${example}.`)
}
