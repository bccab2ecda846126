// Many small syncs: the file stays near the size of its blocks, a sync with nothing new stays cheap
// in bytes, and compacting leaves the same content.

import { lstat, readFile, readdir, stat, symlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import test from 'brittle'
import { sync } from '../../lib/exchange/sync.js'
import { Frontier } from '../../lib/log/merkle.js'
import { openOrCreate } from '../../lib/syncfile/files.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import { FaultyMedium } from '../faults/faulty-medium.js'
import { lengthsIn, openOn, replicaOf, truthOf, upTo } from '../faults/stick.js'
import { Author } from '../helpers/author.js'
import { syncFilePath } from '../helpers/devices.js'
import { codeOf } from '../helpers/rejection.js'
import { fileWith, flip, isSame, options, stateOf, withKey } from './files.js'

const NOTE = 'Seen from the river, on the left bank, under the large tree. '.repeat(3)

test(
  'after 1,000 two-way syncs of 20 entries the file is at most 1.5 times its blocks',
  { timeout: 120_000 },
  async (t) => {
    const authors = [new Author(1).hello(), new Author(2).hello()]
    // Trees that grow with the feeds: built from the start each time they would take most of the test.
    const trees = authors.map((author) => new Frontier().appendAll(author.blocks))
    const replicas = await Promise.all(authors.map((author) => replicaOf(author)))
    const path = await syncFilePath(t)
    const file = await openOrCreate(path, options)
    for (let i = 0; i < 1000; i++) {
      const [author, tree] = [authors[i % 2]!, trees[i % 2]!]
      const { feed, blocks } = author
      const from = blocks.length
      for (let n = 0; n < 20; n++) author.observe({ tags: { n, note: NOTE } })
      const [to, rootHash] = [blocks.length, tree.appendAll(blocks.slice(from)).rootHash()]
      const signature = author.sign(to, rootHash)
      await replicas[i % 2]!.append({
        feed,
        from,
        to,
        blocks: blocks.slice(from),
        rootHash,
        signature
      })
      await sync(replicas[i % 2]!, file)
    }
    await file.close()
    const blocks = authors.flatMap((author) => author.blocks)
    const bytes = blocks.reduce((sum, block) => sum + block.byteLength, 0)
    const { size } = await stat(path)
    t.comment(`${size} bytes for ${bytes} bytes of blocks: ${(size / bytes).toFixed(2)}`)
    t.ok(size <= 1.5 * bytes)
    const again = await SyncFile.open(path, withKey)
    t.is((await again.inspect()).commits, 1000)
    t.alike(await again.verify(), [])
    await again.close()
    const medium = new FaultyMedium({
      files: new Map([[1, await readFile(path)]]),
      published: true
    })
    let read = 0
    const reading = medium.read.bind(medium)
    medium.read = (volume, offset, byteLength) => {
      read += byteLength
      return reading(volume, offset, byteLength)
    }
    await (await openOn(medium)).close()
    t.ok(read < 0.05 * size, `${read} bytes read to open`)
  }
)

test('compacting keeps the content, takes the place of the old file and leaves nothing beside it', async (t) => {
  const [a, b] = [Author.withEntries(1, 40), Author.withEntries(2, 30)]
  const path = await fileWith(t, [upTo(a, 5)], [upTo(a, 20)], [a, b])
  const file = await SyncFile.open(path, withKey)
  const before = await file.heads()
  const { before: old, after } = await file.compact()
  t.ok(after < old)
  t.alike(await file.heads(), before)
  t.is((await file.inspect()).commits, 1)
  t.alike(await file.verify(), [])
  await file.close()
  t.alike(await readdir(dirname(path)), ['territory.cairn'])
  const replica = await replicaOf()
  const again = await openOrCreate(path, options)
  await sync(replica, again)
  await again.close()
  t.is(lengthsIn(replica, truthOf(a, b)).size, 2)
})

test('compacting through a link replaces the file, not the link', async (t) => {
  const path = await fileWith(t, [Author.withEntries(1, 5)], [Author.withEntries(2, 5)])
  const link = await syncFilePath(t)
  await symlink(path, link)
  await using file = await SyncFile.open(link, withKey)
  const { after } = await file.compact()
  t.ok((await lstat(link)).isSymbolicLink())
  t.is((await stat(path)).size, after)
})

test('a damaged file is not compacted away', async (t) => {
  const path = await fileWith(t, [Author.withEntries(1, 5)], [Author.withEntries(2, 5)])
  await flip(path, 800)
  const before = await stateOf(path)
  const file = await SyncFile.open(path, withKey)
  t.is(await codeOf(() => file.compact()), 'SYNCFILE_DAMAGED')
  await file.close()
  t.ok(isSame(await stateOf(path), before))
  t.alike(await readdir(dirname(path)), ['territory.cairn'])
})

test('compacting that is stopped, or ends without its folder synced, leaves the old or the new file', async (t) => {
  const path = await fileWith(t, [Author.withEntries(1, 5)], [Author.withEntries(2, 5)])
  const before = await stateOf(path)
  const file = await SyncFile.open(path, withKey)
  t.is(await codeOf(() => file.compact({ signal: AbortSignal.abort() })), 'ABORTED')
  t.ok(isSame(await stateOf(path), before))
  t.alike(await readdir(dirname(path)), ['territory.cairn'])
  await file.compact()
  t.is((await file.inspect()).entries, 10)
  await file.close()
})
