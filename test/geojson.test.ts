import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import type { Assertion } from 'brittle'
import type { Device, Observation } from '../lib/main.js'
import { Author } from './helpers/author.js'
import { createDevice, inputs, shown, START, syncFilePath } from './helpers/devices.js'
import { MemoryReplica } from './helpers/memory-replica.js'

async function text(pieces: AsyncIterable<string>): Promise<string> {
  let all = ''
  for await (const piece of pieces) all += piece
  return all
}

async function all(device: Device): Promise<Observation[]> {
  const list: Observation[] = []
  for await (const o of device.observations.query({ deleted: true })) list.push(o)
  return list
}

const EARTHQUAKES = join('examples', 'data', 'earthquakes.geojson')

test('what is exported is GeoJSON, with tags as properties', async (t) => {
  const device = await createDevice(t)
  const metadata = { altitude: 310 }
  await device.observations.create({ lat: 0, lon: -77.5, tags: { type: 'river' }, metadata })
  await device.observations.create({ tags: { type: 'story' } })
  const { type, features } = JSON.parse(await text(device.observations.toGeoJSON()))
  t.is(type, 'FeatureCollection')
  t.is(features.length, 2)
  t.alike(features[0].geometry, { type: 'Point', coordinates: [-77.5, 0, 310] })
  t.is(features[0].properties.type, 'river')
  t.is(features[1].geometry, null)
})

test('an export of nothing is an empty collection', async (t) => {
  const device = await createDevice(t)
  t.alike(JSON.parse(await text(device.observations.toGeoJSON())).features, [])
})

test('every observation can be read back whole, whatever its tags are called', async (t) => {
  const device = await createDevice(t)
  const attachments = [
    {
      name: 'a.jpg',
      variants: { original: { hash: 'ab'.repeat(32), size: 9, type: 'image/jpeg' } }
    }
  ]
  await device.observations.create({
    lat: -90,
    lon: 180,
    tags: { cairnlog: 'mine', list: ['a', 1, true], '': null },
    metadata: { deep: { er: [1, { x: null }] } },
    attachments,
    author: 'Graciela',
    trustedAt: 1e12
  })
  await device.observations.delete((await all(device))[0]!)
  const whole = await all(device)
  const { features } = JSON.parse(await text(device.observations.toGeoJSON({ deleted: true })))
  t.alike(
    features.map((f: { properties: { cairnlog: unknown } }) => f.properties.cairnlog),
    JSON.parse(JSON.stringify(whole))
  )
})

test('a number of a member that JSON cannot hold stops no export', async (t) => {
  const author = Author.withEntries(1, 1)
  const serial = (2n ** 60n) as unknown as number
  author.observe({ tags: { serial }, metadata: { serial } })
  const member = new MemoryReplica({ projectId: author.project.id })
  await member.append(author.run())
  const device = await createDevice(t)
  await device.syncWith(member)
  const { features } = JSON.parse(await text(device.observations.toGeoJSON()))
  t.is(features.length, 2)
  const { tags, metadata } = features[1].properties.cairnlog
  t.alike([tags, metadata], [{ serial: '1152921504606846976' }, { serial: '1152921504606846976' }])
  t.ok((await text(device.observations.toCSV())).includes(',1152921504606846976'))
  await device.exportArchive(join(await t.tmp(), 'everything.zip'))
})

test('an export taken in elsewhere has the same content, and once only', async (t) => {
  const [here, there] = [await createDevice(t), await createDevice(t)]
  await here.observations.createMany(inputs(700, { type: 'river' }))
  const exported = await text(here.observations.toGeoJSON())
  const first = await there.observations.fromGeoJSON(exported)
  t.alike(first, { features: 700, created: 700, skipped: 0, problems: [] })
  const again = await there.observations.fromGeoJSON(exported)
  t.alike(again, { features: 700, created: 0, skipped: 700, problems: [] })
  const content = ({ id, lat, lon, tags }: Observation) => ({ id, lat, lon, tags })
  t.alike((await all(there)).map(content), (await all(here)).map(content))
  t.is((await here.observations.fromGeoJSON(exported)).created, 0)
})

test('a file of earthquakes is streamed in, and the second time nothing is new', async (t) => {
  const device = await createDevice(t)
  const first = await device.observations.fromGeoJSON(createReadStream(EARTHQUAKES))
  t.alike([first.features, first.created, first.problems.length], [1707, 1707, 0])
  t.is((await device.observations.fromGeoJSON(createReadStream(EARTHQUAKES))).created, 0)
  t.is(await device.observations.count({ hasLocation: true }), 1707)
  const { features } = JSON.parse(await readFile(EARTHQUAKES, 'utf8'))
  const { place } = features[0].properties
  t.ok((await device.observations.count({ tags: { place } })) > 0)
})

test('two devices give a feature the same id', async (t) => {
  const [here, there] = [await createDevice(t), await createDevice(t)]
  const features = [{ type: 'Feature', id: 7, geometry: null, properties: {} }]
  const file = { type: 'FeatureCollection', features }
  for (const device of [here, there]) await device.observations.fromGeoJSON(file)
  t.is((await all(here))[0]?.id, (await all(there))[0]?.id)
  const renamed = await here.observations.fromGeoJSON(file, { id: () => '7' })
  t.is(renamed.created, 1, 'the text 7 is not the number 7')
})

test('a feature that cannot be taken is named, and the others are', async (t) => {
  const device = await createDevice(t)
  const point = { type: 'Point', coordinates: [1, 2] }
  const features = [
    { type: 'Feature', id: 'a', geometry: point, properties: { n: 1 } },
    { type: 'Feature', id: 'b', geometry: { type: 'LineString', coordinates: [] }, properties: {} },
    { type: 'Feature', id: 'c', geometry: { ...point, coordinates: [1, 200] }, properties: null },
    'nonsense',
    { type: 'Feature', id: 'd', geometry: null, properties: { notes: 'x'.repeat(300_000) } },
    { type: 'Feature', geometry: null, properties: { nested: { kept: true } } }
  ]
  const { created, problems } = await device.observations.fromGeoJSON(
    JSON.stringify({ type: 'FeatureCollection', features })
  )
  t.is(created, 2)
  t.alike(
    problems.map(({ index, id }) => [index, id]),
    [
      [1, 'b'],
      [2, 'c'],
      [3, undefined],
      [4, 'd']
    ]
  )
  t.ok(/LineString/.test(problems[0]!.message) && /lat/.test(problems[1]!.message))
})

test('a Feature that stands alone is taken as one, what is neither it nor a collection is refused', async (t) => {
  const device = await createDevice(t)
  const alone = (id: number) => {
    const geometry = { type: 'Point', coordinates: [1, 2] } as const
    return { type: 'Feature', id, geometry, properties: { id } } as const
  }
  for (const source of [JSON.stringify(alone(1)), alone(2)]) {
    const report = await device.observations.fromGeoJSON(source)
    t.alike(report, { features: 1, created: 1, skipped: 0, problems: [] })
  }
  t.is(await device.observations.count({ hasLocation: true, tags: { id: [1, 2] } }), 2)
  const empty = { type: 'FeatureCollection', features: [] }
  t.is((await device.observations.fromGeoJSON(JSON.stringify(empty))).features, 0)
  for (const source of ['[]', '5', '{}', '{"type":"Point","coordinates":[1,2]}']) {
    await t.exception.all(device.observations.fromGeoJSON(source), SyntaxError)
  }
})

test('a property that cannot be kept is a problem, from a text and from an object', async (t) => {
  const device = await createDevice(t)
  const feature = '{"type":"Feature","geometry":null,"properties":{"a":1,"__proto__":VALUE}}'
  for (const value of ['5', '{"b":2}']) {
    const collection = `{"type":"FeatureCollection","features":[${feature.replace('VALUE', value)}]}`
    for (const source of [collection, JSON.parse(collection)]) {
      const { created, problems } = await device.observations.fromGeoJSON(source)
      t.is(created, 0)
      t.ok(/__proto__/.test(problems[0]!.message), problems[0]!.message)
    }
  }
})

test('a list with null in it is no tag, and is kept', async (t) => {
  const device = await createDevice(t)
  const properties = { type: 'river', names: ['a', null], note: null }
  await device.observations.fromGeoJSON({ type: 'Feature', geometry: null, properties })
  const [{ tags, metadata }] = (await all(device)) as [Observation]
  t.alike([tags, metadata], [{ type: 'river', note: null }, { names: ['a', null] }])
})

test('map decides what becomes of a feature, and whether', async (t) => {
  const device = await createDevice(t)
  const report = await device.observations.fromGeoJSON(createReadStream(EARTHQUAKES), {
    id: ({ properties }) => String(properties?.['code']),
    map: ({ properties }) => {
      const mag = Number(properties?.['mag'])
      return mag >= 4 ? { tags: { mag } } : null
    }
  })
  t.ok(report.created > 50 && report.created + report.skipped === 1707)
  t.is(await device.observations.count({ hasLocation: true }), 0)
})

test('a text that breaks off is a SyntaxError; what came before is kept', async (t) => {
  const device = await createDevice(t)
  const whole = await readFile(EARTHQUAKES, 'utf8')
  const half = whole.slice(0, whole.length / 2)
  await t.exception.all(device.observations.fromGeoJSON(half), SyntaxError)
  t.ok((await device.observations.count()) >= 512)
  t.is((await device.observations.fromGeoJSON(whole)).features, 1707)
  t.is(await device.observations.count(), 1707)
})

test('CSV: a row each, a column per tag, quoted where it must be', async (t) => {
  const device = await createDevice(t)
  await device.observations.create({
    lat: 0,
    lon: -77.5,
    tags: { name: 'a "b", c', type: 'river' }
  })
  await device.observations.create({ tags: { use: ['fishing', 'transport'], notes: 'one\ntwo' } })
  const lines = (await text(device.observations.toCSV())).split('\r\n')
  t.is(lines.length, 4)
  t.ok(lines[0]!.endsWith('metadata,attachments,tag:name,tag:notes,tag:type,tag:use'))
  t.ok(lines[1]!.includes(',0,-77.5,'))
  t.ok(lines[1]!.endsWith('"a ""b"", c",,river,'))
  t.ok(lines[2]!.endsWith('"one\ntwo",,fishing; transport'))
})

test('CSV: what a spreadsheet would run is text; numbers stay numbers', async (t) => {
  const device = await createDevice(t)
  const tags = { a: '=1+1', b: '+1', c: '-1', d: '@x', e: '\t=1', f: -1, '=g': 'x' }
  await device.observations.create({ lat: -1, lon: -2, tags })
  const [header, row] = (await text(device.observations.toCSV({ bom: true }))).split('\r\n')
  t.ok(header?.startsWith('\uFEFFid,'))
  t.ok(header?.endsWith('tag:f'))
  t.ok(row?.includes(',-1,-2,'))
  t.ok(row?.endsWith("x,'=1+1,'+1,'-1,'@x,'\t=1,-1"))
})

test('a file imported on two devices is one set of observations, also where one edits it first', async (t) => {
  const [one, two] = [await createDevice(t), await createDevice(t)]
  const file = {
    type: 'FeatureCollection',
    features: Array.from({ length: 5 }, (_, n) => ({
      type: 'Feature',
      id: `house ${n}`,
      geometry: { type: 'Point', coordinates: [n, -n] },
      properties: { type: 'house', n }
    }))
  }
  for (const device of [one, two]) {
    t.is((await device.observations.fromGeoJSON(file)).created, 5)
  }
  const [first] = await shown(one)
  await one.observations.update(first!, { tags: { ...first!.tags, painted: true } })
  const stick = await syncFilePath(t)
  await one.sync(stick)
  const { changes } = await two.sync(stick)
  await one.sync(stick)
  t.alike(
    changes.map(({ created, edited }) => ({ created, edited })),
    [{ created: 0, edited: 1 }]
  )
  const rows = await shown(one)
  t.alike(await shown(two), rows)
  t.is(rows.length, 5)
  t.is((await one.status()).forked, 0)
  t.is(rows.filter(({ tags }) => tags['painted'] === true).length, 1)
  const edited = await two.observations.update(rows[4]!, { tags: { type: 'ruin' } })
  await two.sync(stick)
  await one.sync(stick)
  t.alike(await one.observations.get(edited.id), edited)
  t.alike(edited.forks, [], 'also where the other import was the one that was shown')
  for (const device of [one, two]) {
    const before = await shown(device)
    await device.rebuildIndex()
    t.alike(await shown(device), before)
  }
})

async function exportedAndMet(
  t: Assertion,
  record: (one: Device) => Promise<unknown>
): Promise<{ one: Device; two: Device; imported: Observation[] }> {
  const one = await createDevice(t, { clock: { now: START } })
  const two = await createDevice(t, { clock: { now: START + 10 * 86_400_000 } })
  await record(one)
  await two.observations.fromGeoJSON(await text(one.observations.toGeoJSON({ deleted: true })))
  const imported = await shown(two)
  const stick = await syncFilePath(t)
  for (const device of [one, two, one]) await device.sync(stick)
  return { one, two, imported }
}

test('what was imported elsewhere stays as old as it is, and by whoever recorded it', async (t) => {
  let recorded: Observation[] = []
  const { one, two, imported } = await exportedAndMet(t, async (device) => {
    await device.observations.createMany(inputs(3))
    recorded = await shown(device)
  })
  t.alike(
    imported.map(({ createdAt, createdBy, updatedBy }) => [createdAt, createdBy, updatedBy]),
    recorded.map(({ createdAt }) => [createdAt, one.id, two.id])
  )
  for (const device of [one, two]) {
    t.alike(await shown(device), recorded)
    t.is(await device.observations.count({ device: one.id }), 3)
    await device.rebuildIndex()
    t.alike(await shown(device), recorded)
  }
  const { id, versionId } = recorded[0]!
  for await (const version of one.observations.history(id)) t.is(version.versionId, versionId)
  const edited = await two.observations.update(imported[0]!, { tags: {} })
  t.alike([edited.createdBy, edited.forks], [one.id, []], 'also where the import is edited')
})

test('what was edited, deleted or restored before it was imported elsewhere is no fork', async (t) => {
  let recorded: Observation[] = []
  const { one, two, imported } = await exportedAndMet(t, async (device) => {
    await device.observations.createMany(inputs(4))
    const [edited, deleted, restored] = await shown(device)
    await device.observations.update(edited!, { tags: { type: 'ruin' } })
    for (const gone of [deleted!, restored!]) await device.observations.delete(gone)
    await device.observations.restore(restored!.id)
    recorded = await shown(device)
  })
  t.alike(
    imported.map(({ deleted, tags }) => [deleted, tags]),
    recorded.map(({ deleted, tags }) => [deleted, tags])
  )
  for (const device of [one, two]) {
    t.alike(await shown(device), recorded)
    await device.rebuildIndex()
    t.alike(await shown(device), recorded)
  }
  const back = await two.observations.restore(recorded[1]!.id)
  t.alike([back.deleted, back.tags, back.forks], [false, recorded[1]!.tags, []])
})

test('a date of ours that is none is a problem of that feature', async (t) => {
  const device = await createDevice(t)
  const whole = await device.observations.create({ tags: { n: 1 } })
  const wrong = { ...whole, id: whole.id.replace(/^./, 'f'), createdAt: 'in May' }
  const features = [{ type: 'Feature', geometry: null, properties: { cairnlog: wrong } }]
  const report = await device.observations.fromGeoJSON({ type: 'FeatureCollection', features })
  t.is(report.created, 0)
  t.ok(/createdAt/.test(report.problems[0]!.message))
})

test('two imports of one feature that say different things stay a fork', async (t) => {
  const [one, two] = [await createDevice(t), await createDevice(t)]
  const file = (n: number) => ({
    type: 'FeatureCollection',
    features: [{ type: 'Feature', id: 'house', geometry: null, properties: { n } }]
  })
  await one.observations.fromGeoJSON(file(1))
  await two.observations.fromGeoJSON(file(2))
  const stick = await syncFilePath(t)
  for (const device of [one, two, one]) await device.sync(stick)
  const [row] = await shown(one)
  t.is(row?.forks.length, 1)
  t.alike(await shown(two), [row])
})
