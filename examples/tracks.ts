// An app's own kind of document: walked tracks, with a line, a day to find them by, and a fork.
//   node build/examples/tracks.js

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProjectKey, defineKind, Device } from 'cairnlog'
import { all, check } from './checks.js'

interface Track {
  name: string
  /** ISO 8601, of its first point. */
  startedAt: string
  line: { type: 'LineString'; coordinates: [lon: number, lat: number][] }
}

const track = defineKind<Track>({
  name: 'track',
  validate({ line }) {
    if (line?.type !== 'LineString') throw new TypeError('line: must be a LineString')
    if (line.coordinates.length < 2) throw new TypeError('line: must have two points at least')
    for (const [lon, lat] of line.coordinates) {
      if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90)) throw new TypeError('line: off the globe')
    }
  },
  keys: {
    day: ({ fields }) => fields.startedAt.slice(0, 10)
  },
  bbox({ fields }) {
    const lons = fields.line.coordinates.map(([lon]) => lon)
    const lats = fields.line.coordinates.map(([, lat]) => lat)
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
  }
})

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-tracks-'))
const stick = join(folder, 'territory.cairn')
const shared = {
  projectKey: createProjectKey(),
  configuration: { name: 'patrols', version: '1.0.0' },
  kinds: [track]
}
const one = await Device.open(join(folder, 'laptop-1'), { ...shared, name: 'Laptop 1' })
const two = await Device.open(join(folder, 'laptop-2'), { ...shared, name: 'Laptop 2' })
const here = one.documents(track)
const there = two.documents(track)

const walk = (name: string, startedAt: string, lon: number, lat: number): Track => {
  const end: [number, number] = [lon + 0.02, lat + 0.01]
  return { name, startedAt, line: { type: 'LineString', coordinates: [[lon, lat], end] } }
}
const north = await here.create(walk('North', '2026-05-02T07:00:00Z', -77.6, -1.05))
await here.create(walk('River', '2026-05-01T06:30:00Z', -77.2, -0.4))
await there.create(walk('Far away', '2026-05-03T08:00:00Z', 12.5, 41.9))
const refused = await here
  .create({ ...north.fields, line: { type: 'LineString', coordinates: [] } })
  .then(
    () => 'taken',
    (error: Error) => error.message
  )
check(`a track without points is refused: ${refused}`, refused.includes('two points'))

for (const device of [one, two, one]) await device.sync(stick)
check('both have three tracks', (await here.count()) === 3 && (await there.count()) === 3)

const names = async (query: Parameters<typeof here.query>[0]): Promise<string> =>
  (await all(here.query(query))).map(({ fields }) => fields.name).join(', ')
const inMay = await names({ where: { day: { gte: '2026-05-01', lt: '2026-05-03' } }, order: 'day' })
check(`the first two days of May: ${inMay}`, inMay === 'River, North')
const nearby = await names({ bbox: [-78, -1.2, -77.5, -1] })
check(`on this part of the map: ${nearby}`, nearby === 'North')

// While apart, both rename the same track.
await here.update(north, { name: 'North ridge' })
await there.update(north.id, { name: 'North valley' })
for (const device of [one, two, one]) await device.sync(stick)
const forked = await here.get(north.id)
if (forked === null) throw new Error('the track is gone')
const [other] = forked.forks
check(`a fork: "${forked.fields.name}" and "${other?.fields.name}"`, forked.forks.length === 1)
check('the same on both', (await there.get(north.id))?.versionId === forked.versionId)

const merged = await here.update(forked, { name: 'North ridge and valley' })
for (const device of [one, two]) await device.sync(stick)
const seen = await there.get(north.id)
check(`merged: "${seen?.fields.name}"`, seen?.versionId === merged.versionId && !seen.forks.length)

await one.close()
await two.close()
await rm(folder, { recursive: true })
