import fc from 'fast-check'
import test from 'brittle'
import { toIsoTime } from '../../lib/index/shown-version.js'
import { check } from './histories.js'

test('a time is written as a Date writes it', async (t) => {
  const time = fc.oneof(
    fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }),
    fc.integer({ min: -100_000_000, max: 100_000_000 }),
    fc.constantFrom(0, -0, -1, 86_399_999, 86_400_000, 8.64e15, -8.64e15, -62_167_219_200_001)
  )
  const property = fc.asyncProperty(fc.array(time, { minLength: 1 }), async (times) =>
    times.every((n) => toIsoTime(n) === new Date(n).toISOString())
  )
  await check(t, property, 300)
})

test('a time that no Date can hold is the nearest that one can', (t) => {
  t.is(toIsoTime(Number.MAX_SAFE_INTEGER), '+275760-09-13T00:00:00.000Z')
  t.is(toIsoTime(-Number.MAX_SAFE_INTEGER), '-271821-04-20T00:00:00.000Z')
})
