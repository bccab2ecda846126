// Texts from the command line made into values.

import test from 'brittle'
import {
  toBox,
  toConfiguration,
  toCount,
  toMediaChoice,
  toNear,
  toPlace,
  toPort,
  toSize,
  toTags,
  toTime
} from '../../lib/cli/arguments.js'

test('places, boxes, sizes, counts and times are taken as people write them', (t) => {
  t.alike(toPlace(' -1.05, -77.6'), { lat: -1.05, lon: -77.6 })
  t.alike(toNear('0,0'), { lat: 0, lon: 0 })
  t.alike(toNear('1,2,500'), { lat: 1, lon: 2, radius: 500 })
  t.alike(toBox('-78,-2,-76,0'), [-78, -2, -76, 0])
  t.alike(['20000000', '500MB', '4 gb', '1.5K'].map(toSize), [20_000_000, 5e8, 4e9, 1500])
  t.is(toCount('0'), 0)
  t.is(toPort('7017'), 7017)
  t.is(toTime('2026-11-21').getHours(), 0, 'a date alone is midnight here')
  t.is(toTime('2026-11-21T13:00Z').toISOString(), '2026-11-21T13:00:00.000Z')
  t.alike(toConfiguration('rivers@north@1.0'), { name: 'rivers@north', version: '1.0' })
  t.alike(toMediaChoice('previews'), { preview: true, thumbnail: true })
  t.is(toMediaChoice('none'), false)
})

test('tags gather, as texts or with := as JSON', (t) => {
  const tags = ['type=river', 'beds:=3', 'note=a:=b=c', 'well:=true', 'empty='].reduce<unknown>(
    (before, text) => toTags(text, before),
    undefined
  )
  t.alike(tags, [
    ['type', 'river'],
    ['beds', 3],
    ['note', 'a:=b=c'],
    ['well', true],
    ['empty', '']
  ])
})

test('what cannot be understood is refused with what it must look like', async (t) => {
  const wrong: [(text: string) => unknown, string[]][] = [
    [toPlace, ['', '1', '1,', '1,2,3', 'a,b', '1;2']],
    [toNear, ['1', '1,2,3,4']],
    [toBox, ['1,2,3']],
    [toSize, ['', '-1', '4XB', 'MB', '1e9']],
    [toCount, ['', '-1', '1.5', 'many']],
    [toPort, ['0', '65536', 'http']],
    [toTime, ['', 'yesterday', '2026-13-01']],
    [toConfiguration, ['rivers', '@1', 'rivers@']],
    [toMediaChoice, ['', 'originals', 'constructor']],
    [(text) => toTags(text, undefined), ['', 'type', '=river', 'beds:=three']]
  ]
  for (const [parse, texts] of wrong) {
    for (const text of texts) await t.exception(() => parse(text), /It must be /, `"${text}"`)
  }
})
