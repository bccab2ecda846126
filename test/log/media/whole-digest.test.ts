import test from 'brittle'
import { randomBytes } from 'node:crypto'
import { PackedBlobs } from '../../../lib/log/media/packed-blobs.js'
import { type BlobHeld, chunksIn, MEDIA_CHUNK } from '../../../lib/log/replica.js'
import { MediaIndex } from '../../../lib/syncfile/media-index.js'
import { randomFrom } from '../../helpers/disk.js'

test('tables are told apart exactly where other blobs are whole, whatever changes them', (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9)
  t.comment(`SEED=${seed}`)
  const random = randomFrom(seed)
  const hashes = Array.from({ length: 6 }, () => randomBytes(32).toString('hex'))
  const tables = [new PackedBlobs(), new PackedBlobs()]
  let alike = 0
  for (let step = 0; step < 5000; step++) {
    const table = tables[Math.floor(random() * 2)]!
    const hash = hashes[Math.floor(random() * hashes.length)]!
    const size = 1 + Math.floor(random() * 2) * 2 * MEDIA_CHUNK
    if (random() < 0.5) table.delete(hash)
    else table.set({ hash, size, chunks: Math.max(1, chunksIn(size) - Math.floor(random() * 2)) })
    const [a, b] = tables.map(wholeOf)
    const [digestA, digestB] = tables.map((each) => each.digest())
    if ((a === b) !== (digestA === digestB)) return t.fail(`step ${step}: ${a} and ${b}`)
    if (a === b) alike++
  }
  t.ok(alike > 0, `${alike} times alike`)
})

test('a device and a sync file that hold the same agree, in whatever rows the file tells it', (t) => {
  const [small, large, begun] = [64, 3 * MEDIA_CHUNK, 2 * MEDIA_CHUNK].map((size) => ({
    hash: randomBytes(32).toString('hex'),
    size
  })) as [Named, Named, Named]
  const device = new PackedBlobs()
  const file = new MediaIndex()
  const agree = (): boolean => device.digest() === file.digest()
  t.ok(agree(), 'both empty')
  device.set({ ...large, chunks: 3 })
  file.add(place(large, 2, 9_000_000))
  file.add(place(small, 0, 100))
  file.add(place(large, 0, 1000))
  t.absent(agree(), 'a piece is missing')
  file.add(place(large, 1, 5_000_000))
  t.absent(agree(), 'the device lacks one')
  device.set({ ...small, chunks: 1 })
  t.ok(agree())
  file.add(place(begun, 0, 20_000_000))
  t.ok(agree(), 'one that is not whole counts nowhere')
  const copy = new MediaIndex()
  copy.load(file.packed())
  t.is(copy.digest(), file.digest(), 'loaded from a directory')
  file.drop([{ volume: 1, offset: 5_000_000, byteLength: 1 }])
  t.absent(agree(), 'a piece was dropped')
  file.restore(copy.packed())
  t.ok(agree(), 'and taken back')
})

test('the same hash in another size is another blob', (t) => {
  const hash = randomBytes(32).toString('hex')
  const [a, b] = [new PackedBlobs(), new PackedBlobs()]
  a.set({ hash, size: 5, chunks: 1 })
  b.set({ hash, size: 6, chunks: 1 })
  t.not(a.digest(), b.digest())
  b.set({ hash, size: 5, chunks: 1 })
  t.is(a.digest(), b.digest())
})

type Named = Pick<BlobHeld, 'hash' | 'size'>

function wholeOf(table: PackedBlobs): string {
  const whole = [...table].filter(({ size, chunks }) => chunks === chunksIn(size))
  return whole
    .map(({ hash, size }) => `${hash} ${size}`)
    .sort()
    .join()
}

function place(name: Named, chunk: number, offset: number): Parameters<MediaIndex['add']>[0] {
  return { ...name, chunk, volume: 1, offset, byteLength: 100 }
}
