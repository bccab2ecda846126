import {
  appendFile,
  copyFile,
  mkdir,
  readFile,
  rm,
  statfs,
  truncate,
  writeFile
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import test, { type Assertion } from 'brittle'
import { HEADER_BYTES, STRIDE, fileBytes } from '../../../lib/log/media/blob-format.js'
import { BlobFolder, RESERVE_BYTES } from '../../../lib/log/media/blob-folder.js'
import { BlobReader } from '../../../lib/log/media/blob-reader.js'
import type { BlobStore } from '../../../lib/log/media/blob-store.js'
import { verifyBlob } from '../../../lib/log/media/verify-blob.js'
import { type BlobName, MEDIA_CHUNK } from '../../../lib/log/replica.js'
import {
  chunked,
  chunksOf,
  content,
  createBlobs,
  filesIn,
  flip,
  nameOf,
  openBlobs,
  readAll
} from '../../helpers/blobs.js'
import { smallDisk } from '../../helpers/mounts.js'

const SIZES = [1, 1000, MEDIA_CHUNK - 1, MEDIA_CHUNK, MEDIA_CHUNK + 1, 3 * MEDIA_CHUNK + 17]

test('what was put is named by its hash and read back, also after a restart', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  for (const size of SIZES) {
    const bytes = content(size, size)
    const name = await blobs.put(chunked(bytes))
    t.alike(name, nameOf(bytes), `${size} bytes`)
    t.ok(bytes.equals(await readAll(blobs.read(name))))
  }
  const reopened = await openBlobs(dir)
  const held = [...(await reopened.held())].map(({ size, chunks }) => [size, chunks])
  t.alike(
    held.sort((a, b) => a[0]! - b[0]!),
    SIZES.map((size) => [size, Math.ceil(size / MEDIA_CHUNK)])
  )
  for (const size of SIZES) {
    const bytes = content(size, size)
    t.ok(bytes.equals(await readAll(reopened.read(nameOf(bytes)))))
  }
})

test('reading may begin at any chunk', async (t) => {
  const { blobs } = await createBlobs(t)
  const bytes = content(2 * MEDIA_CHUNK + 5)
  const name = await blobs.put(chunked(bytes))
  t.ok(bytes.subarray(2 * MEDIA_CHUNK).equals(await readAll(blobs.read(name, 2))))
})

test('reading may end before any chunk', async (t) => {
  const { blobs } = await createBlobs(t)
  const bytes = content(3 * MEDIA_CHUNK)
  const name = await blobs.put(chunked(bytes))
  const found = await readAll(blobs.read(name, 1, { to: 2 }))
  t.ok(bytes.subarray(MEDIA_CHUNK, 2 * MEDIA_CHUNK).equals(found))
})

test('what comes from elsewhere leaves room on the disk for entries', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const free = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(dirname(dir))
    return bavail * bsize
  }
  const before = await free()
  const room = await blobs.room()
  const after = await free()
  if (room === null) return t.fail('it cannot tell')
  t.ok(
    room <= Math.max(before, after) - RESERVE_BYTES &&
      room >= Math.min(before, after) - 2 * RESERVE_BYTES
  )
})

test('the same content is one file, also when it is put twice at the same time', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const bytes = content(MEDIA_CHUNK + 9)
  await Promise.all([blobs.put(chunked(bytes)), blobs.put(chunked(bytes))])
  await blobs.put(chunked(bytes))
  t.is((await filesIn(dir)).length, 1)
  t.is((await blobs.held()).size, 1)
})

test('neither name nor bytes on the disk show the content or its hash', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const bytes = Buffer.from('a known photo '.repeat(100))
  const { hash } = await blobs.put(chunked(bytes))
  const [file = ''] = await filesIn(dir)
  t.absent(file.includes(hash.slice(0, 16)))
  const stored = await readFile(join(dir, file))
  t.is(stored.indexOf('a known photo'), -1)
  t.is(stored.indexOf(Buffer.from(hash, 'hex')), -1)
})

test('a source without a byte is MEDIA_EMPTY, one that breaks off throws; nothing stays', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  await t.exception(blobs.put(chunked(Buffer.alloc(0))), { code: 'MEDIA_EMPTY' })
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield content(MEDIA_CHUNK)
    throw new Error('the camera was unplugged')
  }
  await t.exception(blobs.put(broken()), /unplugged/)
  t.alike(await filesIn(dir), [])
  t.is((await blobs.held()).size, 0)
})

test('what a killed put left is swept at the next open; what can go on is kept', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const bytes = content(2 * MEDIA_CHUNK)
  const writer = await blobs.write(nameOf(bytes))
  await writer.append(bytes.subarray(0, MEDIA_CHUNK))
  await writer.close()
  await mkdir(join(dir, 'media/new'), { recursive: true })
  await writeFile(join(dir, 'media/new/0123'), 'half of a photo')
  const reopened = await openBlobs(dir)
  t.is((await filesIn(dir)).length, 1)
  t.alike([...(await reopened.held())], [{ ...nameOf(bytes), chunks: 1 }])
})

test('a blob from elsewhere goes on at each whole chunk and counts only when it is whole', async (t) => {
  const { dir } = await createBlobs(t)
  const bytes = content(3 * MEDIA_CHUNK + 100)
  const name = nameOf(bytes)
  const chunks = chunksOf(bytes)
  for (const [number, chunk] of chunks.entries()) {
    const blobs = await openBlobs(dir)
    t.is(await blobs.state(name), 'missing')
    await t.exception(readAll(blobs.read(name)), { code: 'MEDIA_MISSING' })
    const writer = await blobs.write(name)
    t.is(writer.next, number)
    await writer.append(chunk)
    await writer.close()
    t.is(await blobs.state(name), 'missing')
  }
  const blobs = await openBlobs(dir)
  const writer = await blobs.write(name)
  t.is(writer.next, 4)
  await writer.finish()
  await writer.close()
  t.is(await blobs.state(name), 'here')
  t.ok(bytes.equals(await readAll(blobs.read(name))))
  const again = await blobs.write(name)
  t.is(again.next, 4)
  await again.finish()
  await again.close()
})

test('a chunk that was half written is written again', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const bytes = content(2 * MEDIA_CHUNK)
  const name = nameOf(bytes)
  const writer = await blobs.write(name)
  for await (const chunk of chunked(bytes)) await writer.append(chunk)
  await writer.close()
  const [file = ''] = await filesIn(dir)
  await truncate(join(dir, file), HEADER_BYTES + STRIDE + 1000)
  const reopened = await openBlobs(dir)
  const second = await reopened.write(name)
  t.is(second.next, 1)
  await second.append(bytes.subarray(MEDIA_CHUNK))
  await second.finish()
  await second.close()
  t.ok(bytes.equals(await readAll(reopened.read(name))))
})

test('bytes that are not what the name says are MEDIA_FORGED and forgotten', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const bytes = content(MEDIA_CHUNK + 10)
  const { hash, size } = nameOf(bytes)
  const give = async (name: BlobName, pieces: Uint8Array[]): Promise<void> => {
    const writer = await blobs.write(name)
    try {
      for (const piece of pieces) await writer.append(piece)
      await writer.finish()
    } finally {
      await writer.close()
    }
  }
  const first = bytes.subarray(0, MEDIA_CHUNK)
  const rest = bytes.subarray(MEDIA_CHUNK)
  const other = Buffer.from(rest)
  other[3] = other[3]! ^ 1
  await t.exception(give({ hash, size }, [first, other]), { code: 'MEDIA_FORGED' }, 'other bytes')
  await t.exception(give({ hash, size }, [first]), { code: 'MEDIA_FORGED' }, 'too short')
  await t.exception(give({ hash, size }, [first, rest, rest]), { code: 'MEDIA_FORGED' }, 'too long')
  await t.exception(
    give({ hash, size }, [rest]),
    { code: 'MEDIA_FORGED' },
    'a chunk of another size'
  )
  const longer = { hash, size: size + 1 }
  await t.exception(
    give(longer, [first, content(11)]),
    { code: 'MEDIA_FORGED' },
    'announced longer'
  )
  t.alike(await filesIn(dir), [])
  t.is((await blobs.held()).size, 0)
  await give({ hash, size }, [first, rest])
  t.is(await blobs.state({ hash, size }), 'here')
})

test('a lie about the size does not stand in the way of the true one', async (t) => {
  const { blobs } = await createBlobs(t)
  const bytes = content(2 * MEDIA_CHUNK)
  const name = nameOf(bytes)
  const liar = await blobs.write({ ...name, size: 3 * MEDIA_CHUNK })
  await liar.append(content(MEDIA_CHUNK, 5))
  await liar.close()
  const writer = await blobs.write(name)
  t.is(writer.next, 0)
  for await (const chunk of chunked(bytes)) await writer.append(chunk)
  await writer.finish()
  await writer.close()
  t.is(await blobs.state(name), 'here')
  t.is(await blobs.state({ ...name, size: 3 * MEDIA_CHUNK }), 'missing')
})

test('of two that write the same blob the second waits and finds it whole', async (t) => {
  const { blobs } = await createBlobs(t)
  const bytes = content(MEDIA_CHUNK + 1)
  const name = nameOf(bytes)
  const first = await blobs.write(name)
  const waiting = blobs.write(name)
  for await (const chunk of chunked(bytes)) await first.append(chunk)
  await first.finish()
  await first.close()
  const second = await waiting
  t.is(second.next, 2)
  await second.close()
})

test('who waits for another fetch of the same blob stops when told to, and holds up nobody', async (t) => {
  const { blobs } = await createBlobs(t)
  const name = nameOf(content(MEDIA_CHUNK + 1))
  const first = await blobs.write(name)
  const abort = new AbortController()
  const waiting = blobs.write(name, { signal: abort.signal })
  const third = blobs.write(name)
  abort.abort()
  await t.exception(waiting, { code: 'ABORTED' })
  await t.exception(blobs.write(name, { signal: abort.signal }), { code: 'ABORTED' })
  await first.close()
  await (await third).close()
  await (await blobs.write(name)).close()
})

test('looking through a begun blob stops when told to, and the blob goes on later', async (t) => {
  const { blobs } = await createBlobs(t)
  const bytes = content(4 * MEDIA_CHUNK)
  const name = nameOf(bytes)
  const writer = await blobs.write(name)
  for (const chunk of chunksOf(bytes).slice(0, 3)) await writer.append(chunk)
  await writer.close()
  let asked = 0
  const signal = {
    // Its turn comes at once; then each chunk asks.
    get aborted() {
      return ++asked > 2
    },
    addEventListener() {},
    removeEventListener() {}
  } as unknown as AbortSignal
  await t.exception(blobs.write(name, { signal }), { code: 'ABORTED' })
  const again = await blobs.write(name)
  t.is(again.next, 3)
  await again.close()
})

const SIZE = 2 * MEDIA_CHUNK + 50
const REGIONS: Array<[string, number]> = [
  ['magic', 0],
  ['version', 8],
  ['key epoch', 9],
  ['reserved', 12],
  ['header nonce', 16],
  ['blob id', 42],
  ['header tag', HEADER_BYTES - 1],
  ['nonce of a chunk', HEADER_BYTES + STRIDE],
  ['bytes of a chunk', HEADER_BYTES + STRIDE + 5000],
  ['tag of a chunk', HEADER_BYTES + 2 * STRIDE - 1],
  ['last byte', fileBytes(SIZE) - 1]
]

for (const [region, at] of REGIONS) {
  test(`a flipped bit in the ${region} is found, told, and healed`, async (t) => {
    const { path, name, bytes, blobs } = await withBlob(t)
    await flip(path, at)
    await t.exception(readAll(blobs.read(name)), { code: 'MEDIA_DAMAGED' })
    await assertHealed(t, { name, bytes, blobs })
  })
}

test('a file cut short, grown, emptied or replaced is found, told, and healed', async (t) => {
  const faults: Array<[string, (path: string) => Promise<unknown>]> = [
    ['cut', (path) => truncate(path, fileBytes(SIZE) - 1)],
    ['cut at a chunk', (path) => truncate(path, HEADER_BYTES + STRIDE)],
    ['grown', (path) => appendFile(path, 'x')],
    ['emptied', (path) => truncate(path, 0)],
    ['replaced', (path) => writeFile(path, content(fileBytes(SIZE)))]
  ]
  for (const [fault, harm] of faults) {
    const { path, name, bytes, blobs } = await withBlob(t)
    await harm(path)
    await t.exception(readAll(blobs.read(name)), { code: 'MEDIA_DAMAGED' }, fault)
    await assertHealed(t, { name, bytes, blobs })
  }
})

test('a file in the place of another is never given out for it', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const one = await blobs.put(chunked(content(5000, 1)))
  const [first = ''] = await filesIn(dir)
  const two = await blobs.put(chunked(content(5000, 2)))
  const second = (await filesIn(dir)).find((file) => file !== first)!
  await copyFile(join(dir, first), join(dir, second))
  await t.exception(readAll(blobs.read(two)), { code: 'MEDIA_DAMAGED' })
  t.ok(content(5000, 1).equals(await readAll(blobs.read(one))))
})

test('chunks of one blob cannot be exchanged', async (t) => {
  const { path, name, blobs } = await withBlob(t)
  const file = await readFile(path)
  const first = Buffer.from(file.subarray(HEADER_BYTES, HEADER_BYTES + STRIDE))
  file.copyWithin(HEADER_BYTES, HEADER_BYTES + STRIDE, HEADER_BYTES + 2 * STRIDE)
  first.copy(file, HEADER_BYTES + STRIDE)
  await writeFile(path, file)
  await t.exception(readAll(blobs.read(name)), { code: 'MEDIA_DAMAGED' })
})

test('a file that is gone is missing, and can come again', async (t) => {
  const { path, name, bytes, blobs } = await withBlob(t)
  await rm(path)
  t.is(await blobs.state(name), 'missing')
  t.is((await blobs.held()).get(name.hash), undefined)
  await blobs.put(chunked(bytes))
  t.is(await blobs.state(name), 'here')
})

test('putting the same content heals it', async (t) => {
  const { path, name, bytes, blobs } = await withBlob(t)
  await flip(path, HEADER_BYTES + 100)
  await blobs.put(chunked(bytes))
  t.is(await verifyBlob(blobs, name), 'here')
  t.alike(await blobs.damaged(), [])
})

test('what is put while its damaged copy is read is here afterwards, and sound', async (t) => {
  const { path, name, bytes, blobs } = await withBlob(t)
  await flip(path, HEADER_BYTES + 100)
  let putting: Promise<unknown> = Promise.resolve()
  afterNext(BlobReader.prototype, 'isAt', () => orSoon((putting = blobs.put(chunked(bytes)))))
  await t.exception(readAll(blobs.read(name)), { code: 'MEDIA_DAMAGED' })
  await putting
  t.is(await verifyBlob(blobs, name), 'here')
  t.is((await filesIn(dirname(dirname(path)))).length, 1)
})

test('what is put while its copy is found cut is here afterwards', async (t) => {
  const { path, name, bytes, blobs } = await withBlob(t)
  await truncate(path, 1000)
  let putting: Promise<unknown> = Promise.resolve()
  afterNext(BlobFolder.prototype, 'bytes', () => orSoon((putting = blobs.put(chunked(bytes)))))
  await blobs.state(name)
  await putting
  t.is(await blobs.state(name), 'here')
  t.is(await verifyBlob(blobs, name), 'here')
})

test('what is damaged stays so after a restart, and keeps its sound beginning', async (t) => {
  const { dir, path, name, bytes, blobs } = await withBlob(t)
  await flip(path, HEADER_BYTES + STRIDE + 7)
  t.is(await verifyBlob(blobs, name), 'damaged')
  const reopened = await openBlobs(dir)
  t.is(await reopened.state(name), 'damaged')
  t.alike(await reopened.damaged(), [name])
  const writer = await reopened.write(name)
  t.is(writer.next, 1)
  await writer.append(bytes.subarray(MEDIA_CHUNK, 2 * MEDIA_CHUNK))
  await writer.close()
  const after = await openBlobs(dir)
  const second = await after.write(name)
  t.is(second.next, 3, 'what lay behind the damage was kept')
  await second.finish()
  await second.close()
  t.ok(bytes.equals(await readAll(after.read(name))))
  t.is((await filesIn(dir)).length, 1)
})

test('files of others in the folder are left alone', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const name = await blobs.put(chunked(content(10)))
  const [file = ''] = await filesIn(dir)
  const shard = dirname(join(dir, file))
  await writeFile(join(dir, 'media/Thumbs.db'), 'x')
  await writeFile(join(shard, '.DS_Store'), 'x')
  await writeFile(join(shard, 'y'.repeat(basename(file).length)), 'x')
  const reopened = await openBlobs(dir)
  t.alike([...(await reopened.held())], [{ ...name, chunks: 1 }])
  t.is((await filesIn(dir)).length, 4)
})

test('in a folder that cannot be written blobs are read, and nothing else', async (t) => {
  const { dir, path, name, bytes } = await withBlob(t)
  const blobs = await openBlobs(dir, { readOnly: true })
  t.ok(bytes.equals(await readAll(blobs.read(name))))
  await t.exception(blobs.put(chunked(bytes)), { code: 'DEVICE_READ_ONLY' })
  await t.exception(blobs.write(name), { code: 'DEVICE_READ_ONLY' })
  await t.exception(blobs.drop([name]), { code: 'DEVICE_READ_ONLY' })
  await flip(path, 500)
  t.is(await verifyBlob(blobs, name), 'damaged')
  t.is(await blobs.state(name), 'damaged')
  t.is((await filesIn(dir)).length, 1)
})

test('what was purged is gone, is known as purged after a restart, and may be put again', async (t) => {
  const { dir, name, bytes, blobs } = await withBlob(t)
  const other = await blobs.put(chunked(content(99, 3)))
  await blobs.mark([name.hash])
  await blobs.drop([name])
  t.is(await blobs.state(name), 'missing')
  t.is(await blobs.state(other), 'here')
  const reopened = await openBlobs(dir)
  t.ok(reopened.purged.has(name.hash))
  t.absent(reopened.purged.has(other.hash))
  await reopened.put(chunked(bytes))
  t.absent(reopened.purged.has(name.hash))
  await reopened.flush()
  t.absent((await openBlobs(dir)).purged.has(name.hash))
})

test('a purge that was killed before it removed anything did not happen', async (t) => {
  const { dir, name, blobs } = await withBlob(t)
  await blobs.mark([name.hash])
  const reopened = await openBlobs(dir)
  t.is(await reopened.state(name), 'here')
  t.absent(reopened.purged.has(name.hash))
})

test('what a purge that was stopped did not come to is not marked, and is healed again', async (t) => {
  const { name, blobs } = await withBlob(t)
  const other = await blobs.put(chunked(content(99, 3)))
  const controller = new AbortController()
  await blobs.mark([name.hash, other.hash])
  const dropping = blobs.drop([other, name], controller.signal)
  controller.abort()
  await t.exception(dropping, { code: 'ABORTED' })
  t.ok(blobs.purged.has(other.hash))
  t.absent(blobs.purged.has(name.hash))
})

test('puts leave enough of a full disk for a purge, which frees it', async (t) => {
  const disk = await smallDisk(t, 8 * 1024 * 1024)
  if (disk === null) return t.comment('no disk can be mounted here')
  const blobs = await openBlobs(disk)
  const names: BlobName[] = []
  for (const size of [100_000, 1000]) {
    const putAll = async (): Promise<void> => {
      for (;;) names.push(await blobs.put(chunked(content(size, names.length + 1))))
    }
    await t.exception(putAll(), { code: 'NO_SPACE' })
  }
  await blobs.mark(names.map(({ hash }) => hash))
  t.is((await blobs.drop(names)).length, names.length)
  await blobs.put(chunked(content(100_000)))
})

test('what is put while it is purged is here afterwards', async (t) => {
  const { bytes, name, blobs } = await withBlob(t)
  let putting: Promise<unknown> = Promise.resolve()
  await blobs.drop([name], undefined, async () => {
    await orSoon((putting = blobs.put(chunked(bytes))))
    return true
  })
  await putting
  t.is(await blobs.state(name), 'here')
  t.alike(await blobs.drop([name], undefined, async () => false), [])
  t.is(await blobs.state(name), 'here')
})

/** Something happens between the next call's answer and whoever asked. */
function afterNext<T extends object>(on: T, method: keyof T & string, then: () => unknown): void {
  const original = on[method] as (...args: unknown[]) => Promise<unknown>
  const replace = (by: typeof original): void => void Object.assign(on, { [method]: by })
  replace(async function (this: unknown, ...args) {
    replace(original)
    const answer = await original.apply(this, args)
    await then()
    return answer
  })
}

/** Waits for it, unless it waits for whoever waits here. */
async function orSoon(work: Promise<unknown>): Promise<void> {
  await Promise.race([work, new Promise((resolve) => setTimeout(resolve, 300))])
}

interface WithBlob {
  dir: string
  path: string
  name: BlobName
  bytes: Buffer
  blobs: BlobStore
}

async function withBlob(t: Assertion): Promise<WithBlob> {
  const { dir, blobs } = await createBlobs(t)
  const bytes = content(SIZE)
  const name = await blobs.put(chunked(bytes))
  const [file = ''] = await filesIn(dir)
  return { dir, path: join(dir, file), name, bytes, blobs }
}

async function assertHealed(
  t: Assertion,
  { name, bytes, blobs }: Pick<WithBlob, 'name' | 'bytes' | 'blobs'>
): Promise<void> {
  t.is(await blobs.state(name), 'damaged')
  t.is((await blobs.held()).get(name.hash), undefined, 'it does not count as here')
  await t.exception(readAll(blobs.read(name)), { code: 'MEDIA_DAMAGED' })
  const writer = await blobs.write(name)
  const chunks = chunksOf(bytes)
  while (writer.next < chunks.length) await writer.append(chunks[writer.next]!)
  await writer.finish()
  await writer.close()
  t.is(await verifyBlob(blobs, name), 'here')
  t.ok(bytes.equals(await readAll(blobs.read(name))))
}
