import test from 'brittle'
import { Clock } from '../../lib/log/clock.js'

const wall = (clock: Clock): number => clock.now()

test('the clock is the wall clock as long as that goes forward', (t) => {
  let now = 1000
  const clock = new Clock(0, () => now)
  t.is(clock.next(wall(clock), []), 1000)
  now = 2000
  t.is(clock.next(wall(clock), []), 2000)
})

test('two versions of one millisecond come one after the other', (t) => {
  const clock = new Clock(0, () => 1000)
  t.is(clock.next(1000, []), 1000)
  t.is(clock.next(1000, []), 1001)
})

test('a wall clock that goes backwards does not take the clock with it', (t) => {
  let now = Date.UTC(2026, 0, 1)
  const clock = new Clock(0, () => now)
  const first = clock.next(wall(clock), [])
  now = 0
  t.is(clock.next(wall(clock), []), first + 1)
})

test('a version comes after each one that it replaces', (t) => {
  const clock = new Clock(0, () => 1000)
  t.is(clock.next(1000, [5000, 9000, 7000]), 9001)
})

test('replacing a version from 2106 lifts that version and not the ones after it', (t) => {
  const clock = new Clock(0, () => 1000)
  const future = Date.UTC(2106, 0, 1)
  t.is(clock.next(1000, [future]), future + 1)
  t.is(clock.next(1000, []), 1001)
})

test('it resumes after what was written last', (t) => {
  t.is(new Clock(9000, () => 1000).next(1000, []), 9001)
})

test('now is a whole number of milliseconds, also for a clock with fractions', (t) => {
  t.is(new Clock(0, () => 12.9).now(), 12)
})
