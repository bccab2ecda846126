import test from 'brittle'
import { HashIndex } from '../../../lib/log/media/hash-index.js'
import { PackedBlobs } from '../../../lib/log/media/packed-blobs.js'
import { randomFrom } from '../../helpers/disk.js'

test('an index does what a Map does, whatever is added and removed', (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9)
  t.comment(`SEED=${seed}`)
  const random = randomFrom(seed)
  const index = new HashIndex(8)
  // Keys that the model knows by number: the index moves the last one into a hole.
  const model: string[] = []
  for (let step = 0; step < 20_000; step++) {
    const key = Buffer.alloc(8)
    key.writeUInt16LE(Math.floor(random() * 700))
    const name = key.toString('hex')
    const known = model.indexOf(name)
    if (index.find(key) !== known) return t.fail(`step ${step}: ${index.find(key)}, not ${known}`)
    if (random() < 0.5) {
      if (known === -1) model.push(name)
      const number = index.add(key)
      if (number !== model.indexOf(name)) return t.fail(`step ${step}: added as ${number}`)
    } else if (known !== -1) {
      index.remove(known)
      const last = model.pop()!
      if (known < model.length) model[known] = last
    }
    if (index.count !== model.length) return t.fail(`step ${step}: count ${index.count}`)
  }
  t.alike(
    model.map((_, i) => index.key(i).toString('hex')),
    model
  )
})

test('keys that begin or end alike are told apart', (t) => {
  const index = new HashIndex(32)
  const keys = Array.from({ length: 3000 }, (_, i) => {
    const key = Buffer.alloc(32, 7)
    key.writeUInt32BE(i, i % 28)
    return key
  })
  const distinct = new Set(keys.map((key) => key.toString('hex')))
  for (const key of keys) index.add(key)
  t.is(index.count, distinct.size)
  t.ok(keys.every((key) => index.key(index.find(key)).equals(key)))
})

test('a table of blobs keeps what belongs to each through removals', (t) => {
  const table = new PackedBlobs()
  const hashes = Array.from({ length: 500 }, (_, i) => i.toString(16).padStart(64, '0'))
  for (const [i, hash] of hashes.entries()) table.set({ hash, size: 1e12 + i, chunks: i })
  for (const [i, hash] of hashes.entries()) if (i % 3 === 0) table.delete(hash)
  table.delete('f'.repeat(64))
  table.set({ hash: hashes[1]!, size: 5, chunks: 6 })
  t.is(table.size, 333)
  t.alike(table.get(hashes[1]!), { hash: hashes[1]!, size: 5, chunks: 6 })
  t.alike(table.get(hashes[2]!), { hash: hashes[2]!, size: 1e12 + 2, chunks: 2 })
  t.is(table.get(hashes[3]!), undefined)
  t.is([...table].length, 333)
})
