// Salvage of a file with damage anywhere, or made of parts of two: everything that is sound comes
// over, and the report says no more than the new file holds.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import b4a from 'b4a'
import { markVerified } from '../../lib/log/verified.js'
import type { SyncFileInfo } from '../../lib/syncfile/inspect.js'
import type { SalvageReport } from '../../lib/syncfile/salvage.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { Author } from '../helpers/author.js'
import { type Photo, photo } from '../helpers/memory-blobs.js'
import { withKey } from '../syncfile/files.js'
import { FaultyMedium, seeded } from './faulty-medium.js'
import { imageOf, openOn, upTo } from './stick.js'

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const [a, b] = [Author.withEntries(1, 8), Author.withEntries(2, 5)]
const both = a.blocks.length + b.blocks.length

async function bytesWith(commits: Author[][], ...photos: Photo[]): Promise<Uint8Array> {
  const medium = new FaultyMedium(await imageOf(commits))
  const file = await openOn(medium)
  for (const { name, bytes } of photos) {
    const writer = await file.blobs.write(name)
    await writer.append(bytes)
    await writer.finish()
    await writer.close()
  }
  await file.commit()
  await file.close()
  return medium.image.files.get(1)!
}

async function salvage(
  dir: string,
  bytes: Uint8Array
): Promise<{ report: SalvageReport; info: SyncFileInfo }> {
  const [path, target] = [join(dir, 'damaged.cairn'), join(dir, 'saved.cairn')]
  await writeFile(path, bytes)
  await rm(target, { force: true })
  const report = await SyncFile.salvage(path, target, withKey)
  await using saved = await SyncFile.open(target, withKey)
  return { report, info: await saved.inspect() }
}

function heldIn({ devices }: SyncFileInfo): number {
  const ranges = devices.flatMap(({ held }) => held)
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0)
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = b4a.from(bytes)
  out[at]! ^= 1 << (at % 8)
  return out
}

test('one bit in the file id of the first record costs that record alone', async (t) => {
  const bytes = await bytesWith([[upTo(a, 3)], [b], [a]], photo(61, 300))
  const { report, info } = await salvage(await t.tmp(), flipped(bytes, 512 + 32))
  t.alike(report.blocks, { held: both - 3, lost: 3 })
  t.alike(report.media, { held: 1, lost: 0 })
  t.is(report.complete, false)
  t.alike([heldIn(info), info.media.count], [both - 3, 1])
})

test('any byte flipped: the report counts what the salvaged file holds', async (t) => {
  t.comment(`seed ${seed}`)
  const dir = await t.tmp()
  const bytes = await bytesWith([[upTo(a, 3), b], [a]], photo(61, 300))
  for (let at = Math.floor(seeded(seed)() * 5); at < bytes.byteLength; at += 5) {
    const { report, info } = await salvage(dir, flipped(bytes, at))
    const { held, lost } = report.blocks
    if (held !== heldIn(info)) t.fail(`byte ${at}: ${held} said, ${heldIn(info)} there`)
    if (held + lost !== both) t.fail(`byte ${at}: ${held} held, ${lost} lost`)
    if (report.complete !== (held === both && info.media.count === 1))
      t.fail(`byte ${at}: complete`)
    if (report.media.held !== info.media.count) t.fail(`byte ${at}: ${report.media.held} photos`)
    if (held + info.media.count === 0) t.fail(`byte ${at}: nothing saved`)
  }
  t.pass(`${bytes.byteLength} bytes`)
})

test('of two files in one, also of one half written over the other, all that is sound comes over', async (t) => {
  const dir = await t.tmp()
  const [one, other] = [
    await bytesWith([[upTo(a, 3)], [a]]),
    await bytesWith([[b]], photo(61, 300))
  ]
  const behind = await salvage(dir, b4a.concat([one, other]))
  t.alike(behind.report.blocks, { held: both, lost: 0 })
  t.alike([heldIn(behind.info), behind.info.media.count], [both, 1])
  const over = await salvage(dir, b4a.concat([other.subarray(0, 1000), one.subarray(1000)]))
  t.is(over.report.blocks.held, heldIn(over.info))
  t.ok(heldIn(over.info) >= a.blocks.length - 3)
})

test('a run whose end its author did not sign is lost, not held', async (t) => {
  const medium = new FaultyMedium(await imageOf([[b]]))
  const file = await openOn(medium)
  await file.append(markVerified({ ...a.run(0, 3), signature: b4a.alloc(64, 1) }))
  await file.commit()
  await file.close()
  const { report, info } = await salvage(await t.tmp(), medium.image.files.get(1)!)
  t.alike(report.blocks, { held: b.blocks.length, lost: 3 })
  t.is(heldIn(info), b.blocks.length)
})
