// What an app sees of any version, of an observation or of a document: plain data, text for names
// and times.

import type { LoggedVersion } from '../log/entry.js'
import { isPlausible } from '../log/plausible.js'
import { formatVersion } from '../log/version.js'
import { toUuid } from './uuid.js'

/** What every version says, whatever it is a version of. */
export interface ShownVersion {
  /** UUID of what it is a version of. */
  readonly id: string
  /** Name of this version. */
  readonly versionId: string
  /** Names of the versions that this one replaces. */
  readonly links: readonly string[]
  /** ISO 8601, by the wall clock of the device that created it. */
  readonly createdAt: string
  /** ISO 8601, by the wall clock of the device that wrote this version. */
  readonly updatedAt: string
  /** Device id. */
  readonly createdBy: string
  /** Device id. */
  readonly updatedBy: string
  /** There, and true, where that clock can hardly have been right and no better time is given. */
  readonly createdAtDoubtful?: true
  readonly updatedAtDoubtful?: true
  /** ISO 8601, from a source better than the wall clock, such as GPS. */
  readonly trustedAt?: string
  /** Who of the people that share the device. */
  readonly author?: string
  readonly deleted: boolean
}

/** While it is being made. A spread would copy each of a hundred thousand once more. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] }

/**
 * All but `deleted`, which stands last. `now` is what this device believes; without it no date is
 * called doubtful.
 */
export function toShown(
  { ref, entry }: LoggedVersion,
  now?: number
): Draft<Omit<ShownVersion, 'deleted'>> {
  const createdAt = toIsoTime(entry.createdAt)
  const { trustedAt, author } = entry
  const shown: Draft<Omit<ShownVersion, 'deleted'>> = {
    id: toUuid(entry.id),
    versionId: formatVersion(ref),
    links: entry.links.map(formatVersion),
    createdAt,
    updatedAt: entry.updatedAt === entry.createdAt ? createdAt : toIsoTime(entry.updatedAt),
    createdBy: entry.createdBy ?? ref.feed,
    updatedBy: ref.feed
  }
  if (trustedAt !== undefined) shown.trustedAt = toIsoTime(trustedAt)
  else if (now !== undefined) {
    if (!isPlausible(entry.createdAt, now)) shown.createdAtDoubtful = true
    if (!isPlausible(entry.updatedAt, now)) shown.updatedAtDoubtful = true
  }
  if (author !== undefined) shown.author = author
  return shown
}

/** What a Date can hold (ECMA-262, "Time Values and Time Range"), milliseconds either way. */
const MAX_DATE = 8.64e15

/**
 * A device's clock can be wrong by any amount, and that must never keep its data from being shown:
 * beyond what a Date can hold, the nearest time that it can hold.
 */
export function toDateTime(milliseconds: number): number {
  return Math.min(MAX_DATE, Math.max(-MAX_DATE, milliseconds))
}

/** ISO 8601. */
export function toIsoTime(milliseconds: number): string {
  const time = Math.trunc(toDateTime(milliseconds)) || 0
  const day = Math.floor(time / DAY)
  if (day !== lastDay) {
    // Most times are of the day of the one before; the calendar is what takes long.
    lastDate = new Date(day * DAY).toISOString().slice(0, -'00:00:00.000Z'.length)
    lastDay = day
  }
  const rest = time - day * DAY
  const [hours, minutes, seconds] = [rest / 3_600_000, (rest / 60_000) % 60, (rest / 1000) % 60]
  return `${lastDate}${two(hours)}:${two(minutes)}:${two(seconds)}.${three(rest % 1000)}Z`
}

const DAY = 86_400_000
let lastDay = NaN
/** With the T behind it. */
let lastDate = ''

const TWO = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))
const THREE = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'))

function two(n: number): string {
  return TWO[Math.floor(n)]!
}

function three(n: number): string {
  return THREE[n]!
}
