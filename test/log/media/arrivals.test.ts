import test from 'brittle'
import type { BlobStore } from '../../../lib/log/media/blob-store.js'
import { type BlobWriter, MEDIA_CHUNK } from '../../../lib/log/replica.js'
import { Author } from '../../helpers/author.js'
import {
  chunked,
  chunksOf,
  content,
  createBlobs,
  filesIn,
  nameOf,
  openBlobs,
  readAll
} from '../../helpers/blobs.js'

const bytes = content(3 * MEDIA_CHUNK + 17)
const name = nameOf(bytes)

async function take(blobs: BlobStore, from: number, to: number): Promise<BlobWriter> {
  const writer = await blobs.write(name)
  for (const chunk of chunksOf(bytes).slice(from, to)) await writer.append(chunk)
  return writer
}

test('closing keeps what has come of a blob, and whoever brings it can write no more', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const writer = await take(blobs, 0, 2)
  await blobs.close()
  const next = await openBlobs(dir)
  const after = await take(next, 2, 4)
  for (const write of [writer.append(chunksOf(bytes)[2]!), writer.finish(), blobs.write(name)]) {
    await t.exception(write, { code: 'CLOSED' })
  }
  await writer.close()
  await after.finish()
  await after.close()
  t.ok(bytes.equals(await readAll(next.read(name))), 'and harms nothing of who goes on')
})

test('closing waits until a blob that is whole has its place', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const writer = await take(blobs, 0, 4)
  const finished = writer.finish()
  await blobs.close()
  t.is((await openBlobs(dir).then((next) => next.held())).get(name.hash)?.chunks, 4)
  await finished
})

test('closing stops a purge, and what it did not come to stays and is not marked', async (t) => {
  const { dir, blobs } = await createBlobs(t)
  const names = []
  for (const seed of [1, 2, 3]) names.push(await blobs.put(chunked(content(1000, seed))))
  await blobs.mark(names.map(({ hash }) => hash))
  let closed!: Promise<void>
  const purge = blobs.drop(names, undefined, async () => {
    closed ??= blobs.close()
    return true
  })
  await t.exception(purge, { code: 'CLOSED' })
  await closed
  t.is((await filesIn(dir)).filter((file) => !file.includes('purged')).length, 2)
  const next = await openBlobs(dir)
  await next.held()
  t.alike(
    names.map(({ hash }) => next.purged.has(hash)),
    [true, false, false]
  )
})

test('nothing is read from a store that has been closed', async (t) => {
  const { blobs } = await createBlobs(t)
  await blobs.put(chunked(bytes))
  const chunks = blobs.read(name)
  await chunks.next()
  await blobs.close()
  await t.exception(readAll(chunks), { code: 'CLOSED' })
})

test('what others hold is written into no store that has been closed', async (t) => {
  const { blobs } = await createBlobs(t)
  await blobs.close()
  const said = { device: new Author(9).feed, at: 1, prefixes: new Uint8Array(0) }
  await t.exception(blobs.hearFrom(said), { code: 'CLOSED' })
  await t.exception(blobs.acknowledge([said]), { code: 'CLOSED' })
})
