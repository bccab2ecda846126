import test from 'brittle'
import { toPlainData } from '../../lib/log/plain-data.js'

test('texts, numbers, truth values, null, bytes, lists and maps of these are plain', (t) => {
  const plain = { a: [1, 'two', true, null, new Uint8Array(900)], b: { c: 1 } }
  t.is(toPlainData(plain, 100), plain)
})

test('everything that JavaScript has a class for is not', (t) => {
  for (const value of [new Date(0), /a/, new Map(), new Set(), new Error('no')]) {
    t.absent(toPlainData({ inside: [value] }, 100), value.constructor.name)
  }
})

test('whole numbers of 64 bits are numbers where these hold them, and otherwise texts', (t) => {
  const wide = [1n, -(2n ** 53n) + 1n, 2n ** 53n, -(2n ** 64n)]
  const read = [1, -(2 ** 53) + 1, '9007199254740992', '-18446744073709551616']
  t.alike(toPlainData({ list: wide, map: { n: 7n }, one: true }, 100), {
    list: read,
    map: { n: 7 },
    one: true
  })
  t.absent(toPlainData([2n ** 64n], 100), 'CBOR has those under a tag')
})

test('what refers to itself is not', (t) => {
  const circle: unknown[] = []
  circle.push(circle, circle)
  t.absent(toPlainData(circle, 1e9))
})

test('more values than the encoding has bytes are not', (t) => {
  t.ok(toPlainData([1, 2, 3], 3))
  t.absent(toPlainData([1, 2, 3], 2))
})

test('64 levels are plain, 65 are not', (t) => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
  t.ok(toPlainData(nested(64), 100))
  t.absent(toPlainData(nested(65), 100))
})
