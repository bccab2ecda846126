import fc from 'fast-check'
import test from 'brittle'
import { encodeValue, inRange, valueRange, whetherPresent } from '../../lib/index/ordered.js'
import { check } from '../helpers/property.js'

const values = fc.oneof(
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.date({ noInvalidDate: true }),
  fc.string({ maxLength: 4 }),
  fc.array(fc.constantFrom('\0', '\u0001', 'a', '\u00ff'), { maxLength: 4 }).map((c) => c.join('')),
  fc.constant(null)
)
type Value = boolean | number | Date | string | null

/** By type, then by value; texts by code point. */
function compare(a: Value, b: Value): number {
  const rank = (v: Value): number =>
    v === null
      ? 9
      : v instanceof Date
        ? 3
        : { boolean: 1, number: 2, string: 4 }[typeof v as 'string']
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return Number(a) - Number(b)
}

test('encoded values, and ids behind them, sort like the values', async (t) => {
  const property = fc.property(values, values, fc.nat(255), fc.nat(255), (a, b, idA, idB) => {
    const bytes = (v: Value, id: number) => Buffer.concat([encodeValue(v), Buffer.alloc(16, id)])
    const wanted = compare(a, b) || idA - idB
    return Math.sign(bytes(a, idA).compare(bytes(b, idB))) === Math.sign(wanted)
  })
  await check(t, property, { runs: 2000 })
})

test('a range holds what lies between its bounds and is of their type', async (t) => {
  const bound = values.filter((v) => v !== null)
  const property = fc.property(bound, bound, values, fc.nat(3), fc.nat(3), (a, b, v, low, high) => {
    const bounds = {
      ...(low === 1 && { gt: a }),
      ...(low === 2 && { gte: a }),
      ...(high === 1 && { lt: b }),
      ...(high === 2 && { lte: b })
    }
    const given = Object.values(bounds)
    const types = new Set(given.map((value) => encodeValue(value)[0]))
    if (types.size > 1) return true
    const ofType = given.length === 0 || types.has(encodeValue(v)[0])
    const wanted =
      ofType &&
      (low !== 1 || compare(v, a) > 0) &&
      (low !== 2 || compare(v, a) >= 0) &&
      (high !== 1 || compare(v, b) < 0) &&
      (high !== 2 || compare(v, b) <= 0)
    return inRange(encodeValue(v), valueRange(bounds)) === wanted
  })
  await check(t, property, { runs: 2000 })
})

test('whether there is a value can be asked', (t) => {
  t.ok(inRange(encodeValue(0), whetherPresent(true)))
  t.absent(inRange(encodeValue(0), whetherPresent(false)))
  t.ok(inRange(encodeValue(undefined), whetherPresent(false)))
  t.absent(inRange(encodeValue(null), whetherPresent(true)))
})

test('what cannot be ordered is refused', async (t) => {
  for (const value of [{}, [], NaN, new Date(NaN), 'x'.repeat(513), Promise.resolve(1), 1n]) {
    await t.exception.all(() => encodeValue(value), /must/)
  }
  await t.exception.all(() => valueRange({ gt: 1, lt: 'a' }), /one type/)
  await t.exception.all(() => valueRange({ gt: 1, gte: 2 }), /gt or gte/)
  await t.exception.all(() => valueRange({ gt: 0, lt: 2, lte: 1 }), /lt or lte/)
})
