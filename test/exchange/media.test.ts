// Photos between two replicas: in which order, which of them, what is told of the rest, and that a
// broken transfer never counts as present.

import test from 'brittle'
import type { MediaReport } from '../../lib/exchange/media-report.js'
import { MEDIA_CHUNK, type Replica, chunksIn } from '../../lib/log/replica.js'
import { PackedBlobs } from '../../lib/log/media/packed-blobs.js'
import { Project } from '../../lib/log/project.js'
import { PROJECT_KEY } from '../helpers/fixed.js'
import { exchangeMedia } from '../helpers/media-sync.js'
import { MemoryBlobs, type Photo, photo, wantedOf } from '../helpers/memory-blobs.js'
import { MemoryReplica } from '../helpers/memory-replica.js'
import { codeOf } from '../helpers/rejection.js'

const { id: projectId } = new Project(PROJECT_KEY)
const small = photo(1, 10_000)
const middle = photo(2, MEDIA_CHUNK)
const large = photo(3, 2 * MEDIA_CHUNK + 5)
const newer = photo(4, 700)

function replica(blobs: MemoryBlobs, more = {}): Replica {
  return new MemoryReplica({ projectId, blobs, ...more })
}

function holds(blobs: MemoryBlobs, ...photos: Photo[]): boolean {
  return photos.every(({ name }) => blobs.photo(name) !== null)
}

function left({ leftOut }: MediaReport): string[] {
  return leftOut.map(({ direction, tier, why, count, bytes }) => {
    return `${direction} ${tier} ${why} ${count} ${bytes}`
  })
}

test('both sides end with what either had', async (t) => {
  const [a, b] = [new MemoryBlobs(small, large), new MemoryBlobs(middle)]
  const wanted = wantedOf([small], [middle], [large])
  const { received, sent, media } = await exchangeMedia(replica(a), replica(b), wanted)
  t.ok(holds(a, small, middle, large) && holds(b, small, middle, large))
  t.alike(received, { entries: 0, media: 1, bytes: middle.name.size })
  t.alike(sent, { entries: 0, media: 2, bytes: small.name.size + large.name.size })
  t.alike(media, { leftOut: [], refused: [] })
})

test('thumbnails come before previews before originals, the newest first', async (t) => {
  const photos = [1, 2, 3, 4, 5, 6].map((n) => photo(10 + n, 100 + n))
  const [o1, p1, t1, o2, p2, t2] = photos as [Photo, Photo, Photo, Photo, Photo, Photo]
  const wanted = wantedOf(
    [o1, 'original'],
    [p1, 'preview'],
    [t1, 'thumbnail'],
    [o2, 'original'],
    [p2, 'preview'],
    [t2, 'thumbnail']
  )
  const a = new MemoryBlobs()
  await exchangeMedia(replica(a), replica(new MemoryBlobs(...photos)), wanted)
  const order = a.calls.map((call) => call.split(' ')[1])
  t.alike(
    order,
    [t1, t2, p1, p2, o1, o2].map(({ name }) => name.hash.slice(0, 4))
  )
})

test('what nobody references is not taken, whoever offers it', async (t) => {
  const a = new MemoryBlobs()
  const { received } = await exchangeMedia(
    replica(a),
    replica(new MemoryBlobs(small, middle)),
    wantedOf([middle])
  )
  t.is(received.media, 1)
  t.absent(a.chunks.has(small.name.hash))
})

test('what is referenced in another size is not taken', async (t) => {
  const a = new MemoryBlobs()
  const lie = { ...small, name: { ...small.name, size: small.name.size + 1 } }
  const { received } = await exchangeMedia(
    replica(a),
    replica(new MemoryBlobs(small)),
    wantedOf([lie])
  )
  t.is(received.media, 0)
  t.is(a.chunks.size, 0)
})

test('a choice of tiers leaves the others out, says so, and a later sync adds just these', async (t) => {
  const [a, b] = [new MemoryBlobs(), new MemoryBlobs(small, middle, large)]
  const wanted = wantedOf([small, 'thumbnail'], [middle, 'preview'], [large, 'original'])
  const receive = { thumbnail: true, preview: false, original: false }
  const first = await exchangeMedia(replica(a), replica(b), wanted, { receive })
  t.ok(holds(a, small) && a.chunks.size === 1)
  t.alike(left(first.media), [
    `received preview tier 1 ${middle.name.size}`,
    `received original tier 1 ${large.name.size}`
  ])
  const second = await exchangeMedia(replica(a), replica(b), wanted)
  t.is(second.received.media, 2)
  t.is(second.received.bytes, middle.name.size + large.name.size)
})

test('a photo shown in two tiers goes with the one that is taken', async (t) => {
  const a = new MemoryBlobs()
  const receive = { thumbnail: false, preview: true, original: false }
  const wanted = wantedOf([small, 'preview', 'original'])
  await exchangeMedia(replica(a), replica(new MemoryBlobs(small)), wanted, { receive })
  t.ok(holds(a, small))
})

test('maxBytes bounds each way, and what fits behind something large still goes', async (t) => {
  const a = new MemoryBlobs()
  const wanted = wantedOf([middle], [large], [small])
  const b = replica(new MemoryBlobs(small, middle, large))
  const { received, media } = await exchangeMedia(replica(a), b, wanted, {
    maxBytes: MEDIA_CHUNK + 20_000
  })
  t.is(received.media, 2)
  t.ok(holds(a, small, middle))
  t.alike(left(media), [`received original maxBytes 1 ${large.name.size}`])
})

test('a medium without room gets what fits, in order, and the rest is told', async (t) => {
  const a = Object.assign(new MemoryBlobs(), { room: async () => 11_000 })
  const wanted = wantedOf([large, 'original'], [small, 'preview'], [newer, 'thumbnail'])
  const b = replica(new MemoryBlobs(small, large, newer))
  const { media } = await exchangeMedia(replica(a), b, wanted)
  t.ok(holds(a, small, newer))
  t.alike(left(media), [`received original space 1 ${large.name.size}`])
})

test('a transfer that stops goes on behind its last whole piece', async (t) => {
  const [a, b] = [new MemoryBlobs(), new MemoryBlobs(large)]
  const abort = new AbortController()
  let appends = 0
  a.onAppend = () => {
    if (++appends === 2) abort.abort()
  }
  const { signal } = abort
  const wanted = wantedOf([large])
  t.is(await codeOf(() => exchangeMedia(replica(a), replica(b), wanted, { signal })), 'ABORTED')
  t.is(a.photo(large.name), null, 'not whole, so not there')
  b.calls.length = 0
  const { received } = await exchangeMedia(replica(a), replica(b), wanted)
  t.alike(b.calls, [`read ${large.name.hash.slice(0, 4)} 2`])
  t.is(received.bytes, 5)
  t.ok(holds(a, large))
})

test('wrong bytes are refused and forgotten, and everything else goes on', async (t) => {
  const a = new MemoryBlobs()
  const b = new MemoryBlobs(middle)
  b.chunks.set(small.name.hash, { size: small.name.size, chunks: [photo(9, 10_000).bytes] })
  const { media, received } = await exchangeMedia(
    replica(a),
    replica(b),
    wantedOf([small], [middle])
  )
  t.alike(
    media.refused.map(({ hash, code }) => [hash, code]),
    [[small.name.hash, 'MEDIA_FORGED']]
  )
  t.is(received.media, 1)
  t.absent(a.chunks.has(small.name.hash))
  t.alike(left(media), [`received original refused 1 ${small.name.size}`])
})

test('what is damaged on one side is healed from the other', async (t) => {
  const [a, b] = [new MemoryBlobs(small, middle), new MemoryBlobs(small, middle)]
  a.damaged.add(small.name.hash)
  b.damaged.add(middle.name.hash)
  const wanted = wantedOf([small], [middle])
  const { received, sent } = await exchangeMedia(replica(a), replica(b), wanted)
  t.is(received.media + sent.media, 2)
  t.ok(holds(a, small, middle) && holds(b, small, middle))
})

test('what is purged before its turn comes is not brought, unless it is asked for again', async (t) => {
  const photos = [1, 2, 3, 4, 5, 6].map((n) => photo(30 + n, 100))
  const wanted = wantedOf(...photos.map((each) => [each] as const))
  const bring = async (again: boolean): Promise<number> => {
    const purged = new Set<string>()
    const a = Object.assign(new MemoryBlobs(), { purged })
    const write = a.write.bind(a)
    a.write = (name) => {
      purged.add(photos[5]!.name.hash)
      if (again) purged.delete(name.hash)
      return write(name)
    }
    const receive = { thumbnail: true, preview: true, original: true, again }
    const b = replica(new MemoryBlobs(...photos))
    return (await exchangeMedia(replica(a), b, wanted, { receive })).received.media
  }
  t.is(await bring(false), 5)
  t.is(await bring(true), 6)
})

test('progress counts photos apart from entries, to the end, refused ones too', async (t) => {
  const a = new MemoryBlobs()
  const b = new MemoryBlobs(middle, large)
  b.chunks.set(small.name.hash, { size: small.name.size, chunks: [photo(9, 10_000).bytes] })
  const wanted = wantedOf([small], [middle], [large])
  const { progress } = await exchangeMedia(replica(a), replica(b), wanted)
  t.is(progress[0]?.phase, 'media')
  t.alike(progress[0]?.media, { done: 0, total: 3 })
  t.alike(progress.at(-1)?.media, { done: 3, total: 3 })
  t.alike(progress.at(-1)?.entries, { done: 0, total: 0 })
  const { done, total } = progress.at(-1)!.bytes
  t.is(done, total)
  t.is(total, small.name.size + middle.name.size + large.name.size)
})

test('a side that cannot be written to gives and takes nothing', async (t) => {
  const [a, b] = [new MemoryBlobs(small), new MemoryBlobs(middle)]
  const there = replica(b, { readOnly: true })
  const { received, sent } = await exchangeMedia(replica(a), there, wantedOf([small], [middle]))
  t.alike([received.media, sent.media, b.chunks.size], [1, 0, 1])
})

test('where both have everything, nothing is read, written or committed twice', async (t) => {
  const [a, b] = [new MemoryBlobs(small), new MemoryBlobs(small)]
  const { progress } = await exchangeMedia(replica(a), replica(b), wantedOf([small]))
  t.alike([...a.calls, ...b.calls], [])
  t.alike(progress.at(-1)?.bytes, { done: 0, total: 0 })
})

test('what each lacks is looked up only where the two do not hold the same', async (t) => {
  const packed = (...photos: Photo[]): MemoryBlobs => {
    const table = new PackedBlobs()
    for (const { name } of photos) table.set({ ...name, chunks: chunksIn(name.size) })
    return Object.assign(new MemoryBlobs(...photos), { held: async () => table })
  }
  let asked = 0
  const wanted: ReturnType<typeof wantedOf> = () => {
    asked++
    return []
  }
  await exchangeMedia(replica(packed(small, large)), replica(packed(large, small)), wanted)
  t.is(asked, 0)
  await exchangeMedia(replica(packed(small)), replica(packed(large)), wanted)
  t.is(asked, 1)
})
