// Observations written by the program, and read back by it.

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { cairnlog, document, laptops, openLaptop, succeed } from '../helpers/program.js'

/** A process for every step, on a machine that is busy with others. */
const SLOW = { timeout: 120_000 }

test(
  'what add records, show gives back: place, tags of every kind, author, metadata, time',
  SLOW,
  async (t) => {
    const [cwd] = await laptops(t, 1)
    const { observation } = await document(
      `add --at -1.05,-77.6 --author Rosa --tag type=river --tag beds:=3 --tag kinds:=["a","b"]
     --tag note=a=b --metadata '{"accuracy": 4}' --trusted-at 2026-11-20T10:00:00Z`,
      { cwd }
    )
    t.is(observation.lat, -1.05)
    t.is(observation.lon, -77.6)
    t.alike(observation.tags, { type: 'river', beds: 3, kinds: ['a', 'b'], note: 'a=b' })
    t.alike(observation.metadata, { accuracy: 4 })
    t.is(observation.author, 'Rosa')
    t.is(observation.trustedAt, '2026-11-20T10:00:00.000Z')
    t.alike((await document(`show ${observation.id}`, { cwd })).observation, observation)
  }
)

test('edit changes what is given and keeps the rest', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const added = await document('add --at 0,0 --tag type=river --tag draft=yes', { cwd })
  const { id } = added.observation
  const edited = await document(`edit ${id} --tag name=Aguarico --untag draft`, { cwd })
  t.alike(edited.observation.tags, { type: 'river', name: 'Aguarico' })
  t.is(edited.observation.lat, 0)
  const placeless = await document(`edit ${id} --without-place`, { cwd })
  t.absent('lat' in placeless.observation)
  t.is((await cairnlog(`edit ${id}`, { cwd })).code, 2, 'nothing to change is an error')
  t.is((await cairnlog('add --author Rosa', { cwd })).code, 2, 'nothing to record is, too')
  t.is((await document(`show ${id} --history`, { cwd })).history.length, 3)
})

test(
  'delete hides, restore brings back; both take several ids at once, or none of them',
  SLOW,
  async (t) => {
    const [cwd] = await laptops(t, 1)
    const ids: string[] = []
    for (const name of ['a', 'b']) {
      ids.push((await document(`add --tag name=${name}`, { cwd })).observation.id)
    }
    t.is((await cairnlog(`delete ${ids[0]} ffff`, { cwd })).code, 2)
    t.is((await document('list', { cwd })).total, 2, 'one that is not there, and none is deleted')
    await succeed(t, `delete ${ids.join(' ')}`, { cwd })
    t.is((await document('list', { cwd })).total, 0)
    t.is((await document('list --deleted', { cwd })).total, 2)
    const { observations } = await document(`restore ${ids.join(' ')}`, { cwd })
    t.alike(
      observations.map((o: any) => o.tags.name),
      ['a', 'b']
    )
    t.is((await document('list', { cwd })).total, 2)
  }
)

test('a photo is taken in, shown as being here, and counted', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const file = join(await t.tmp(), 'DSC_1.JPG')
  const bytes = randomBytes(300_000)
  await writeFile(file, bytes)
  const { observation } = await document(`add --tag type=river --photo ${file}`, { cwd })
  const [{ name, variants }] = observation.attachments
  t.is(name, 'DSC_1.JPG')
  t.alike([variants.original.type, variants.original.size], ['image/jpeg', 300_000])
  const device = await openLaptop(cwd)
  t.ok(bytes.equals(await device.media.get(variants.original).bytes()))
  await device.close()
  const text = await succeed(t, `show ${observation.id}`, { cwd })
  t.ok(text.includes('DSC_1.JPG  original here'), text)
  const second = await document(`edit ${observation.id} --photo ${file}`, { cwd })
  t.is(second.observation.attachments.length, 2, 'edit adds one')
  t.ok((await succeed(t, 'status', { cwd })).includes('1 photo or file\n'), 'stored once')
  t.is((await cairnlog(`add --photo ${file}.not-there`, { cwd })).code, 6)
  t.is((await document('list', { cwd })).total, 1, 'and nothing was recorded')
})

test('a wrong value is said in two lines, with the code for usage', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const wrong = [
    '--at 1',
    '--at 91,0',
    "--tag 'no value'",
    '--tag list:={"a":1}',
    '--metadata []',
    '--trusted-at yesterday',
    '--colour red'
  ]
  for (const options of wrong) {
    const { code, stderr, stdout } = await cairnlog(`add ${options}`, { cwd })
    t.is(code, 2, options)
    t.ok(/^cairnlog: .+\nWhat to do: .+\n$/.test(stderr), stderr)
    t.is(stdout, '')
  }
})
