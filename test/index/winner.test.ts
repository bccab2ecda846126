import test from 'brittle'
import { compareHeads } from '../../lib/index/winner.js'
import { feedId, START } from './memory-source.js'

function head(fields: { deleted?: boolean; clock?: number; device?: string; seq?: number }) {
  const { deleted = false, clock = START, device = 'a', seq = 1 } = fields
  const ref = { feed: feedId(device), seq, hash: Buffer.alloc(8) }
  return { clock, version: { ref, clock, deleted, links: [] } }
}

test('a version beats a deletion, however late the deletion', (t) => {
  t.ok(compareHeads(head({}), head({ deleted: true, clock: START * 2 })) < 0)
})

test('the higher clock wins', (t) => {
  t.ok(compareHeads(head({ clock: START + 1 }), head({})) < 0)
})

test('between equal clocks the higher version name wins', (t) => {
  t.ok(compareHeads(head({ seq: 10 }), head({ seq: 9 })) < 0)
  const [low, high] = [feedId('a'), feedId('b')].sort()
  const [a, b] = [feedId('a') === low ? 'a' : 'b', feedId('a') === high ? 'a' : 'b']
  t.ok(compareHeads(head({ device: b }), head({ device: a })) < 0)
})

test('a head neither wins nor loses against itself', (t) => {
  t.is(compareHeads(head({}), head({})), 0)
})
