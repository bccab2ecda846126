// Which documents may touch a box, found through the tree: the globe is divided into cells, at each
// level into twice as many both ways, and a document lies in the few cells, four at most, of the
// finest level whose cells are as large as its own box. So a search looks, level by level, at the
// cells that the wanted box touches. Boxes are in degrees; one that crosses the antimeridian is two.

import type { BoundingBox } from './place.js'

/** At level 16 a cell is 0.0055 degrees wide: small enough for a village. */
const LEVELS = 17
/** Rows of cells that are looked at one by one; where there are more, all between are read. */
const MAX_BANDS = 16
const CELL_BYTES = 9

/** Cells of a box as bytes: level, row from the south, column from the west. */
export function cellsOf(box: BoundingBox): Buffer[] {
  const cells = new Map<string, Buffer>()
  for (const part of partsOf(box)) {
    const level = levelOf(part)
    const [west, south, east, north] = spanOf(part, level)
    for (let y = south; y <= north; y++) {
      for (let x = west; x <= east; x++) {
        const cell = encode(level, y, x)
        cells.set(cell.toString('latin1'), cell)
      }
    }
  }
  return [...cells.values()]
}

/** Ranges of cells, ends included, in which every document that touches the box is found. */
export function* cellRanges(box: BoundingBox): Generator<readonly [from: Buffer, to: Buffer]> {
  for (const part of partsOf(box)) {
    for (let level = 0; level < LEVELS; level++) {
      const [west, south, east, north] = spanOf(part, level)
      if (north - south >= MAX_BANDS) yield [encode(level, south, west), encode(level, north, east)]
      else {
        for (let y = south; y <= north; y++) yield [encode(level, y, west), encode(level, y, east)]
      }
    }
  }
}

/** Whether two boxes have a point in common, edges included. */
export function boxesTouch(a: BoundingBox, b: BoundingBox): boolean {
  const others = partsOf(b)
  return partsOf(a).some((p) =>
    others.some((q) => p[0] <= q[2] && q[0] <= p[2] && p[1] <= q[3] && q[1] <= p[3])
  )
}

/** Longitude 180 is -180, so a box that reaches one of them touches the other side, too. */
function partsOf([west, south, east, north]: BoundingBox): BoundingBox[] {
  const parts: BoundingBox[] =
    west <= east
      ? [[west, south, east, north]]
      : [
          [west, south, 180, north],
          [-180, south, east, north]
        ]
  const [first, last] = [parts.at(-1)![0], parts[0]![2]]
  if (last === 180) parts.push([-180, south, -180, north])
  if (first === -180) parts.push([180, south, 180, north])
  // What reaches a pole is reached there from every side.
  if (north === 90) parts.push([-180, 90, 180, 90])
  if (south === -90) parts.push([-180, -90, 180, -90])
  return parts
}

/** The finest whose cells are as large as the box. */
function levelOf([west, south, east, north]: BoundingBox): number {
  const size = Math.max((east - west) / 360, (north - south) / 180)
  if (size <= 0) return LEVELS - 1
  return Math.max(0, Math.min(LEVELS - 1, Math.floor(-Math.log2(size))))
}

function spanOf(
  [west, south, east, north]: BoundingBox,
  level: number
): [west: number, south: number, east: number, north: number] {
  const count = 2 ** level
  const at = (part: number): number => Math.min(count - 1, Math.max(0, Math.floor(part * count)))
  return [
    at((west + 180) / 360),
    at((south + 90) / 180),
    at((east + 180) / 360),
    at((north + 90) / 180)
  ]
}

function encode(level: number, y: number, x: number): Buffer {
  const cell = Buffer.allocUnsafe(CELL_BYTES)
  cell[0] = level
  cell.writeUInt32BE(y, 1)
  cell.writeUInt32BE(x, 5)
  return cell
}
