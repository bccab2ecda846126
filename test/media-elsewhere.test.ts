// Which other device is known to hold a photo: by its own word, over sticks, links and other devices;
// and what a purge makes of it.

import test from 'brittle'
import type { Device, MediaVariant } from '../lib/main.js'
import { SyncFile, sync } from '../lib/main.js'
import { content } from './helpers/blobs.js'
import { PROJECT_KEY, START, createDevice, syncFilePath } from './helpers/devices.js'

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

async function record(device: Device, seed: number): Promise<MediaVariant> {
  const original = await device.media.put(content(1000, seed), JPEG)
  await device.observations.create({ attachments: [{ variants: { original } }] })
  return original
}

async function holders(device: Device, original: MediaVariant): Promise<unknown[]> {
  const status = await device.media.status({ variants: { original } })
  return (status.original?.heldBy ?? []).map(({ name }) => name)
}
