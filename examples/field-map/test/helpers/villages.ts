// Made-up observations along the rivers of a territory: as many as asked for, the same every time.

import type { ObservationInput } from 'cairnlog'

const TYPES = ['river', 'house', 'trail']

export function* villages(count: number): Generator<ObservationInput> {
  for (let i = 0; i < count; i++) {
    const type = TYPES[i % TYPES.length] ?? 'river'
    const tags = { type, name: `Comunidad ${i}`, note: 'Visited on foot, by the river path.' }
    // One in a hundred has no location, as when the GPS was off.
    if (i % 100 === 99) yield { tags }
    else yield { lat: -1.2 + spread(i, 7) * 3, lon: -77.5 + spread(i, 13) * 3, tags }
  }
}

/** Between -1 and 1. */
function spread(i: number, step: number): number {
  return Math.sin(i * step * 0.618) * Math.cos(i * 0.311)
}
