import test from 'brittle'
import { checkBox, distance, inBox, type BoundingBox } from '../../lib/index/place.js'

test('the edges of a box belong to it', (t) => {
  const box: BoundingBox = [-10, -5, 10, 5]
  for (const [lat, lon] of [
    [5, 10],
    [-5, -10],
    [0, 0]
  ] as const) {
    t.ok(inBox(box, lat, lon))
  }
  t.absent(inBox(box, 5.0000001, 0))
  t.absent(inBox(box, 0, 10.0000001))
})

test('a box whose west is east of its east crosses the antimeridian', (t) => {
  const box: BoundingBox = [170, -5, -170, 5]
  for (const lon of [170, 175, 180, -180, -175, -170]) t.ok(inBox(box, 0, lon), String(lon))
  for (const lon of [0, 169, -169]) t.absent(inBox(box, 0, lon), String(lon))
})

test('180 and -180 are the same meridian', (t) => {
  t.ok(inBox([-180, -5, -170, 5], 0, 180))
  t.ok(inBox([170, -5, 180, 5], 0, -180))
  t.absent(inBox([-170, -5, 170, 5], 0, 180))
})

test('a pole has every longitude', (t) => {
  t.ok(inBox([10, 80, 20, 90], 90, -120))
  t.ok(inBox([10, -90, 20, -80], -90, 75))
  t.absent(inBox([10, 80, 20, 89], 90, 15))
})

test('a box of one point finds that point', (t) => {
  t.ok(inBox([0, 0, 0, 0], 0, 0))
  t.ok(inBox([0, 0, 0, 0], -0, -0))
  t.absent(inBox([0, 0, 0, 0], 0, 1e-9))
})

test('no location is in no box', (t) => {
  t.absent(inBox([-180, -90, 180, 90], NaN, NaN))
})

test('distances on the globe', (t) => {
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 1
  t.ok(near(distance(0, 0, 0, 1), 111_195), 'a degree on the equator')
  t.ok(near(distance(0, 179.5, 0, -179.5), 111_195), 'across the antimeridian')
  t.ok(near(distance(89.5, 0, 89.5, 180), 111_195), 'across the pole')
  t.ok(near(distance(0, 0, 0, 180), Math.PI * 6_371_008.8), 'to the other side')
  t.is(distance(12, 34, 12, 34), 0)
})

test('what is no box says so', async (t) => {
  for (const wrong of [[], [0, 0, 0], [0, 10, 0, 5], [0, 0, 181, 1], [0, 0, NaN, 1], 'box', null]) {
    await t.exception.all(() => checkBox('bbox', wrong), /bbox: /)
  }
})
