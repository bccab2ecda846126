import test from 'brittle'
import { toObservation } from '../../lib/index/observation.js'
import { toIsoTime } from '../../lib/index/shown-version.js'
import { feedId, observation, START } from './memory-source.js'

const ref = { feed: feedId('a'), seq: 3, hash: Buffer.alloc(8, 0xab) }

test('an observation names itself, its version and its devices', (t) => {
  const o = toObservation([{ ref, entry: observation({ createdBy: feedId('b'), author: 'Ana' }) }])
  t.is(o.versionId, `${feedId('a')}/3/abababababababab`)
  t.is(o.createdBy, feedId('b'))
  t.is(o.updatedBy, feedId('a'))
  t.is(o.createdAt, '2026-01-01T00:00:00.000Z')
  t.is(o.author, 'Ana')
  t.alike(o.forks, [])
})

test('latitude 0 and longitude 0 are a location', (t) => {
  const o = toObservation([{ ref, entry: observation({ lat: 0, lon: 0 }) }])
  t.is(o.lat, 0)
  t.is(o.lon, 0)
})

test('where no location was recorded there is none', (t) => {
  const o = toObservation([{ ref, entry: observation() }])
  t.absent('lat' in o)
  t.absent('lon' in o)
})

test('the other heads are listed as versions', (t) => {
  const other = { ref: { ...ref, seq: 4 }, entry: observation({ tags: { n: 2 } }) }
  const o = toObservation([{ ref, entry: observation({ tags: { n: 1 } }) }, other])
  t.is(o.forks.length, 1)
  t.alike(o.forks[0]?.tags, { n: 2 })
  t.absent('forks' in o.forks[0]!)
})

test('no clock is so wrong that its time cannot be shown', (t) => {
  t.is(toIsoTime(START), '2026-01-01T00:00:00.000Z')
  t.is(toIsoTime(Number.MAX_SAFE_INTEGER), '+275760-09-13T00:00:00.000Z')
  t.is(toIsoTime(Number.MIN_SAFE_INTEGER), '-271821-04-20T00:00:00.000Z')
  t.is(toIsoTime(NaN), '1970-01-01T00:00:00.000Z')
})
