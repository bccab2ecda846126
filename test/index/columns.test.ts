import fc from 'fast-check'
import test from 'brittle'
import type { ColumnRow } from '../../lib/index/chunk.js'
import { Columns, ColumnsBuilder } from '../../lib/index/columns.js'
import { check } from './histories.js'
import { observationId } from './memory-source.js'

function row(n: number): ColumnRow {
  return {
    flags: n % 8,
    lat: n % 90,
    lon: -(n % 180),
    createdAt: n,
    updatedAt: n * 2,
    device: n % 5,
    codes: Array.from({ length: n % 4 }, (_, i) => n + i)
  }
}

function place(n: number): { offset: number; byteLength: number } {
  return { offset: 2 ** 33 + n, byteLength: 200 + (n % 100) }
}

function build(rows: ReadonlyMap<number, number>): Columns {
  const builder = new ColumnsBuilder()
  const sorted = [...rows].sort(([a], [b]) => a - b)
  for (const [time, n] of sorted) builder.push(observationId(time), row(n), place(n))
  return builder.take()
}

function contents(columns: Columns): unknown[] {
  return columns.chunks.flatMap((chunk) =>
    Array.from({ length: chunk.count }, (_, i) => ({
      id: chunk.id(i).toString('hex'),
      flags: chunk.flags[i],
      lat: chunk.lats[i],
      lon: chunk.lons[i],
      createdAt: chunk.createdAts[i],
      updatedAt: chunk.updatedAts[i],
      device: chunk.devices[i],
      offset: chunk.offsets[i],
      byteLength: chunk.byteLengths[i],
      codes: [...chunk.codes.subarray(chunk.codeStart(i), chunk.codeEnds[i])]
    }))
  )
}

test('columns changed step by step are those built at once', { timeout: 120_000 }, async (t) => {
  const steps = fc.array(
    fc.record({
      from: fc.nat(20_000),
      count: fc.nat(3000),
      stride: fc.integer({ min: 1, max: 9 })
    }),
    { minLength: 1, maxLength: 5 }
  )
  const property = fc.asyncProperty(steps, async (list) => {
    const all = new Map<number, number>()
    let columns = Columns.EMPTY
    for (const [n, { from, count, stride }] of list.entries()) {
      const some = new Map<number, number>()
      for (let i = 0; i < count; i++) some.set(from + i * stride, (from + i * 7 + n) % 60_000)
      for (const [time, value] of some) all.set(time, value)
      const before = contents(columns)
      const next = columns.with(build(some))
      if (JSON.stringify(contents(columns)) !== JSON.stringify(before)) return false
      columns = next
    }
    if (JSON.stringify(contents(columns)) !== JSON.stringify(contents(build(all)))) return false
    const times = [...all.keys()].sort((a, b) => a - b)
    return times.every((time, i) => {
      const id = Buffer.from(observationId(time))
      return columns.lowerBound(id) === i && columns.has(i, id) && columns.id(i).equals(id)
    })
  })
  await check(t, property, 25)
})

test('the place of an id that is not there is that of the next one', (t) => {
  const columns = build(new Map([2, 4, 6].map((time) => [time, time])))
  t.alike(
    [1, 2, 3, 6, 7].map((time) => columns.lowerBound(Buffer.from(observationId(time)))),
    [0, 0, 1, 2, 3]
  )
  t.absent(columns.has(1, Buffer.from(observationId(3))))
  t.absent(columns.has(3, Buffer.from(observationId(7))))
})
