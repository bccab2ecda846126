// What every system is given to do, in one place: the seed, the box, which ids, how many edits.

/** Of the observations that all record. */
export const SEED = 1

/** [west, south, east, north]: 1 % of the area that generator.ts walks in; some lie in it at any N. */
export const BOX: readonly [number, number, number, number] = [-76.46, -0.71, -76.16, -0.51]

/** One observation in so many is edited on each of two sides. */
export const EDITS = 10

/** 1,000 ids spread over all, or all where there are fewer. */
export function someOf<T>(all: readonly T[]): T[] {
  const step = Math.max(1, Math.floor(all.length / 1000))
  return all.filter((_, i) => i % step === 0).slice(0, 1000)
}
