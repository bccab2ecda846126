// A photo in three sizes: a stick that carries only the small ones, and later one with all.
//   node build/examples/photos.js

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Attachment, Device, createProjectKey } from 'cairnlog'
import { check } from './checks.js'

const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
const stick = join(folder, 'territory.cairn')
const shared = {
  projectKey: createProjectKey(),
  configuration: { name: 'rivers', version: '1.0.0' }
}
const one = await Device.open(join(folder, 'one'), { ...shared, name: 'Laptop 1' })
const two = await Device.open(join(folder, 'two'), { ...shared, name: 'Laptop 2' })

// The app makes the smaller ones; the library keeps what it is given. These are random bytes.
const file = join(folder, 'house.jpg')
await writeFile(file, randomBytes(3_000_000))
const jpeg = { type: 'image/jpeg' }
const house: Attachment = {
  name: 'House.jpg',
  variants: {
    original: await one.media.put(file, jpeg),
    preview: await one.media.put(randomBytes(80_000), jpeg),
    thumbnail: await one.media.put(randomBytes(9_000), jpeg)
  }
}
const { id } = await one.observations.create({ lat: -1, lon: -77, attachments: [house] })

// The list of what there is travels with the observation, whatever becomes of the bytes.
await one.sync(stick, { media: { original: false, preview: true, thumbnail: true } })
const { received } = await two.sync(stick)
const [shown] = (await two.observations.get(id))?.attachments ?? []
if (shown === undefined) throw new Error('an attachment was expected')
const states = await two.media.status(shown)
console.log(`Laptop 2 received ${received.media} photos:`, states)
check('the preview and the thumbnail are here', received.media === 2)
check('the original is known to be missing', states.original?.state === 'missing')
const best = await two.media.best(shown, { prefer: 'original' })
check('the best that is here is the preview', best?.tier === 'preview')

// Another time there is room for all: only the original is added, to the stick and then here.
const later = await one.sync(stick, { media: { original: true, preview: true, thumbnail: true } })
await two.sync(stick)
check('just the one that lacked was written', later.sent.media === 1)
const original = shown.variants.original
if (original === undefined) throw new Error('an original was expected')
const bytes = await two.media.get(original).bytes()
check('the original is here, byte for byte', bytes.byteLength === 3_000_000)

// Space on this laptop: what is freed stays with the others, and can come back when asked for.
const freed = await two.media.purge({ tier: 'original' })
console.log(`Laptop 2 frees ${freed.bytes} bytes`)
check('it does not come back unasked', (await two.sync(stick)).received.media === 0)

await one.close()
await two.close()
await rm(folder, { recursive: true })
