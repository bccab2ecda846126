import test from 'brittle'
import b4a from 'b4a'
import fc from 'fast-check'
import { compareHeads, endGone, lacking, subtract } from '../../lib/exchange/plan.js'
import type { Head, Range } from '../../lib/log/replica.js'
import { check } from '../helpers/property.js'

function head(length: number, held: readonly Range[] = [{ from: 0, to: length }], fill = 1): Head {
  const [rootHash, signature] = [b4a.alloc(32, fill), b4a.alloc(64, fill)]
  return { feed: 'f', length, rootHash, signature, held }
}

test('equal length and root hash are equal, another root hash is a fork', (t) => {
  t.is(compareHeads(head(5), head(5)), 'equal')
  t.is(compareHeads(head(5), head(5, [], 2)), 'forked')
})

test('heads of unequal length are told apart by length, an absent one has none', (t) => {
  t.is(compareHeads(head(6), head(5)), 'here-longer')
  t.is(compareHeads(head(5), head(6)), 'there-longer')
  t.is(compareHeads(undefined, head(1)), 'there-longer')
  t.is(compareHeads(head(1), undefined), 'here-longer')
})

test('who has nothing lacks all that is held, who has all lacks nothing', (t) => {
  t.alike(lacking(undefined, head(5), true), [{ from: 0, to: 5 }])
  t.alike(lacking(head(5), head(5), true), [])
  t.alike(lacking(head(5), undefined, true), [])
  t.alike(lacking(head(6), head(5), true), [])
})

test('an end that is known and not held is gone, for whoever lacks it', (t) => {
  const cut = head(10, [{ from: 0, to: 6 }])
  t.alike(endGone(undefined, cut), { from: 6, to: 10 })
  t.alike(endGone(head(8), cut), { from: 8, to: 10 })
  t.is(endGone(head(10), cut), null)
  t.is(endGone(undefined, head(10)), null)
  t.is(endGone(head(10), undefined), null)
})

test('a log lacks only what lies behind its end; a file also what lies in a gap', (t) => {
  const gappy = head(10, [
    { from: 0, to: 2 },
    { from: 6, to: 10 }
  ])
  t.alike(lacking(gappy, head(12), false), [
    { from: 2, to: 6 },
    { from: 10, to: 12 }
  ])
  t.alike(lacking(gappy, head(12), true), [{ from: 10, to: 12 }])
  t.alike(lacking(head(4), gappy, true), [{ from: 6, to: 10 }])
  t.alike(lacking(head(10, [{ from: 0, to: 2 }]), head(12), true), [{ from: 10, to: 12 }])
})

const LIMIT = 24
const ranges = fc.array(fc.boolean(), { minLength: LIMIT, maxLength: LIMIT }).map(toRanges)

test('what is left after subtracting is what a set would say', async (t) => {
  const property = fc.property(ranges, ranges, (a, b) => {
    const holes = members(b)
    const expected = members(a).filter((n) => !holes.includes(n))
    return same(members(subtract(a, b)), expected) && ascending(subtract(a, b))
  })
  await check(t, property, { runs: 2000 })
})

test('a taker that gets what it lacks holds what both held, and then lacks nothing', async (t) => {
  const property = fc.property(ranges, ranges, fc.boolean(), (a, b, contiguous) => {
    const held = contiguous ? [{ from: 0, to: a.at(-1)?.to ?? 0 }].filter((r) => r.to > 0) : a
    const taker = head(held.at(-1)?.to ?? 0, held)
    const giver = head(b.at(-1)?.to ?? 0, b)
    const got = members(lacking(taker, giver, contiguous))
    const union = [...new Set([...members(held), ...got])].sort((x, y) => x - y)
    const wanted = [...new Set([...members(held), ...members(b)])].sort((x, y) => x - y)
    const after = head(Math.max(taker.length, giver.length), toRanges(mask(union)))
    return same(union, wanted) && lacking(after, giver, contiguous).length === 0
  })
  await check(t, property, { runs: 2000 })
})

function mask(numbers: readonly number[]): boolean[] {
  return Array.from({ length: LIMIT }, (_, n) => numbers.includes(n))
}

function toRanges(held: readonly boolean[]): Range[] {
  const list: Array<{ from: number; to: number }> = []
  for (const [n, is] of held.entries()) {
    const last = list.at(-1)
    if (is && last?.to === n) last.to = n + 1
    else if (is) list.push({ from: n, to: n + 1 })
  }
  return list
}

function members(list: readonly Range[]): number[] {
  return list.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))
}

function ascending(list: readonly Range[]): boolean {
  return list.every(({ from, to }, i) => from < to && (i === 0 || list[i - 1]!.to <= from))
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.join() === b.join()
}
