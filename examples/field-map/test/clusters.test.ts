// What the map draws of many observations, without a map.

import test from 'brittle'
import { cluster, within } from '../server/clusters.js'
import { type Summary, latitudeOf, matcher, mercatorY } from '../server/summary.js'
import type { Box } from '../wire/api.js'

const WORLD: Box = [-180, -90, 180, 90]

test('every observation is in exactly one mark, at every zoom', (t) => {
  const all = places(2_000)
  for (let zoom = 0; zoom <= 18; zoom++) {
    const { points, clusters } = cluster(all, WORLD, zoom)
    const counted = points.length + clusters.reduce((sum, { count }) => sum + count, 0)
    t.is(counted, all.length, `zoom ${zoom}: ${points.length} points, ${clusters.length} clusters`)
  }
})

test('marks at a low zoom are few, whatever the number of observations', (t) => {
  const { points, clusters } = cluster(places(50_000), WORLD, 2)
  t.ok(points.length + clusters.length < 400, `${points.length} and ${clusters.length}`)
})

test('moving the map changes no cluster that stays in view', (t) => {
  const all = places(60_000)
  const before = cluster(all, [-80, -10, -60, 10], 6).clusters
  const after = cluster(all, [-78, -9, -58, 11], 6).clusters
  const inBoth = (lon: number, lat: number): boolean =>
    lon > -76 && lon < -62 && lat > -8 && lat < 8
  const kept = before.filter(({ lon, lat }) => inBoth(lon, lat))
  t.ok(kept.length > 5, `${kept.length} clusters stay in view`)
  t.alike(
    after.filter(({ lon, lat }) => inBoth(lon, lat)),
    kept
  )
})

test('a box across the antimeridian has what lies on both sides of it', (t) => {
  const all = [at(0, 179), at(0, -179), at(0, 0)]
  const box: Box = [170, -10, -170, 10]
  t.is(cluster(all, box, 8).points.length, 2)
  t.is(all.filter(within(box)).length, 2)
})

test('what has no location is in no mark', (t) => {
  t.alike(cluster([{ ...at(0, 0), x: NaN, y: NaN }], WORLD, 3), { points: [], clusters: [] })
})

test('latitudes come back from the projection', (t) => {
  for (const lat of [-85, -45.5, 0, 1e-6, 60, 84.9]) {
    t.ok(Math.abs(latitudeOf(mercatorY(lat)) - lat) < 1e-9, String(lat))
  }
})

test('words are found without capitals and accents, all of them', (t) => {
  const summary = { ...at(0, 0), text: 'rio aguarico \n agua limpia' }
  t.ok(matcher({ text: 'RÍO limpia' })(summary))
  t.absent(matcher({ text: 'río sucia' })(summary))
})

test('a device, a category and days narrow what is shown', (t) => {
  const may = { ...at(0, 0), created: new Date(2026, 4, 1, 12).getTime() }
  t.ok(matcher({ from: '2026-05-01', to: '2026-05-01' })(may), 'both days are included')
  t.absent(matcher({ from: '2026-05-02' })(may))
  t.absent(matcher({ to: '2026-04-30' })(may))
  t.ok(matcher({ device: 'one', category: 'river' })(may))
  t.absent(matcher({ device: 'two' })(may))
  t.absent(matcher({ category: 'house' })(may))
  t.absent(matcher({ show: 'deleted' })(may))
  t.absent(matcher({ show: 'forked' })(may))
})

function places(count: number): Summary[] {
  return Array.from({ length: count }, (_, i) =>
    at(Math.sin(i * 12.9898) * 60, ((i * 137.508) % 360) - 180, String(i))
  )
}

function at(lat: number, lon: number, id = `${lat} ${lon}`): Summary {
  return {
    id,
    lat,
    lon,
    x: (lon + 180) / 360,
    y: mercatorY(lat),
    category: 'river',
    title: id,
    created: 0,
    updated: 0,
    device: 'one',
    forked: false,
    deleted: false,
    text: ''
  }
}
