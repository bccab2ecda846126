// What a file holds of a feed, told from its rows alone or from the runs made of them, is the same.

import test from 'brittle'
import type { SegmentPlace } from '../../lib/syncfile/directory.js'
import { SegmentIndex } from '../../lib/syncfile/segment-index.js'
import { Random } from '../faults/mutate.js'
import { Author } from '../helpers/author.js'

const { feed } = new Author(1)

test('what is held is the same before and after runs were made of the rows', (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const random = new Random(seed)
  const wrong: unknown[] = []
  let plain = 0
  for (let i = 0; i < 2000; i++) {
    const rows = someRows(random)
    const [fresh, used] = [new SegmentIndex(), new SegmentIndex()]
    fresh.load(rows)
    used.load(rows)
    used.runs(feed)
    const held = fresh.held(feed)
    if (held.length === 1 && held[0]!.to === rows.reduce((sum, row) => sum + row.count, 0)) plain++
    if (JSON.stringify(held) !== JSON.stringify(used.held(feed))) wrong.push(rows)
  }
  t.alike(wrong, [])
  t.ok(plain > 100, `${plain} of them were rows one behind the other from 0`)
})

test('of a feed without rows nothing is held', (t) => {
  const index = new SegmentIndex()
  t.alike(index.held(feed), [])
  index.restoreHead(feed, null)
  t.alike(index.held(feed), [])
})

/** Mostly one behind the other; sometimes with a gap, an overlap, another order, or an open end. */
function someRows(random: Random): SegmentPlace[] {
  const rows: SegmentPlace[] = []
  let from = random.below(4) === 0 ? random.below(3) : 0
  for (let i = random.below(6); i >= 0; i--) {
    const count = 1 + random.below(4)
    const continues = random.below(8) === 0
    const offset = 512 + 1000 * rows.length
    rows.push({ feed, from, count, continues, volume: 1, offset, byteLength: 900 })
    from += count
    if (random.below(8) === 0) from = Math.max(0, from + random.below(7) - 3)
  }
  if (random.below(8) === 0) rows.reverse()
  return rows
}
