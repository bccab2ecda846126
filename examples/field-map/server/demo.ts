// Fills a folder with something to look at: real earthquakes, half of them recorded by this laptop
// and half by a second one, whose folder lies beside it, with a fork and some deletions. The second
// can be opened in an app of its own, to try the way of a sync file between two.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Device, type Observation, type ObservationInput, createProjectKey } from 'cairnlog'
import { readConfiguration } from './configurations.js'
import { keyOf, readSettings, writeSettings } from './settings.js'

// U.S. Geological Survey, public domain; see examples/data/README.md.
const DATA = new URL('../../../data/earthquakes.geojson', import.meta.url)

/** Reporting networks of the second laptop. */
const SECOND = new Set(['ak', 'hv', 'us', 'pr'])

interface Earthquake {
  readonly properties: {
    readonly net: string
    readonly mag: number | null
    readonly place: string
    readonly time: number
    readonly type: string
  }
  readonly geometry: { readonly coordinates: readonly [lon: number, lat: number, depth: number] }
}

/** Does nothing in a folder that has been set up. Returns the second laptop's folder. */
export async function fillDemo(folder: string): Promise<string> {
  const second = join(folder, 'laptop-2')
  if ((await readSettings(folder)) !== null) return second
  const projectKey = Buffer.from(createProjectKey()).toString('hex')
  const shared = { projectKey, configuration: 'earthquakes' }
  const { name, version } = await readConfiguration('earthquakes')
  const { features } = JSON.parse(await readFile(DATA, 'utf8')) as { features: Earthquake[] }
  const open = async (dir: string, device: string): Promise<Device> => {
    const settings = { ...shared, name: device }
    await writeSettings(dir, settings)
    return Device.open(dir, {
      projectKey: keyOf(settings),
      name: device,
      configuration: { name, version }
    })
  }
  const two = await open(second, 'Laptop 2')
  const one = await open(folder, 'Laptop 1')
  const inputs = features.map((feature) => ({ second: isSecond(feature), input: toInput(feature) }))
  const [ofOne, ofTwo] = [false, true].map((second) =>
    inputs.filter((one) => one.second === second).map(({ input }) => input)
  ) as [ObservationInput[], ObservationInput[]]
  // The last ones are recorded after the laptops have met, so that there is something to sync.
  await one.observations.createMany(ofOne.slice(0, -14))
  await two.observations.createMany(ofTwo.slice(0, -12))
  await one.syncWith(two.replica)
  await disagree(one, two)
  await one.syncWith(two.replica)
  await one.observations.createMany(ofOne.slice(-14))
  await two.observations.createMany(ofTwo.slice(-12))
  await goOn(two)
  await one.close()
  await two.close()
  return second
}

function isSecond({ properties }: Earthquake): boolean {
  return SECOND.has(properties.net)
}

/** What the second laptop brings with the next sync, besides what it recorded. */
async function goOn({ observations }: Device): Promise<void> {
  const wanted: Observation[] = []
  for await (const o of observations.query({ limit: 5 })) wanted.push(o)
  for (const [i, o] of wanted.entries()) {
    if (i < 3) await observations.update(o, { tags: { ...o.tags, felt: 'at the market' } })
    else await observations.delete(o)
  }
}

/** Both edit the strongest one while apart, and two are deleted. */
async function disagree(one: Device, two: Device): Promise<void> {
  const all: Observation[] = []
  for await (const o of one.observations.query()) all.push(o)
  all.sort((a, b) => Number(b.tags['magnitude']) - Number(a.tags['magnitude']))
  const [strongest, , , weak, weaker] = all
  if (strongest === undefined || weak === undefined || weaker === undefined) return
  const { tags } = strongest
  await one.observations.update(strongest, { tags: { ...tags, felt: 'at the school' } })
  await two.observations.update(strongest.id, { tags: { ...tags, felt: 'at the river' } })
  await one.observations.delete(weak)
  await two.observations.delete(weaker.id)
}

function toInput({ properties, geometry }: Earthquake): ObservationInput {
  const [lon, lat, depth] = geometry.coordinates
  const { net, mag, place, time, type } = properties
  const tags = { type, place, magnitude: mag, network: net }
  return { lat, lon, tags, metadata: { depth }, trustedAt: time }
}
