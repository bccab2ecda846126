// A sync file as a carrier of photos: what it takes it gives back byte by byte, whole or not at all,
// over several volumes, commits, a compaction and a salvage; and it names and drops what is damaged.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'brittle'
import b4a from 'b4a'
import { MEDIA_CHUNK, type Replica } from '../../lib/log/replica.js'
import { createFile } from '../../lib/syncfile/files.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { FaultyMedium } from '../faults/faulty-medium.js'
import { createOn, openOn, project } from '../faults/stick.js'
import { CONFIGURATION, PROJECT_KEY, START } from '../helpers/fixed.js'
import { exchangeMedia } from '../helpers/media-sync.js'
import { MemoryBlobs, type Photo, photo, wantedOf } from '../helpers/memory-blobs.js'
import { MemoryReplica } from '../helpers/memory-replica.js'
import { codeOf } from '../helpers/rejection.js'

const projectId = project.id
const small = photo(1, 10_000)
const even = photo(2, 2 * MEDIA_CHUNK)
const large = photo(3, 2 * MEDIA_CHUNK + 5)
const all = [small, even, large]
const wanted = wantedOf(...all.map((each) => [each] as const))

function replica(blobs: MemoryBlobs): Replica {
  return new MemoryReplica({ projectId, blobs })
}

async function fileWith(medium: FaultyMedium, ...photos: Photo[]): Promise<SyncFile> {
  const file = await createOn(medium)
  await exchangeMedia(replica(new MemoryBlobs(...photos)), file, wanted)
  return file
}

function isSame(found: Uint8Array | null, { bytes }: Photo): boolean {
  return found !== null && b4a.equals(found, bytes)
}

async function taken(file: SyncFile): Promise<MemoryBlobs> {
  const blobs = new MemoryBlobs()
  await exchangeMedia(replica(blobs), file, wanted)
  return blobs
}

test('a file gives back every photo byte by byte, also when opened again', async (t) => {
  const medium = new FaultyMedium()
  const file = await fileWith(medium, ...all)
  await file.close()
  const again = await openOn(medium)
  t.alike(await again.verify(), [])
  const got = await taken(again)
  for (const { name, bytes } of all) t.ok(isSame(got.photo(name), { name, bytes }))
  const { media, format } = await again.inspect()
  t.alike(media, { count: 3, bytes: 4 * MEDIA_CHUNK + 10_005, partial: 0, tiers: null })
  t.is(format.write, 2, 'a library that knows no media must not write into it')
})

test('a sync with nothing new writes no byte', async (t) => {
  const medium = new FaultyMedium()
  await (await fileWith(medium, ...all)).close()
  const before = medium.operations.length
  const file = await openOn(medium)
  await exchangeMedia(replica(new MemoryBlobs(...all)), file, wanted)
  await file.close()
  t.is(medium.operations.length, before)
})

test('two devices adding the same photo: it is carried once', async (t) => {
  const medium = new FaultyMedium()
  const file = await fileWith(medium, small)
  const { sent } = await exchangeMedia(replica(new MemoryBlobs(small, even)), file, wanted)
  t.is(sent.media, 1)
  t.is((await file.inspect()).media.count, 2)
})

test('an aborted sync keeps whole pieces, and the next one goes on with them', async (t) => {
  const medium = new FaultyMedium()
  const file = await fileWith(medium, small)
  const abort = new AbortController()
  const progress = { onProgress: 0 }
  const source = new MemoryBlobs(large)
  const original = source.read.bind(source)
  source.read = async function* (name, from) {
    for await (const chunk of original(name, from)) {
      if (++progress.onProgress === 3) abort.abort()
      yield chunk
    }
  }
  const { signal } = abort
  t.is(await codeOf(() => exchangeMedia(replica(source), file, wanted, { signal })), 'ABORTED')
  await file.close()
  const again = await openOn(medium)
  t.alike(await again.verify(), [])
  const { partial, count } = (await again.inspect()).media
  t.alike([count, partial], [1, 1])
  const { sent } = await exchangeMedia(replica(new MemoryBlobs(large)), again, wanted)
  t.ok(sent.bytes < large.name.size && sent.media === 1)
  t.ok(isSame((await taken(again)).photo(large.name), large))
})

test('hashing what is there of a begun photo, and waiting for another one, stop when told to', async (t) => {
  const medium = new FaultyMedium()
  const file = await createOn(medium)
  const begun = await file.blobs.write(large.name)
  for (const at of [0, MEDIA_CHUNK]) {
    await begun.append(large.bytes.subarray(at, at + MEDIA_CHUNK))
  }
  const abort = new AbortController()
  const waiting = file.blobs.write(small.name, { signal: abort.signal })
  const behind = file.blobs.write(large.name, { signal: abort.signal })
  await begun.close()
  await (await waiting).close()
  const goesOn = await behind
  abort.abort()
  const rest = large.bytes.subarray(2 * MEDIA_CHUNK)
  t.is(await codeOf(() => goesOn.append(rest)), 'ABORTED')
  const { signal } = abort
  t.is(await codeOf(() => file.blobs.write(small.name, { signal })), 'ABORTED')
  await goesOn.close()
  const again = await file.blobs.write(large.name)
  await again.append(rest)
  await again.finish()
  await again.close()
  t.ok(isSame((await taken(file)).photo(large.name), large))
})

test('a piece that does not fit leaves nothing behind what still does', async (t) => {
  const medium = new FaultyMedium()
  const file = await fileWith(medium, small)
  medium.fault = { at: 1, how: 'ENOSPC', over: MEDIA_CHUNK / 2 }
  const code = await codeOf(() =>
    exchangeMedia(replica(new MemoryBlobs(large, even)), file, wanted)
  )
  t.is(code, 'NO_SPACE')
  const tiny = photo(4, 3000)
  const one = wantedOf([tiny])
  await exchangeMedia(replica(new MemoryBlobs(tiny)), file, one)
  medium.fault = null
  const { sent } = await exchangeMedia(replica(new MemoryBlobs(large)), file, wanted)
  t.is(sent.media, 1)
  await file.close()
  const again = await openOn(medium)
  t.alike(await again.verify(), [])
  t.ok(isSame((await taken(again)).photo(large.name), large))
})

test('wrong bytes are found out before the photo counts, and forgotten', async (t) => {
  const medium = new FaultyMedium()
  const liar = new MemoryBlobs(small)
  liar.chunks.set(large.name.hash, {
    size: large.name.size,
    chunks: [0, 1, 2].map((n) =>
      b4a.from(large.bytes.subarray(n * MEDIA_CHUNK, (n + 1) * MEDIA_CHUNK))
    )
  })
  liar.chunks.get(large.name.hash)!.chunks[1]![7]! ^= 1
  const file = await createOn(medium)
  const { media } = await exchangeMedia(replica(liar), file, wanted)
  t.alike(
    media.refused.map(({ code }) => code),
    ['MEDIA_FORGED']
  )
  t.is((await file.blobs.held()).get(large.name.hash), undefined)
  await exchangeMedia(replica(new MemoryBlobs(large)), file, wanted)
  await file.close()
  const again = await openOn(medium)
  t.alike(await again.verify(), [])
  t.ok(isSame((await taken(again)).photo(large.name), large))
})

test('a begun photo is hashed to its end also when the rest comes from who has it proven', async (t) => {
  const medium = new FaultyMedium()
  const file = await createOn(medium)
  const writer = await file.blobs.write(large.name)
  await writer.append(new Uint8Array(MEDIA_CHUNK).fill(1))
  await writer.close()
  await file.commit()
  const source = Object.assign(new MemoryBlobs(large), { proven: true as const })
  const { media, sent } = await exchangeMedia(replica(source), file, wanted)
  t.alike([media.refused, sent.media], [[], 1])
  t.ok(sent.bytes > large.name.size, 'what was begun wrong was found out and sent again')
  await file.close()
  t.ok(isSame((await taken(await openOn(medium))).photo(large.name), large))
})

test('a begun photo whose beginning is damaged is healed by one sync', async (t) => {
  const medium = new FaultyMedium()
  const file = await createOn(medium)
  const writer = await file.blobs.write(large.name)
  for (const at of [0, MEDIA_CHUNK]) await writer.append(large.bytes.slice(at, at + MEDIA_CHUNK))
  await writer.close()
  await file.commit()
  await file.close()
  const bytes = b4a.from(medium.image.files.get(1)!)
  bytes[MEDIA_CHUNK / 2]! ^= 1
  const worn = new FaultyMedium({ files: new Map([[1, bytes]]), published: true })
  const again = await openOn(worn)
  const { media, sent } = await exchangeMedia(replica(new MemoryBlobs(large)), again, wanted)
  t.alike([media.refused, sent.media], [[], 1])
  await again.close()
  const last = await openOn(worn)
  t.alike(await last.verify(), [])
  t.ok(isSame((await taken(last)).photo(large.name), large))
})

test('photos lie over several volumes, and a missing volume costs only its own', async (t) => {
  const medium = new FaultyMedium()
  const file = await createOn(medium, 2 * MEDIA_CHUNK)
  await exchangeMedia(replica(new MemoryBlobs(...all)), file, wanted)
  await file.close()
  t.is(medium.image.files.size, 4)
  const whole = await taken(await openOn(medium))
  for (const { name, bytes } of all) t.ok(isSame(whole.photo(name), { name, bytes }))
  const files = new Map(medium.image.files)
  files.delete(2)
  const got = await taken(await openOn(new FaultyMedium({ files, published: true })))
  t.ok(isSame(got.photo(small.name), small))
  t.ok([even, large].some(({ name }) => got.photo(name) === null))
})

test('a damaged piece is named, dropped, and healed by who has it', async (t) => {
  const medium = new FaultyMedium()
  await (await fileWith(medium, ...all)).close()
  const bytes = b4a.from(medium.image.files.get(1)!)
  bytes[20_000 + MEDIA_CHUNK]! ^= 0x40
  const broken = new FaultyMedium({ files: new Map([[1, bytes]]), published: true })
  const file = await openOn(broken)
  const problems = await file.verify()
  t.is(problems.length, 1)
  t.is(problems[0]?.media, even.name.hash)
  t.is(problems[0]?.code, 'SYNCFILE_DAMAGED')
  const { sent } = await exchangeMedia(replica(new MemoryBlobs(...all)), file, wanted)
  t.is(sent.media, 1)
  await file.close()
  const again = await openOn(broken)
  t.alike(await again.verify(), [])
  t.ok(isSame((await taken(again)).photo(even.name), even))
})

test('a piece found damaged while it is taken is refused, and the next sync heals it', async (t) => {
  const medium = new FaultyMedium()
  await (await fileWith(medium, ...all)).close()
  const bytes = b4a.from(medium.image.files.get(1)!)
  bytes[20_000]! ^= 0x40
  const broken = new FaultyMedium({ files: new Map([[1, bytes]]), published: true })
  const file = await openOn(broken)
  const empty = new MemoryBlobs()
  const { media, received } = await exchangeMedia(replica(empty), file, wanted)
  t.alike(
    media.refused.map(({ hash, code }) => [hash, code]),
    [[even.name.hash, 'MEDIA_DAMAGED']]
  )
  t.is(received.media, 2)
  await exchangeMedia(replica(new MemoryBlobs(...all)), file, wanted)
  t.alike(await file.verify(), [])
})

async function onDisk(dir: string): Promise<{ path: string; file: SyncFile }> {
  const path = join(dir, 'territory.cairn')
  const tiers = { thumbnail: true, preview: true, original: false }
  const now = (): number => START
  const file = await createFile(path, { project, configuration: CONFIGURATION, now, tiers })
  return { path, file }
}

test('compacting keeps photos, also those that are here in part, and the choice of tiers', async (t) => {
  const { path, file } = await onDisk(await t.tmp())
  await exchangeMedia(replica(new MemoryBlobs(small, even)), file, wanted)
  const writer = await file.blobs.write(large.name)
  await writer.append(large.bytes.subarray(0, MEDIA_CHUNK))
  await writer.close()
  await file.commit()
  await file.compact()
  t.alike(await file.verify(), [])
  await file.close()
  await using again = await SyncFile.open(path, { projectKey: PROJECT_KEY })
  const { media } = await again.inspect()
  t.alike([media.count, media.partial, media.tiers?.original], [2, 1, false])
  const { sent } = await exchangeMedia(replica(new MemoryBlobs(large)), again, wanted)
  t.is(sent.bytes, large.name.size - MEDIA_CHUNK)
  t.ok(isSame((await taken(again)).photo(large.name), large))
})

test('salvage takes the sound photos over without any directory, and counts the others', async (t) => {
  const dir = await t.tmp()
  const { path, file } = await onDisk(dir)
  await exchangeMedia(replica(new MemoryBlobs(...all)), file, wanted)
  await file.close()
  const bytes = readFileSync(path)
  bytes.fill(0, 0, 600)
  bytes[20_000 + MEDIA_CHUNK]! ^= 0x40
  writeFileSync(path, bytes)
  const target = join(dir, 'saved.cairn')
  const report = await SyncFile.salvage(path, target, { projectKey: PROJECT_KEY })
  t.is(report.complete, false)
  t.is(report.media.held + report.media.lost, 3)
  await using saved = await SyncFile.open(target, { projectKey: PROJECT_KEY })
  t.alike(await saved.verify(), [])
  const got = await taken(saved)
  t.ok(isSame(got.photo(large.name), large))
  t.is(got.photo(even.name), null)
})

test('a finder of the file sees neither photos nor their hashes', async (t) => {
  const medium = new FaultyMedium()
  await (await fileWith(medium, small)).close()
  const bytes = b4a.from(medium.image.files.get(1)!)
  for (const secret of [b4a.from(small.name.hash, 'hex'), small.bytes.subarray(100, 120)]) {
    t.is(b4a.indexOf(bytes, secret), -1)
  }
})
