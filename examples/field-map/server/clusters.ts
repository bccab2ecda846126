// What the map draws: single observations where they are few, one mark with a count where they are
// dense. The cells of the grid lie fixed on the world at each zoom, so that nothing jumps while the
// map is moved, and only cells that the box touches are answered.

import type { Box, MapAnswer, MapCluster, MapPoint } from '../wire/api.js'
import { type Summary, latitudeOf, mercatorY } from './summary.js'

/** Pixels: how near marks may come to each other. */
const CELL = 58
/** From here on what lies in one cell is drawn one by one, unless it is more than this. */
const NEAR_ZOOM = 15
const NEAR_COUNT = 30
export const MAX_ZOOM = 18

/** How much of a cell's middle a cluster keeps to, so that neighbours do not cover each other. */
const MIDDLE = 0.4
/** More than any row of cells is long. */
const WIDE = 2 ** 26

interface Cell {
  readonly all: Summary[]
}

/** Observations and clusters in a box. The box may cross the antimeridian. */
export function cluster(summaries: Iterable<Summary>, box: Box, zoom: number): MapAnswer {
  const cells = new Map<number, Cell>()
  const scale = (256 * 2 ** Math.min(zoom, MAX_ZOOM)) / CELL
  const inside = cellsOf(box, scale)
  for (const summary of summaries) {
    if (Number.isNaN(summary.x)) continue
    const [column, row] = [Math.floor(summary.x * scale), Math.floor(summary.y * scale)]
    if (!inside(column, row)) continue
    const key = row * WIDE + column
    const cell = cells.get(key)
    if (cell === undefined) cells.set(key, { all: [summary] })
    else cell.all.push(summary)
  }
  const points: MapPoint[] = []
  const clusters: MapCluster[] = []
  for (const [key, { all }] of cells) {
    if (all.length === 1 || (zoom >= NEAR_ZOOM && all.length <= NEAR_COUNT)) {
      points.push(...all.map(toPoint))
    } else clusters.push(toCluster(all, key % WIDE, Math.floor(key / WIDE), scale))
  }
  return { points, clusters }
}

/** Whether a place lies in a box, for the list beside the map. */
export function within([west, south, east, north]: Box): (summary: Summary) => boolean {
  return ({ lat, lon }) => {
    if (lat === undefined || lon === undefined || lat < south || lat > north) return false
    return west <= east ? lon >= west && lon <= east : lon >= west || lon <= east
  }
}

function cellsOf(
  [west, south, east, north]: Box,
  scale: number
): (column: number, row: number) => boolean {
  const columnOf = (lon: number): number => Math.floor(((lon + 180) / 360) * scale)
  const [left, right] = [columnOf(west), columnOf(east)]
  const [top, bottom] = [north, south].map((lat) => Math.floor(mercatorY(lat) * scale))
  return (column, row) => {
    if (row < top! || row > bottom!) return false
    return west <= east ? column >= left && column <= right : column >= left || column <= right
  }
}

function toPoint({ id, lat, lon, category, title, forked, deleted }: Summary): MapPoint {
  return { id, lat: lat!, lon: lon!, category, title, forked, deleted }
}

function toCluster(
  all: readonly Summary[],
  column: number,
  row: number,
  scale: number
): MapCluster {
  const categories = new Map<string, number>()
  let [south, west, north, east, xs, ys] = [90, 180, -90, -180, 0, 0]
  let forked = false
  for (const { lat, lon, x, y, category, forked: fork } of all) {
    categories.set(category, (categories.get(category) ?? 0) + 1)
    south = Math.min(south, lat!)
    north = Math.max(north, lat!)
    west = Math.min(west, lon!)
    east = Math.max(east, lon!)
    xs += x
    ys += y
    forked ||= fork
  }
  const [category] = [...categories].reduce((most, one) => (one[1] > most[1] ? one : most))
  const count = all.length
  const lon = toMiddle(xs / count, column, scale) * 360 - 180
  const lat = latitudeOf(toMiddle(ys / count, row, scale))
  return { lat, lon, count, forked, category, box: [west, south, east, north] }
}

function toMiddle(mean: number, cell: number, scale: number): number {
  const within = mean * scale - cell - 0.5
  return (cell + 0.5 + Math.max(-MIDDLE / 2, Math.min(MIDDLE / 2, within))) / scale
}
