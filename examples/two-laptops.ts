// Two laptops record earthquakes far from each other, meet over one sync file, disagree, and agree.

import { readFile, rm, mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  Device,
  type Observation,
  type ObservationInput,
  type SyncReport,
  createProjectKey
} from '../lib/main.js'

// Real observations: USGS Earthquake Hazards Program, public domain. See examples/data/README.md.
const DATA = new URL('../../examples/data/earthquakes.geojson', import.meta.url)

interface Earthquake {
  id: string
  properties: { net: string; mag: number | null; place: string; time: number; type: string }
  geometry: { coordinates: [lon: number, lat: number, depth: number] }
}

const { features } = JSON.parse(await readFile(DATA, 'utf8')) as { features: Earthquake[] }
const networks = [...new Set(features.map((f) => f.properties.net))].sort()
const firstHalf = new Set(networks.slice(0, Math.ceil(networks.length / 2)))

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
const stick = join(folder, 'territory.cairn')
const shared = {
  projectKey: createProjectKey(),
  configuration: { name: 'earthquakes', version: '1.0.0' }
}
const one = await Device.open(join(folder, 'laptop-1'), { ...shared, name: 'Laptop 1' })
const two = await Device.open(join(folder, 'laptop-2'), { ...shared, name: 'Laptop 2' })

await step('Laptop 1 records', () =>
  one.observations.createMany(features.filter((f) => firstHalf.has(f.properties.net)).map(toInput))
)
await step('Laptop 2 records', () =>
  two.observations.createMany(features.filter((f) => !firstHalf.has(f.properties.net)).map(toInput))
)
await step('Laptop 1 creates the sync file', () => one.createSyncFile(stick))
await step('Laptop 2 syncs with it', () => two.sync(stick))
await step('Laptop 1 gets it back', () => one.sync(stick))

// While apart: both edit the same observation, and laptop 1 deletes another.
const [shown, unwanted] = await firstTwo(one)
await one.observations.update(shown, { tags: { ...shown.tags, felt: 'at the school' } })
await two.observations.update(shown.id, { tags: { ...shown.tags, felt: 'at the river' } })
await one.observations.delete(unwanted)

await step('Both edited; laptop 1 brings the file', () => one.sync(stick))
await step('Laptop 2 syncs with it', () => two.sync(stick))
await step('Laptop 1 gets it back', () => one.sync(stick))

const forked = await mustGet(one, shown.id)
const forkedThere = await mustGet(two, shown.id)
print(`\nA fork, on Laptop 1: ${describeFork(forked)}`)
print(`A fork, on Laptop 2: ${describeFork(forkedThere)}`)
check('both laptops choose the same winner', forked.versionId === forkedThere.versionId)
check('each shows the other version too', forked.forks.length === 1)

await two.observations.update(forkedThere, {
  tags: { ...forkedThere.tags, felt: 'at the school and at the river' }
})
await step('\nLaptop 2 merges both and syncs', () => two.sync(stick))
await step('Laptop 1 gets it back', () => one.sync(stick))
await step('Nothing is new', () => one.sync(stick))

const rowsOne = await rows(one)
const rowsTwo = await rows(two)
const merged = await mustGet(one, shown.id)
print('')
check('the fork is merged', merged.forks.length === 0)
check(
  `both tags are there: felt ${String(merged.tags['felt'])}`,
  /school.*river/.test(String(merged.tags['felt']))
)
check('the deleted one is gone from both', !rowsOne.some((o) => o.id === unwanted.id))
check(`all ${features.length} are there but that one`, rowsOne.length === features.length - 1)
check(`both views are equal, ${rowsOne.length} rows`, isDeepStrictEqual(rowsOne, rowsTwo))

await one.close()
await two.close()
await rm(folder, { recursive: true })

function toInput({ id, properties, geometry }: Earthquake): ObservationInput {
  const [lon, lat, depth] = geometry.coordinates
  const { net, mag, place, time, type } = properties
  return {
    lat,
    lon,
    tags: { type, place, network: net, event: id, magnitude: mag },
    metadata: { depth },
    trustedAt: time
  }
}

async function step(what: string, work: () => Promise<SyncReport | number>): Promise<void> {
  const started = performance.now()
  const result = await work()
  const milliseconds = Math.round(performance.now() - started)
  const parts =
    typeof result === 'number'
      ? [`${result} recorded`]
      : [
          `received ${result.received.entries}`,
          `sent ${result.sent.entries}`,
          `file ${Math.round((await stat(stick)).size / 1024)} KB`
        ]
  const shows = `${await one.observations.count()} | ${await two.observations.count()}`
  print(
    `${what.padEnd(40)} ${parts.join(', ').padEnd(40)} ${String(milliseconds).padStart(5)} ms   shown: ${shows}`
  )
}

async function firstTwo(device: Device): Promise<[Observation, Observation]> {
  const found: Observation[] = []
  for await (const o of device.observations.query({ limit: 2 })) found.push(o)
  const [a, b] = found
  if (a === undefined || b === undefined) throw new Error('two observations were expected')
  return [a, b]
}

async function mustGet(device: Device, id: string): Promise<Observation> {
  const found = await device.observations.get(id)
  if (found === null) throw new Error(`${device.name} does not have ${id}`)
  return found
}

async function rows(device: Device): Promise<Observation[]> {
  const found: Observation[] = []
  for await (const o of device.observations.query()) found.push(o)
  return found
}

function describeFork(o: Observation): string {
  const versions = [o, ...o.forks].map((v) => `"${String(v.tags['felt'])}"`)
  return `felt ${versions[0] ?? ''} wins over ${versions.slice(1).join(', ')}`
}

function check(what: string, holds: boolean): void {
  print(`${holds ? 'yes' : 'NO '}  ${what}`)
  if (!holds) process.exitCode = 1
}

function print(line: string): void {
  console.log(line)
}
