import fc from 'fast-check'
import test from 'brittle'
import { boxesTouch, cellRanges, cellsOf } from '../../lib/index/cells.js'
import type { BoundingBox } from '../../lib/index/place.js'
import { check } from '../helpers/property.js'

const lon = fc.oneof(
  fc.constantFrom(-180, -90, 0, 90, 180),
  fc.double({ min: -180, max: 180, noNaN: true })
)
const lat = fc.oneof(fc.constantFrom(-90, 0, 90), fc.double({ min: -90, max: 90, noNaN: true }))
const small = fc.double({ min: 0, max: 0.01, noNaN: true })

/** Large ones and small ones, some across the antimeridian. */
const boxes: fc.Arbitrary<BoundingBox> = fc.oneof(
  fc
    .tuple(lon, lat, lon, lat)
    .map(([w, a, e, b]) => [w, Math.min(a, b), e, Math.max(a, b)] as const),
  fc
    .tuple(lon, lat, small, small)
    .map(
      ([w, s, dx, dy]) =>
        [w, s, w + dx > 180 ? w + dx - 360 : w + dx, Math.min(90, s + dy)] as const
    )
)

test('boxes that touch meet in a cell, however they lie', async (t) => {
  const property = fc.property(boxes, boxes, (box, wanted) => {
    if (!boxesTouch(box, wanted)) return true
    const cells = cellsOf(box)
    return [...cellRanges(wanted)].some(([from, to]) =>
      cells.some((cell) => cell.compare(from) >= 0 && cell.compare(to) <= 0)
    )
  })
  await check(t, property, { runs: 3000 })
})

test('boxes touch at points that both hold, whatever the order', async (t) => {
  const inside = ([w, s, e, n]: BoundingBox): [number, number][] => [
    [w, s],
    [e, n]
  ]
  const property = fc.property(boxes, boxes, (a, b) => {
    if (boxesTouch(a, b) !== boxesTouch(b, a)) return false
    const shared = inside(a).some(([x, y]) => boxesTouch([x, y, x, y], b))
    return !shared || boxesTouch(a, b)
  })
  await check(t, property, { runs: 2000 })
})

test('longitude 180 is -180, and a pole has every longitude', (t) => {
  t.ok(boxesTouch([179, 0, 180, 1], [-180, 0, -179, 1]))
  t.ok(boxesTouch([179, 0, -179, 1], [-180, 0, -180, 1]))
  t.ok(boxesTouch([10, 80, 20, 90], [-100, 85, -90, 90]))
  t.absent(boxesTouch([10, 80, 20, 89], [-100, 85, -90, 90]))
  t.absent(boxesTouch([170, 0, 179, 1], [-180, 0, -179, 1]))
  t.absent(boxesTouch([0, 0, 1, 1], [2, 0, 3, 1]))
})

test('a box lies in few cells', async (t) => {
  const property = fc.property(boxes, (box) => cellsOf(box).length <= 12)
  await check(t, property, { runs: 1000 })
})
