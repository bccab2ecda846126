// Made-up field observations, the same ones for the same seed: walks along rivers in the upper
// Amazon, with the tags, notes and coordinates that people record there. A block of one is about
// 300 bytes. `Math.random` and real data are both avoided: a run must be repeatable anywhere.

import type { ObservationInput } from '../lib/main.js'
import type { Place } from './cities.js'

const KINDS = [
  { type: 'river', use: ['fishing', 'drinking water', 'transport'] },
  { type: 'house', use: ['lived in', 'abandoned', 'school'] },
  { type: 'garden', use: ['manioc', 'plantain', 'fallow'] },
  { type: 'hunting camp', use: ['every season', 'seldom', 'no longer'] },
  { type: 'salt lick', use: ['tapir', 'peccary', 'macaw'] },
  { type: 'threat', use: ['logging', 'mining', 'oil spill', 'new road'] },
  { type: 'sacred place', use: ['do not show', 'ask the elders'] }
] as const
const NAMES = ['Aguarico', 'Sinangoe', 'Cofanes', 'Eno', 'Dureno', 'Zabalo', 'Bermejo', 'Chandia']
const PEOPLE = ['Alexandra', 'Nixon', 'Graciela', 'Hugo', 'Emeregildo', 'Morelia']
const REMARKS = [
  'Water was high, we crossed by canoe.',
  'Fresh tracks on both banks, two or three days old.',
  'Old path, overgrown since the last flood.',
  'Two families from the village come here every dry season.',
  'We heard chainsaws from the south in the afternoon.',
  'Told by the elders; the name is that of the old hunter.',
  'The sign that we put up last year has been taken down.',
  'Good place for the boat, even when the river is low.'
] as const

/** Steps of one walk before the next begins somewhere else. */
const WALK = 40

/**
 * `count` observations; equal for equal seeds. Walks begin at one of the places, or anywhere in the
 * upper Amazon where none are given.
 */
export function* observations(
  count: number,
  seed: number,
  places: readonly Place[] | null = null
): Generator<ObservationInput> {
  const random = randomNumbers(seed)
  const between = (low: number, high: number): number => low + random() * (high - low)
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  let lat = 0
  let lon = 0
  for (let i = 0; i < count; i++) {
    if (i % WALK === 0) {
      ;[lat, lon] = places === null ? [between(-1.5, 0.5), between(-78, -75)] : oneOf(places)
    }
    lat += between(-0.0008, 0.001)
    lon += between(-0.0008, 0.001)
    const kind = oneOf(KINDS)
    yield {
      lat: round(lat, 6),
      lon: round(lon, 6),
      metadata: {
        accuracy: round(between(2, 30), 1),
        altitude: Math.round(between(200, 900)),
        manual: random() < 0.1
      },
      tags: {
        type: kind.type,
        use: oneOf(kind.use),
        name: `${oneOf(NAMES)} ${Math.floor(between(1, 400))}`,
        by: oneOf(PEOPLE),
        ...(random() < 0.9 && { notes: oneOf(REMARKS) })
      }
    }
  }
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}

/** Numbers in [0, 1): mulberry32 by Tommy Ettinger, public domain. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
