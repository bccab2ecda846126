import fc from 'fast-check'
import test from 'brittle'
import { type ChangeKind, Deeds, together } from '../../lib/index/deeds.js'
import { toUuid } from '../../lib/index/uuid.js'
import { check } from '../helpers/property.js'

const kinds = fc.constantFrom<ChangeKind>('created', 'edited', 'deleted', 'restored')
const batches = fc.array(
  fc.record({ counts: fc.boolean(), seen: fc.array(fc.tuple(fc.nat(40), kinds)) })
)

test('packed or in a map, what was done to each comes to the same', async (t) => {
  const property = fc.property(batches, (given) => {
    const deeds = new Deeds()
    const model = new Map<string, ChangeKind>()
    for (const { counts, seen } of given) {
      for (const [number, kind] of seen) deeds.add(idOf(number), kind)
      deeds.settle(counts)
      if (!counts) continue
      for (const [number, kind] of seen) {
        const id = toUuid(idOf(number))
        const earlier = model.get(id)
        model.set(id, earlier === undefined ? kind : together(earlier, kind))
      }
    }
    const ids = deeds.ids()
    const found = Object.entries(ids).flatMap(([kind, all]) => all.map((id) => `${id} ${kind}`))
    const counted = Object.entries(deeds.counts()).every(
      ([kind, count]) => ids[kind as ChangeKind].length === count
    )
    const wanted = new Set([...model].map(([id, kind]) => `${id} ${kind}`))
    return counted && found.length === wanted.size && found.every((deed) => wanted.has(deed))
  })
  await check(t, property, { runs: 300 })
})

test('of a batch that never became visible nothing is counted', (t) => {
  const deeds = new Deeds()
  deeds.add(idOf(1), 'created')
  deeds.settle(false)
  t.ok(deeds.isEmpty)
  t.is(deeds.counts().created, 0)
})

/** Alike in front, so that more than the first bytes must be compared. */
function idOf(number: number): Buffer {
  const id = Buffer.alloc(16, 1)
  id.writeUInt16LE(number * 257, 13)
  return id
}
