// What the page asks with, checked: filters, boxes, drafts. The library checks what it is given in
// turn; here only what is this app's own.

import type { MediaChoice, Observation, ObservationPatch } from 'cairnlog'
import type { Box, Filters } from '../wire/api.js'
import { AppError } from './trouble.js'

const SHOWN = ['present', 'deleted', 'forked', 'nowhere'] as const
/** Rows of the list at once. */
const MAX_ROWS = 200

export function filtersOf(query: URLSearchParams): Filters {
  const text = (name: string): string | undefined => query.get(name) || undefined
  const [category, words, device] = [text('category'), text('text'), text('device')]
  const [from, to] = [text('from'), text('to')]
  const show = SHOWN.find((one) => one === query.get('show'))
  return {
    ...(category !== undefined && { category }),
    ...(words !== undefined && { text: words.slice(0, 200) }),
    ...(device !== undefined && { device }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(show !== undefined && { show })
  }
}

/** A map shows more than one world; longitudes come back into one. */
export function boxOf(query: URLSearchParams): Box | null {
  const text = query.get('box')
  if (text === null) return null
  const numbers = text.split(',').map(Number)
  const [west, south, east, north] = numbers
  if (numbers.length !== 4 || !numbers.every(Number.isFinite) || east! < west!) {
    throw new AppError('BAD_REQUEST', 'box: must be west,south,east,north')
  }
  if (east! - west! >= 360) return [-180, south!, 180, north!]
  return [wrap(west!), south!, wrap(east!), north!]
}

export function pageOf(query: URLSearchParams): { offset: number; limit: number } {
  const number = (name: string, none: number): number => {
    const value = Number(query.get(name) ?? none)
    return Number.isSafeInteger(value) && value >= 0 ? value : none
  }
  return { offset: number('offset', 0), limit: Math.min(number('limit', 50), MAX_ROWS) }
}

/** Small ones are those that a page shows; the originals stay where they are. */
export function mediaOf(choice: unknown): MediaChoice {
  if (choice === 'none') return false
  return choice === 'small' ? { preview: true, thumbnail: true } : true
}

export function textOf(body: Record<string, unknown>, name: string): string {
  const value = body[name]
  if (typeof value !== 'string') throw new AppError('BAD_REQUEST', `${name}: must be a text`)
  return value
}

/** The observation as the page showed it, forks and all: what an edit replaces. */
export function shownOf(body: Record<string, unknown>): Observation {
  const shown = body['shown'] as Observation | undefined
  const sound = typeof shown?.id === 'string' && typeof shown.versionId === 'string'
  if (!sound || !Array.isArray(shown.forks)) {
    throw new AppError('BAD_REQUEST', 'shown: must be an observation')
  }
  return shown
}

/** The library says which field of it is wrong. */
export function draftOf(body: Record<string, unknown>): ObservationPatch {
  const draft = body['draft']
  if (typeof draft !== 'object' || draft === null) {
    throw new AppError('BAD_REQUEST', 'draft: must be an object')
  }
  return draft as ObservationPatch
}

function wrap(lon: number): number {
  return lon >= -180 && lon <= 180 ? lon : ((((lon + 180) % 360) + 360) % 360) - 180
}
