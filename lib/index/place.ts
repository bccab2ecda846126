// Places on the globe: boxes that may cross the antimeridian, and distances. Degrees are WGS 84.

/** West, south, east, north, as in RFC 7946: west of east means across the antimeridian. */
export type BoundingBox = readonly [west: number, south: number, east: number, north: number]

/** Metres: the mean radius of the Earth (IUGG). */
const EARTH_RADIUS = 6_371_008.8

const RADIANS = Math.PI / 180

/** Throws a TypeError that names the argument. */
export function checkBox(name: string, value: unknown): BoundingBox {
  const numbers = Array.isArray(value) && value.length === 4 ? (value as unknown[]) : []
  const inRange =
    numbers.length === 4 && numbers.every((n, i) => Math.abs(n as number) <= (i % 2 ? 90 : 180))
  if (!inRange || !numbers.every((n) => typeof n === 'number')) {
    throw new TypeError(`${name}: must be [west, south, east, north] in degrees`)
  }
  const box = value as unknown as BoundingBox
  if (box[1] > box[3]) throw new TypeError(`${name}: south must not be above north`)
  return [...box]
}

/**
 * Whether a place lies in a box, its edges included. Longitude 180 and -180 are one meridian, and
 * a pole has every longitude.
 */
export function inBox([west, south, east, north]: BoundingBox, lat: number, lon: number): boolean {
  if (!(lat >= south && lat <= north)) return false
  if (lat === 90 || lat === -90) return true
  const within = west <= east ? lon >= west && lon <= east : lon >= west || lon <= east
  if (within) return true
  return (lon === 180 && west === -180) || (lon === -180 && east === 180)
}

/** Metres along a great circle: R. W. Sinnott, "Virtues of the Haversine", 1984. */
export function distance(latA: number, lonA: number, latB: number, lonB: number): number {
  const north = Math.sin(((latB - latA) * RADIANS) / 2)
  const east = Math.sin(((lonB - lonA) * RADIANS) / 2)
  const h = north * north + Math.cos(latA * RADIANS) * Math.cos(latB * RADIANS) * east * east
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** Metres between two parallels: no place on one is nearer to any on the other. */
export function northing(latA: number, latB: number): number {
  // A hair less, so that rounding never makes it more than the distance.
  return Math.abs(latA - latB) * RADIANS * EARTH_RADIUS * (1 - 1e-9)
}
