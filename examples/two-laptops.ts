// Two laptops record earthquakes far from each other, meet over one sync file, disagree, and agree.
//   node build/examples/two-laptops.js

import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  Device,
  type GeoJSONFeature,
  type ImportReport,
  type Observation,
  type SyncReport,
  createProjectKey
} from 'cairnlog'
import { all, check } from './checks.js'

// Real observations: USGS Earthquake Hazards Program, public domain. See examples/data/README.md.
const DATA = new URL('../../examples/data/earthquakes.geojson', import.meta.url)
const { features } = JSON.parse(await readFile(DATA, 'utf8')) as { features: GeoJSONFeature[] }
const networks = [...new Set(features.map(networkOf))].sort()
const firstHalf = new Set(networks.slice(0, Math.ceil(networks.length / 2)))

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
const stick = join(folder, 'territory.cairn')
const shared = {
  projectKey: createProjectKey(),
  configuration: { name: 'earthquakes', version: '1.0.0' }
}
const one = await Device.open(join(folder, 'laptop-1'), { ...shared, name: 'Laptop 1' })
const two = await Device.open(join(folder, 'laptop-2'), { ...shared, name: 'Laptop 2' })

await step('Laptop 1 records', () => record(one, (network) => firstHalf.has(network)))
await step('Laptop 2 records', () => record(two, (network) => !firstHalf.has(network)))
await step('Laptop 1 creates the sync file', () => one.createSyncFile(stick))
await step('Laptop 2 syncs with it', () => two.sync(stick))
await step('Laptop 1 gets it back', () => one.sync(stick))

// While apart: both edit the same observation, and laptop 1 deletes another.
type Two = [Observation, Observation]
const [shown, unwanted] = (await all(one.observations.query({ limit: 2 }))) as Two
await one.observations.update(shown, { tags: { ...shown.tags, felt: 'at the school' } })
await two.observations.update(shown.id, { tags: { ...shown.tags, felt: 'at the river' } })
await one.observations.delete(unwanted)
await step('Both edited; laptop 1 brings the file', () => one.sync(stick))
await step('Laptop 2 syncs with it', () => two.sync(stick))
await step('Laptop 1 gets it back', () => one.sync(stick))

const [forked, forkedThere] = [await get(one), await get(two)]
const felt = [forked, ...forked.forks].map(({ tags }) => `"${String(tags['felt'])}"`)
console.log(`\nA fork, on Laptop 1: felt ${felt[0]} wins over ${felt[1]}`)
check('both laptops choose the same winner', forked.versionId === forkedThere.versionId)
check('each shows the other version too', forked.forks.length === 1)

const both = { ...forkedThere.tags, felt: 'at the school and at the river' }
await two.observations.update(forkedThere, { tags: both })
await step('\nLaptop 2 merges both and syncs', () => two.sync(stick))
await step('Laptop 1 gets it back', () => one.sync(stick))
await step('Nothing is new', () => one.sync(stick))

const [rowsOne, rowsTwo] = [
  await all(one.observations.query()),
  await all(two.observations.query())
]
const merged = await get(one)
console.log('')
check('the fork is merged', merged.forks.length === 0)
check(`both tags are there: felt ${String(merged.tags['felt'])}`, merged.tags['felt'] === both.felt)
check('the deleted one is gone from both', !rowsOne.some(({ id }) => id === unwanted.id))
check(`all ${features.length} are there but that one`, rowsOne.length === features.length - 1)
check(`both views are equal, ${rowsOne.length} rows`, isDeepStrictEqual(rowsOne, rowsTwo))
await one.close()
await two.close()
await rm(folder, { recursive: true })

function networkOf({ properties }: GeoJSONFeature): string {
  return String(properties?.['net'])
}

function record(device: Device, isMine: (network: string) => boolean): Promise<ImportReport> {
  const mine = features.filter((feature) => isMine(networkOf(feature)))
  return device.observations.fromGeoJSON({ type: 'FeatureCollection', features: mine })
}

async function get(device: Device): Promise<Observation> {
  return (await device.observations.get(shown.id)) as Observation
}

async function step(what: string, work: () => Promise<SyncReport | ImportReport>): Promise<void> {
  const started = performance.now()
  const result = await work()
  const took = `${(performance.now() - started).toFixed(0)} ms`
  const did =
    'created' in result
      ? `${result.created} recorded`
      : `received ${result.received.entries}, sent ${result.sent.entries}, file ${Math.round((await stat(stick)).size / 1024)} KB`
  const shows = `${await one.observations.count()} | ${await two.observations.count()}`
  console.log(`${what.padEnd(40)} ${did.padEnd(40)} ${took.padStart(8)}   shown: ${shows}`)
}
