// Rows of a chunk in order of latitude, so that a search by box looks at few of them.

/** Numbers of rows, those without a place last. */
export function inOrderOfLat(lats: Float64Array, count: number): Uint16Array {
  // Latitude and row in one number, for sorting numbers is several times as fast as comparing rows.
  const keys = new Float64Array(count)
  const place = 2 ** 16
  for (let i = 0; i < count; i++) {
    keys[i] = bandOf(lats[i]!) * place + i
  }
  return Uint16Array.from(keys.sort(), (key) => key % place)
}

/** All rows between two latitudes, looked for one by one. */
export function rowsBetween(
  lats: Float64Array,
  count: number,
  south: number,
  north: number
): Uint16Array {
  const found = new Uint16Array(count)
  let length = 0
  for (let i = 0; i < count; i++) {
    const lat = lats[i]!
    if (lat >= south && lat <= north) found[length++] = i
  }
  return found.subarray(0, length)
}

/** Of rows in that order: all between two latitudes, and a few that are a hair outside. */
export function bandsBetween(
  rows: Uint16Array,
  lats: Float64Array,
  south: number,
  north: number
): Uint16Array {
  const [first, last] = [bandOf(south), bandOf(north)]
  const from = firstWhere(rows, (row) => bandOf(lats[row]!) >= first)
  return rows.subarray(
    from,
    firstWhere(rows, (row) => bandOf(lats[row]!) > last)
  )
}

/** Latitude as a whole number; a band is less than a millimetre wide. */
function bandOf(lat: number): number {
  return Number.isNaN(lat) ? 2 ** 36 : Math.floor(((lat + 90) / 180) * 2 ** 35)
}

function firstWhere(rows: Uint16Array, reached: (row: number) => boolean): number {
  let from = 0
  let to = rows.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (reached(rows[middle]!)) to = middle
    else from = middle + 1
  }
  return from
}
