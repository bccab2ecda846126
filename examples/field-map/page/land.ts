// The map beneath: coasts and borders of Natural Earth, drawn tile by tile on plain canvases, which
// an old laptop without a graphics card does well. Projected once, then only scaled; of a shape that
// lies outside a tile nothing but its bounds is looked at.

import L from 'leaflet'
import { feature, mesh } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'

const SEA = '#dce7ec'
const LAND = '#f8f5ec'
const COAST = '#9db0b8'
const BORDER = '#c9bda6'
const GRID = 'rgba(70, 95, 105, 0.16)'

interface Shape {
  /** x and y in turn, Web Mercator from 0 to 1. */
  readonly points: Float64Array
  readonly box: readonly [left: number, top: number, right: number, bottom: number]
}

type World = Topology<{ countries: GeometryCollection; land: GeometryCollection }>

interface Shapes {
  readonly land: readonly Shape[]
  readonly borders: readonly Shape[]
}

/** Made where it is first needed: the shapes are half a megabyte. */
export function landLayer(): L.GridLayer {
  return new LandLayer({ tileSize: 256, updateWhenZooming: false, keepBuffer: 3 })
}

class LandLayer extends L.GridLayer {
  readonly #shapes: Promise<Shapes> = fetch('/world.json')
    .then((response) => response.json() as Promise<World>)
    .then(shapesOf)

  protected override createTile(coords: L.Coords, done: L.DoneCallback): HTMLElement {
    const canvas = document.createElement('canvas')
    const ratio = Math.min(window.devicePixelRatio || 1, 2)
    canvas.width = canvas.height = 256 * ratio
    void this.#draw(canvas, coords, ratio, done)
    return canvas
  }

  async #draw(
    canvas: HTMLCanvasElement,
    coords: L.Coords,
    ratio: number,
    done: L.DoneCallback
  ): Promise<void> {
    try {
      draw(canvas, await this.#shapes, coords, ratio)
      done(undefined, canvas)
    } catch (error) {
      done(error as Error, canvas)
    }
  }
}

function draw(canvas: HTMLCanvasElement, shapes: Shapes, coords: L.Coords, ratio: number): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const across = 2 ** coords.z
  const column = ((coords.x % across) + across) % across
  const size = 256 * ratio
  context.fillStyle = SEA
  context.fillRect(0, 0, size, size)
  const edge = 4 / 256
  const [left, top] = [(column - edge) / across, (coords.y - edge) / across]
  const [right, bottom] = [(column + 1 + edge) / across, (coords.y + 1 + edge) / across]
  const isNear = ({ box }: Shape, turn: number): boolean =>
    box[0] + turn <= right && box[2] + turn >= left && box[1] <= bottom && box[3] >= top
  const scale = size * across
  const trace = (list: readonly Shape[]): void => {
    context.beginPath()
    for (const shape of list) {
      for (const turn of [-1, 0, 1]) {
        if (!isNear(shape, turn)) continue
        path(context, shape.points, scale, (column - turn * across) * size, coords.y * size)
      }
    }
  }
  trace(shapes.land)
  context.fillStyle = LAND
  context.fill('evenodd')
  context.lineJoin = 'round'
  context.strokeStyle = COAST
  context.lineWidth = ratio
  context.stroke()
  trace(shapes.borders)
  context.strokeStyle = BORDER
  context.setLineDash([4 * ratio, 3 * ratio])
  context.stroke()
  context.setLineDash([])
  grid(context, coords.z, column, coords.y, ratio)
}

/** Points nearer than half a pixel to the last one are left out. */
function path(
  context: CanvasRenderingContext2D,
  points: Float64Array,
  scale: number,
  left: number,
  top: number
): void {
  let [lastX, lastY] = [Infinity, Infinity]
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i]! * scale - left
    const y = points[i + 1]! * scale - top
    if (i === 0) context.moveTo(x, y)
    else if (Math.abs(x - lastX) + Math.abs(y - lastY) < 0.5) continue
    else context.lineTo(x, y)
    lastX = x
    lastY = y
  }
}

/** Meridians and parallels: where shapes end, they still tell how far one has come. */
function grid(
  context: CanvasRenderingContext2D,
  zoom: number,
  column: number,
  row: number,
  ratio: number
): void {
  const across = 2 ** zoom
  const step = [30, 30, 30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005][zoom] ?? 0.002
  const size = 256 * ratio
  context.strokeStyle = GRID
  context.lineWidth = ratio
  context.beginPath()
  const west = (column / across) * 360 - 180
  const east = ((column + 1) / across) * 360 - 180
  for (let lon = Math.ceil(west / step) * step; lon <= east; lon += step) {
    const x = Math.round(((lon - west) / (east - west)) * size) + 0.5
    context.moveTo(x, 0)
    context.lineTo(x, size)
  }
  const latOf = (y: number): number => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI
  const [north, south] = [latOf(row / across), latOf((row + 1) / across)]
  for (let lat = Math.ceil(south / step) * step; lat <= north; lat += step) {
    const y = Math.round((mercatorY(lat) * across - row) * size) + 0.5
    context.moveTo(0, y)
    context.lineTo(size, y)
  }
  context.stroke()
}

function shapesOf(world: World): Shapes {
  const land: Shape[] = []
  for (const { geometry } of feature(world, world.objects.land).features) {
    const polygons =
      geometry.type === 'Polygon'
        ? [geometry.coordinates]
        : geometry.type === 'MultiPolygon'
          ? geometry.coordinates
          : []
    for (const ring of polygons.flat()) land.push(project(ring))
  }
  const borders = mesh(world, world.objects.countries as never, (a, b) => a !== b)
  return { land, borders: borders.coordinates.map(project) }
}

/**
 * Shapes that cross the antimeridian go on beyond the world's edge instead of jumping to the other
 * side, and are drawn a second time there. One that goes all the way round encloses the pole.
 */
function project(line: readonly (readonly number[])[]): Shape {
  const flat: number[] = []
  let [left, top, right, bottom, shift, before] = [Infinity, 1, -Infinity, 0, 0, 0]
  for (const [i, [lon = 0, lat = 0]] of line.entries()) {
    if (i > 0 && Math.abs(lon - before) > 180) shift += lon > before ? -1 : 1
    before = lon
    const [x, y] = [(lon + 180) / 360 + shift, mercatorY(lat)]
    flat.push(x, y)
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  if (shift !== 0 && Math.abs(right - left) > 0.99) {
    flat.push(flat.at(-2)!, 1, flat[0]!, 1)
    bottom = 1
  }
  return { points: Float64Array.from(flat), box: [left, top, right, bottom] }
}

function mercatorY(lat: number): number {
  const sine = Math.sin((Math.max(-85.06, Math.min(85.06, lat)) * Math.PI) / 180)
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)
}
