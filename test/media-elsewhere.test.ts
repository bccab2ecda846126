// Which other device is known to hold a photo: by its own word, over sticks, links and other devices;
// and what a purge makes of it.

import { rm, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import type { Device, MediaVariant } from '../lib/main.js'
import { SyncFile, sync } from '../lib/main.js'
import { connect } from '../lib/testing.js'
import { content } from './helpers/blobs.js'
import { PROJECT_KEY, START, createDevice, syncFilePath } from './helpers/devices.js'
import { waitFor } from './helpers/wait-for.js'

const JPEG = { type: 'image/jpeg' }
const NOTHING = { media: 0, bytes: 0 }

test('a device learns over a stick that another one holds its photo, and may purge it then', async (t) => {
  const path = await syncFilePath(t)
  const one = await createDevice(t, { name: 'One' })
  const office = await createDevice(t, { name: 'Office' })
  const original = await record(one, 1)
  await one.sync(path)
  t.alike(await holders(one, original), [], 'a stick is no device')
  const asked = { tier: 'original' } as const
  t.alike(await one.media.purge(asked), { ...NOTHING, onlyHere: { media: 1, bytes: 1000 } })
  await office.sync(path)
  t.alike(await holders(one, original), [])
  await one.sync(path)
  t.alike(await holders(one, original), ['Office'])
  const { heldBy } = (await one.media.status({ variants: { original } })).original ?? {}
  t.alike(heldBy, [{ device: office.id, name: 'Office', saidAt: new Date(START).toISOString() }])
  t.alike(await one.media.purge({ ...asked, heldBy: one.id }), {
    ...NOTHING,
    onlyHere: { media: 1, bytes: 1000 }
  })
  t.alike(await one.media.purge({ ...asked, heldBy: [office.id] }), {
    media: 1,
    bytes: 1000,
    onlyHere: NOTHING
  })
  t.alike(await holders(one, original), ['Office'], 'also of what is missing here')
})

test('what stays for want of another copy is not marked as purged', async (t) => {
  const one = await createDevice(t)
  const original = await record(one, 2)
  await one.media.purge({ hash: original.hash })
  t.is((await one.media.status({ variants: { original } })).original?.state, 'here')
  t.alike((await one.status()).media, { referenced: 1, here: 1, missing: 0, purged: 0 })
})

test('after a purge a device no longer counts as holding, once that is heard', async (t) => {
  const clock = { now: START }
  const [one, two] = [await createDevice(t, { name: 'One' }), await createDevice(t, { clock })]
  const original = await record(one, 3)
  await sync(one, two)
  await one.syncWith(two.replica)
  t.is((await holders(one, original)).length, 1)
  clock.now++
  await two.media.purge({ tier: 'original', onlyHere: true })
  await one.syncWith(two.replica)
  t.alike(await holders(one, original), [])
})

test('a third device passes on who holds what, and a restart forgets none of it', async (t) => {
  const [first, second] = [await syncFilePath(t), await syncFilePath(t)]
  const dir = await t.tmp()
  const one = await createDevice(t, { name: 'One', dir: `${dir}/one` })
  const [two, three] = [await createDevice(t), await createDevice(t, { name: 'Three' })]
  const original = await record(one, 4)
  await one.sync(first)
  await three.sync(first)
  await two.sync(first, { media: false })
  await two.observations.create({})
  await two.sync(second, { media: false })
  await one.sync(second)
  t.alike(await holders(one, original), ['Three'])
  await one.close()
  const again = await createDevice(t, { name: 'One', dir: `${dir}/one` })
  t.alike(await holders(again, original), ['Three'])
})

test('a device whose place another one has taken holds nothing', async (t) => {
  const path = await syncFilePath(t)
  const [one, lost] = [await createDevice(t), await createDevice(t, { name: 'Lost' })]
  const original = await record(one, 5)
  await one.sync(path)
  await lost.sync(path)
  await one.sync(path)
  t.alike(await holders(one, original), ['Lost'])
  const heir = await createDevice(t, { succeeds: lost.id })
  await one.syncWith(heir.replica, { media: false })
  t.alike(await holders(one, original), [])
})

test('compacting a sync file keeps who holds what', async (t) => {
  const path = await syncFilePath(t)
  const [one, two] = [await createDevice(t), await createDevice(t, { name: 'Two' })]
  const original = await record(one, 6)
  await one.sync(path)
  await two.sync(path)
  const file = await SyncFile.open(path, { projectKey: PROJECT_KEY })
  await file.compact()
  await file.close()
  await one.sync(path)
  t.alike(await holders(one, original), ['Two'])
})

test('a request that says which photos are there is answered with the others', async (t) => {
  const dir = await t.tmp()
  const [one, two] = [await createDevice(t), await createDevice(t)]
  await record(one, 7)
  await sync(one, two)
  const fresh = await record(one, 8)
  const answer = async (name: string, media: boolean): Promise<number> => {
    await two.createSyncFile(`${dir}/${name}-ask.cairn`, { kind: 'request', media })
    const options = { for: `${dir}/${name}-ask.cairn`, media: true }
    return (await one.createSyncFile(`${dir}/${name}.cairn`, options)).sent.media
  }
  t.is(await answer('short', false), 2)
  t.is(await answer('long', true), 1)
  t.is((await two.sync(`${dir}/long.cairn`)).received.media, 1)
  t.ok(content(1000, 8).equals(Buffer.from(await two.media.get(fresh).bytes())))
  await one.createSyncFile(`${dir}/all.cairn`)
  await one.createSyncFile(`${dir}/more.cairn`, { for: `${dir}/all.cairn`, media: true })
  t.is((await two.sync(`${dir}/more.cairn`)).received.media, 0)
})

/** How the purging device meets the other one again. */
const WAYS: Record<string, (t: Assertion, one: Device, other: Device) => Promise<unknown>> = {
  'over a link': (_t, one, other) => meet(one, other),
  'by a sync without anything between': (_t, one, other) => other.syncWith(one.replica),
  'by a sync file': async (t, one, other) => {
    const path = await syncFilePath(t)
    await one.sync(path)
    await other.sync(path)
  }
}

for (const [way, meetAgain] of Object.entries(WAYS)) {
  test(`who purges what came over a link no longer counts as holding, once met ${way}`, async (t) => {
    const { office, field, original } = await sharedOverLink(t)
    t.is((await field.media.purge({ hash: original.hash })).media, 1)
    await meetAgain(t, field, office)
    t.alike(await holders(office, original), [])
    const { media, onlyHere } = await office.media.purge({ tier: 'original' })
    t.alike([media, onlyHere.media], [0, 1], 'the last one stays')
  })

  test(`who purges what it recorded while linked no longer counts, once met ${way}`, async (t) => {
    const { office, field, original } = await sharedOverLink(t)
    t.is((await office.media.purge({ hash: original.hash })).media, 1)
    await meetAgain(t, office, field)
    t.alike(await holders(field, original), [])
    t.is((await field.media.purge({ hash: original.hash })).onlyHere.media, 1, 'the last one stays')
  })
}

test('whose photos are lost no longer counts as holding, once it is met again', async (t) => {
  const dir = join(await t.tmp(), 'field')
  const { office, field, original } = await sharedOverLink(t, dir)
  await field.close()
  const folders = (await readdir(`${dir}/media`)).filter((name) => name.length === 1)
  t.ok(folders.length > 0)
  for (const name of folders) await rm(`${dir}/media/${name}`, { recursive: true })
  const again = await createDevice(t, { dir })
  await office.syncWith(again.replica, { media: { thumbnail: true } })
  t.alike(await holders(office, original), [])
})

/** Two devices: while they are linked, the office records a photo that the field device fetches. */
async function sharedOverLink(
  t: Assertion,
  dir?: string
): Promise<{ office: Device; field: Device; original: MediaVariant }> {
  const office = await createDevice(t, { name: 'Office' })
  const field = await createDevice(t, { name: 'Field', ...(dir && { dir }) })
  const connection = connect(office, field)
  await connection.caughtUp
  const original = await record(office, 9)
  await waitFor(async () => (await holders(office, original)).includes('Field'))
  await waitFor(async () => (await holders(field, original)).includes('Office'))
  await connection.close()
  return { office, field, original }
}

async function meet(one: Device, other: Device): Promise<void> {
  const { links } = connect(one, other, { live: false })
  await Promise.all(links.map(({ closed }) => closed))
}

async function record(device: Device, seed: number): Promise<MediaVariant> {
  const original = await device.media.put(content(1000, seed), JPEG)
  await device.observations.create({ attachments: [{ variants: { original } }] })
  return original
}

async function holders(device: Device, original: MediaVariant): Promise<unknown[]> {
  const status = await device.media.status({ variants: { original } })
  return (status.original?.heldBy ?? []).map(({ name }) => name)
}
