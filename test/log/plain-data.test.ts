import test from 'brittle'
import { isPlainData } from '../../lib/log/plain-data.js'

test('texts, numbers, truth values, null, bytes, lists and maps of these are plain', (t) => {
  t.ok(isPlainData({ a: [1, 'two', true, null, new Uint8Array(900)], b: { c: 1n } }, 100))
})

test('everything that JavaScript has a class for is not', (t) => {
  for (const value of [new Date(0), /a/, new Map(), new Set(), new Error('no')]) {
    t.absent(isPlainData({ inside: [value] }, 100), value.constructor.name)
  }
})

test('what refers to itself is not', (t) => {
  const circle: unknown[] = []
  circle.push(circle, circle)
  t.absent(isPlainData(circle, 1e9))
})

test('more values than the encoding has bytes are not', (t) => {
  t.ok(isPlainData([1, 2, 3], 3))
  t.absent(isPlainData([1, 2, 3], 2))
})

test('64 levels are plain, 65 are not', (t) => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
  t.ok(isPlainData(nested(64), 100))
  t.absent(isPlainData(nested(65), 100))
})
