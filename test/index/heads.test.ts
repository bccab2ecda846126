import fc from 'fast-check'
import test from 'brittle'
import {
  applyVersions,
  newTwins,
  NO_HEADS,
  unresolvedLinks,
  type HeadsState,
  type Version as HeadVersion
} from '../../lib/index/heads.js'
import type { ObservationEntry } from '../../lib/log/entry.js'
import { formatVersion } from '../../lib/log/version.js'
import { check, histories, play, type Version } from './histories.js'
import { feedId, START } from './memory-source.js'
import { modelRow } from './model.js'

const ref = (device: string, seq: number) => ({
  feed: feedId(device),
  seq,
  hash: Buffer.alloc(8, seq + 1)
})

function version(device: string, seq: number, links: readonly ReturnType<typeof ref>[] = []) {
  return { ref: ref(device, seq), clock: START + seq, deleted: false, links }
}

type Said = HeadVersion & Pick<ObservationEntry, 'tags'>

function saysTheSame(a: Said, b: Said): boolean {
  return JSON.stringify([a.deleted, a.tags]) === JSON.stringify([b.deleted, b.tags])
}

function names(state: HeadsState): string[] {
  return state.heads.map((head) => formatVersion(head.version.ref))
}

test('a version that replaces the head is the head', (t) => {
  const first = version('a', 1)
  const second = version('a', 2, [first.ref])
  const state = applyVersions(applyVersions(NO_HEADS, [first]), [second])
  t.alike(names(state), [formatVersion(second.ref)])
  t.is(state.pending.length, 0)
})

test('a version that arrives after the one that replaces it is no head', (t) => {
  const first = version('a', 1)
  const second = version('b', 2, [first.ref])
  const waiting = applyVersions(NO_HEADS, [second])
  t.alike(waiting.pending.map(formatVersion), [formatVersion(first.ref)])
  const state = applyVersions(waiting, [first])
  t.alike(names(state), [formatVersion(second.ref)])
  t.is(state.pending.length, 0)
})

test('three heads: replacing one of them forgets none of the others', (t) => {
  const root = version('a', 1)
  const heads = ['a', 'b', 'c'].map((device, i) => version(device, 2 + i, [root.ref]))
  const held = new Map([[formatVersion(root.ref), root]])
  const forked = heads.reduce(
    (state, head) => applyVersions(state, [head], held),
    applyVersions<ReturnType<typeof version>>(NO_HEADS, [root])
  )
  t.is(forked.heads.length, 3)
  const merge = version('b', 9, [heads[0]!.ref])
  const state = applyVersions(forked, [merge])
  t.alike(
    names(state).sort(),
    [merge, heads[1]!, heads[2]!].map((v) => formatVersion(v.ref)).sort()
  )
})

test('a head that is given again changes nothing', (t) => {
  const first = version('a', 1)
  const second = version('a', 2, [first.ref])
  const state = applyVersions(NO_HEADS, [first, second])
  t.alike(applyVersions(state, [second], new Map([[formatVersion(first.ref), first]])), state)
})

test('a head counts with a clock above those of its links, whichever arrives first', (t) => {
  const first = { ...version('a', 1), clock: START + 1000 }
  const broken = { ...version('b', 2, [first.ref]), clock: START }
  for (const order of [
    [first, broken],
    [broken, first]
  ]) {
    const state = order.reduce(
      (s, v) => applyVersions(s, [v]),
      NO_HEADS as HeadsState<typeof broken>
    )
    t.is(state.heads[0]!.clock, START + 1001)
  }
})

test('of first versions that say the same the earliest stands, whichever arrives first', (t) => {
  const [early, late] = [version('b', 1), version('a', 2)]
  for (const order of [
    [early, late],
    [late, early]
  ]) {
    const state = order.reduce(
      (s, v) => applyVersions(s, [v], new Map(), () => true),
      NO_HEADS as HeadsState<typeof early>
    )
    t.alike(names(state), [formatVersion(early.ref)])
  }
})

test('a first version that says what an edit says gives way, however early it is', (t) => {
  const root = version('a', 2)
  const edit = version('a', 3, [root.ref])
  const twin = version('b', 1)
  const same = (a: HeadVersion, b: HeadVersion) => a !== root && b !== root
  for (const order of [
    [[root], [edit], [twin]],
    [[twin], [root, edit]],
    [[edit, twin], [root]]
  ]) {
    const state = order.reduce<HeadsState<typeof root>>(
      (s, batch) => applyVersions<typeof root>(s, batch, new Map(), same),
      NO_HEADS
    )
    t.alike(names(state), [formatVersion(edit.ref)])
  }
})

test('heads, winner and pending links do not depend on order or batches', async (t) => {
  const property = fc.asyncProperty(
    histories,
    fc.infiniteStream(fc.nat()),
    async (steps, chance) => {
      const next = () => chance.next().value as number
      const versions = play(steps).versions.filter((v) => v.entry.id[15] === 0)
      const given: Version[] = []
      let state: HeadsState<Said> = NO_HEADS
      const left = [...versions]
      while (left.length > 0) {
        const batch: Version[] = []
        for (let n = 1 + (next() % 3); n > 0 && left.length > 0; n--) {
          batch.push(left.splice(next() % left.length, 1)[0]!)
        }
        const plain = batch.map((v) => ({ ref: v.ref, ...v.entry }))
        const held = new Map<string, Said>()
        const replaced = new Set(given.flatMap(({ entry }) => entry.links.map(formatVersion)))
        const unresolved = unresolvedLinks(state, plain)
        const twins = newTwins(state, plain).length > 0
        for (const { ref, entry } of given) {
          const name = formatVersion(ref)
          const matters = unresolved.has(name) || (twins && replaced.has(name))
          if (matters) held.set(name, { ref, ...entry })
        }
        state = applyVersions(state, plain, held, saysTheSame)
        given.push(...batch)

        const expected = modelRow(given)
        const found = {
          heads: names(state),
          pending: state.pending.map(formatVersion).sort()
        }
        const wanted = { heads: expected.heads, pending: expected.pending.sort() }
        if (JSON.stringify(found) !== JSON.stringify(wanted)) {
          throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`)
        }
      }
    }
  )
  await check(t, property, 2000)
})
