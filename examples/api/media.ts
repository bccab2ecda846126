// Photos and files: taking them in, reading them, what is here, and freeing space.
//   node build/examples/api/media.js

import { tmpdir } from 'node:os'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type {
  ArchiveProgress,
  ArchiveReport,
  Attachment,
  AttachmentStatus,
  BestOptions,
  BestVariant,
  ExportArchiveOptions,
  Media,
  MediaChoice,
  MediaContent,
  MediaHolder,
  MediaReport,
  MediaSource,
  MediaTransferOptions,
  MediaUsage,
  MediaVariant,
  PurgedMedia,
  PurgeOptions,
  PutOptions
} from 'cairnlog'
import { createDevices } from 'cairnlog/testing'
import { check } from '../checks.js'

await using test = await createDevices(2)
const [device, other] = test.devices
if (device === undefined || other === undefined) throw new Error('two devices were expected')
const folder = await mkdtemp(join(tmpdir(), 'cairnlog-'))
const stick = join(folder, 'territory.cairn')

//#region Media, MediaSource, PutOptions, MediaVariant, ByteStream
const media: Media = device.media
const bytes: MediaSource = new Uint8Array(300_000).fill(7) // or a path, a stream, a Blob
const jpeg: PutOptions = { type: 'image/jpeg' }
const original: MediaVariant = await media.put(bytes, jpeg)
const thumbnail = await media.put(new Uint8Array([1, 2, 3]), jpeg)
//#endregion

//#region Attachment
const house: Attachment = { name: 'House.jpg', variants: { original, thumbnail } }
await device.observations.create({ lat: 0, lon: 0, tags: { type: 'house' }, attachments: [house] })
//#endregion

//#region MediaContent
const content: MediaContent = media.get(original)
const pieces: Uint8Array[] = []
for await (const piece of content.range(1000, 2000)) pieces.push(piece) // verified as it streams
//#endregion
check('the range has its bytes', Buffer.concat(pieces).byteLength === 1000)

//#region MediaTransferOptions, MediaChoice, MediaPolicy, Tier
const small: MediaChoice = { thumbnail: true, preview: true }
const carried: MediaTransferOptions = { media: small, maxBytes: 50_000_000 }
const report = await device.sync(stick, carried)
//#endregion

//#region MediaReport, MediaLeftOut, LeftOutReason, MediaRefusal
const { leftOut, refused }: MediaReport = report.media
for (const { tier, count, why } of leftOut) console.log(`${count} of tier ${tier} stay: ${why}`)
for (const { hash, message } of refused) console.log(hash, message)
//#endregion
check('the original was left out', leftOut[0]?.tier === 'original')

await other.sync(stick)
//#region AttachmentStatus, VariantStatus
const status: AttachmentStatus = await other.media.status(house)
console.log(status.original?.state, status.thumbnail?.state) // missing here
//#endregion
check('the thumbnail came', status.thumbnail?.state === 'here')

//#region BestVariant, BestOptions
const prefer: BestOptions = { prefer: 'original' }
const best: BestVariant | null = await other.media.best(house, prefer)
console.log(best?.tier) // thumbnail: the best that is here
//#endregion

//#region MediaUsage, MediaAmount
const usage: MediaUsage = await media.usage()
console.log(`${usage.media} photos and files take ${usage.bytes} bytes`)
//#endregion

//#region ExportArchiveOptions, ArchiveReport, ArchiveProgress
const archive: ExportArchiveOptions = {
  query: { tags: { type: 'house' } },
  variant: 'original', // where it is not here: the best that is, and a line in missing.csv
  onProgress: ({ observations, bytes }: ArchiveProgress) => console.log(observations.done, bytes)
}
const packed: ArchiveReport = await other.exportArchive(join(folder, 'houses.zip'), archive)
//#endregion
check('the archive names the missing original', packed.missing === 1 && packed.media === 1)

for (const each of [device, other, device]) await each.sync(stick, { media: true })
//#region MediaHolder
const holders: readonly MediaHolder[] = (await media.status(house)).original?.heldBy ?? []
for (const { name, saidAt } of holders) console.log(`${name} has it, as of ${saidAt}`)
//#endregion
check('the other device is known to hold the original', holders[0]?.device === other.id)

//#region PurgeOptions, PurgedMedia
const old: PurgeOptions = { tier: 'original', before: '2030-01-01', heldBy: other.id }
const freed: PurgedMedia = await media.purge(old) // it does not come back at the next sync
console.log(`${freed.onlyHere.media} stay: no other device has said it holds them`)
//#endregion
check('its space is free', freed.bytes === 300_000)
await rm(folder, { recursive: true })
