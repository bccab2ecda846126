// Takes everything out as GeoJSON and CSV, and a part of it, and reads the GeoJSON in again.
//   node build/examples/export.js

import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isDeepStrictEqual } from 'node:util'
import { Device, createProjectKey } from 'cairnlog'
import { all, check } from './checks.js'

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
const configuration = { name: 'rivers', version: '1.0.0' }
const open = (name: string): Promise<Device> =>
  Device.open(join(folder, name), { projectKey: createProjectKey(), name, configuration })
const laptop = await open('laptop')
const { observations } = laptop
await observations.create({ lat: -1.05, lon: -77.6, tags: { type: 'river', name: 'Aguarico' } })
await observations.create({ lat: 0, lon: 0, tags: { type: 'house', note: '=1+1, "said" so' } })
await observations.create({ tags: { type: 'story', told: ['by Hugo', 'by Morelia'] } })

// Both come in pieces, so that a hundred thousand of them need no more memory than three.
const geojson = join(folder, 'rivers.geojson')
const csv = join(folder, 'rivers.csv')
await pipeline(Readable.from(observations.toGeoJSON()), createWriteStream(geojson))
await pipeline(Readable.from(observations.toCSV()), createWriteStream(csv))
console.log((await readFile(csv, 'utf8')).trimEnd())

const { features } = JSON.parse(await readFile(geojson, 'utf8'))
check('GeoJSON has all three, the story without a place', features.length === 3)
const placed = (await all(observations.toGeoJSON({ hasLocation: true }))).join('')
check('one may ask for less, as in a query', JSON.parse(placed).features.length === 2)

// Into another project: what was recorded there becomes this one's own, with all that it says.
const other = await open('other')
const { created, problems } = await other.observations.fromGeoJSON(
  createReadStream(geojson, { encoding: 'utf8' })
)
const again = await other.observations.fromGeoJSON(await readFile(geojson, 'utf8'))
check('all are read in', created === 3 && problems.length === 0)
check('read in twice they are there once', again.created === 0 && again.skipped === 3)
const tagsOf = async (device: Device): Promise<unknown[]> =>
  (await all(device.observations.query())).map(({ lat, lon, tags }) => ({ lat, lon, tags }))
check('nothing changed on the way', isDeepStrictEqual(await tagsOf(laptop), await tagsOf(other)))

await laptop.close()
await other.close()
await rm(folder, { recursive: true })
