// Observations: recording, asking, watching, and taking them out and in.
//   node build/examples/api/observations.js

import type {
  BoundingBox,
  Change,
  CreateManyOptions,
  CsvOptions,
  Filter,
  GeoJSONFeature,
  GeoJSONSource,
  ImportOptions,
  ImportReport,
  Observation,
  ObservationInput,
  ObservationPatch,
  ObservationVersion,
  QueryOptions,
  TagFilter,
  WatchOptions
} from 'cairnlog'
import { createDevices } from 'cairnlog/testing'
import { all, check } from '../checks.js'

await using test = await createDevices(1)
const [device] = test.devices
if (device === undefined) throw new Error('a device was expected')

//#region Observations, Observation, ObservationInput, Tags, TagValue
const input: ObservationInput = { lat: -1.05, lon: -77.6, tags: { type: 'river' } }
const river: Observation = await device.observations.create(input)
console.log(river.id, river.createdAt, river.forks.length)
//#endregion

//#region CreateManyOptions
const many: CreateManyOptions = { onProgress: ({ created }) => console.log(`${created} so far`) }
await device.observations.createMany([{ lat: 0, lon: 0 }, { tags: { type: 'story' } }], many)
//#endregion

//#region ObservationPatch
const patch: ObservationPatch = { tags: { ...river.tags, name: 'Aguarico' }, author: 'Hugo' }
const named = await device.observations.update(river, patch)
//#endregion
check('it has a name now', named.tags['name'] === 'Aguarico')

//#region ObservationVersion
const versions: ObservationVersion[] = await all(device.observations.history(river.id))
console.log(versions.map(({ updatedAt, updatedBy }) => `${updatedAt} by ${updatedBy}`))
//#endregion
check('both versions are kept', versions.length === 2)

//#region Filter, BoundingBox, TagFilter, TagScalar, Time
const bbox: BoundingBox = [-78, -2, -76, 0]
const hasName: TagFilter = { present: true } // or a value, or a list of which any will do
const filter: Filter = {
  bbox,
  tags: { type: ['river', 'lake'], name: hasName },
  updatedSince: '2026-01-01',
  deleted: false
}
console.log(await device.observations.count(filter))
//#endregion

//#region QueryOptions, Order
const newest: QueryOptions = { order: 'updated', reverse: true, limit: 50 }
const page = await all(device.observations.query(newest))
const next = await all(device.observations.query({ ...newest, after: page.at(-1) }))
//#endregion
check('the first page holds all three', page.length === 3 && next.length === 0)

//#region Change, ChangeType, WatchOptions
const leave = new AbortController()
const watching: WatchOptions = { signal: leave.signal, tags: { type: 'river' } }
const seen = firstOf(device.observations.watch(watching))
await device.observations.delete(river.id)
const change: Change | undefined = await seen
console.log(change?.type, change?.observation?.id)
leave.abort()
//#endregion
check('the deletion was seen', change?.type === 'deleted')

//#region GeoJSONSource, GeoJSONFeature, ImportOptions, ImportReport, ImportProblem
const place = { type: 'Point', coordinates: [-77.2, -0.5] }
const camp: GeoJSONFeature = {
  type: 'Feature',
  id: 7,
  geometry: place,
  properties: { type: 'camp' }
}
const importing: ImportOptions = { id: ({ id }) => `camp-${String(id)}` } // once, however often
const source: GeoJSONSource = { type: 'FeatureCollection', features: [camp] } // or a stream
const report: ImportReport = await device.observations.fromGeoJSON(source, importing)
for (const { index, message } of report.problems) console.log(`feature ${index}: ${message}`)
//#endregion
check('the camp is read in', report.created === 1)

//#region CsvOptions
const forExcel: CsvOptions = { bom: true }
for await (const piece of device.observations.toCSV({ ...forExcel, limit: 10 }))
  process.stdout.write(piece)
//#endregion

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item
  return undefined
}
