import test from 'brittle'
import b4a from 'b4a'
import fc from 'fast-check'
import {
  decodeCheckpoint,
  encodeCheckpoint,
  entriesIn,
  isCheckpoint,
  nextCheckpoint
} from '../../lib/log/checkpoint.js'
import { check } from '../helpers/property.js'

test('a checkpoint is every 1,024th block, and never the first', (t) => {
  const found = []
  for (let seq = 0; seq < 4000; seq++) if (isCheckpoint(seq)) found.push(seq)
  t.alike(found, [1024, 2048, 3072])
})

test('a run ends at the next checkpoint, which begins the one after it', (t) => {
  t.alike([0, 1, 1023, 1024, 1025, 2047].map(nextCheckpoint), [1024, 1024, 1024, 2048, 2048, 2048])
})

test('entries are counted as by hand: without the hello and without checkpoints', (t) => {
  const wrong = []
  const bounds = [
    0, 1, 2, 3, 1022, 1023, 1024, 1025, 1026, 2047, 2048, 2049, 3071, 3072, 3073, 5000
  ]
  for (const from of bounds) {
    for (const to of bounds)
      if (entriesIn(from, to) !== countByHand(from, to)) wrong.push([from, to])
  }
  t.alike(wrong, [])
})

test('entries of random ranges are counted as by hand', async (t) => {
  const bound = fc.nat(6000)
  const property = fc.property(bound, bound, (from, to) => {
    return entriesIn(from, to) === countByHand(from, to)
  })
  await check(t, property, { runs: 100 })
})

test('a checkpoint block gives back the signature that was put in', (t) => {
  const signature = b4a.alloc(64, 7)
  t.alike(decodeCheckpoint(encodeCheckpoint(signature)), signature)
})

test('what is no checkpoint is taken for none, whatever its length and format', (t) => {
  const block = encodeCheckpoint(b4a.alloc(64, 7))
  t.is(decodeCheckpoint(b4a.alloc(0)), null)
  t.is(decodeCheckpoint(block.subarray(0, 64)), null)
  t.is(decodeCheckpoint(b4a.concat([block, b4a.alloc(1)])), null)
  t.is(decodeCheckpoint(b4a.concat([b4a.from([2]), block.subarray(1)])), null)
})

function countByHand(from: number, to: number): number {
  let count = 0
  for (let seq = from; seq < to; seq++) if (seq > 0 && seq % 1024 !== 0) count++
  return count
}
