import test from 'brittle'
import { count, counted, cut, harmless, moment, place, size, table } from '../../lib/cli/text.js'

test('counts, sizes and places are written as people read them', (t) => {
  t.is(count(1_234_567), '1,234,567')
  t.is(counted(1, 'entry', 'entries'), '1 entry')
  t.is(counted(0, 'entry', 'entries'), '0 entries')
  const sizes: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [9949, '9.9 KB'],
    [9950, '10 KB'],
    [999_499, '999 KB'],
    [999_500, '1.0 MB'],
    [4_294_967_296, '4.3 GB'],
    [1e16, '10000 TB']
  ]
  for (const [bytes, text] of sizes) t.is(size(bytes), text)
  t.is(place(0, -77.123456789), '0, -77.12346')
})

test('a line is cut where the terminal ends, and says so', (t) => {
  t.is(cut('Río Aguarico', 12), 'Río Aguarico')
  t.is(cut('Río Aguarico', 6), 'Río A…')
  t.is(cut('Río Aguarico', Infinity), 'Río Aguarico')
})

test('a date that no calendar shows is given as it is', (t) => {
  t.ok(/^2026-11-2\d \d\d:\d\d$/.test(moment('2026-11-21T12:00:00.000Z')))
  t.is(moment('+275760-09-13T00:00:00.000Z'), '+275760-09-13T00:00:00.000Z')
})

test('a table lines its columns up, also where the last cell has several lines', (t) => {
  t.alike(
    table(
      [
        ['a', 'one'],
        ['longer', 'two\nlines'],
        ['b', '']
      ],
      ' '
    ),
    [' a       one', ' longer  two\n         lines', ' b']
  )
})

test('nothing that a terminal obeys is left in a text, and line breaks are', (t) => {
  t.is(harmless('a\u001b[2J\r\u009b\u2066b\nñ 川'), 'a\ufffd[2J\ufffd\ufffd\ufffdb\nñ 川')
})
