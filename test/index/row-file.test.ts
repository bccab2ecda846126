// The row file gives back what was put into it, in whatever order it is asked, and never a byte
// that is not what was written.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import test from 'brittle'
import { ViewDamage } from '../../lib/index/damage.js'
import { RowFile, type Wanted } from '../../lib/index/row-file.js'
import { check } from './histories.js'
import { observationId } from './memory-source.js'

async function put(file: RowFile, rows: readonly Buffer[]): Promise<Wanted[]> {
  const writer = file.writer()
  const wanted = rows.map((row, n) => {
    const id = observationId(n)
    return { id, ...writer.put(id, row) }
  })
  await writer.flush()
  return wanted
}

async function openFile(
  t: { teardown(close: () => Promise<void>): void },
  dir: string,
  patience?: number
) {
  const file = await RowFile.open(dir, patience)
  t.teardown(() => file.close())
  return file
}

test('rows come back in the order they are asked for', { timeout: 60_000 }, async (t) => {
  // Always at once; and never but for the first read.
  const files = [await openFile(t, await t.tmp(), 1e9), await openFile(t, await t.tmp(), -1)]
  const row = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.constantFrom(4095, 4096, 70_000, 300_000).map((length) => new Uint8Array(length).fill(7))
  )
  const property = fc.asyncProperty(
    fc.array(fc.array(row, { maxLength: 40 }), { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(), { maxLength: 60 }),
    fc.constantFrom(...files),
    async (batches, asked, file) => {
      const rows: Buffer[] = []
      const wanted: Wanted[] = []
      for (const batch of batches) {
        const some = batch.map((bytes) => Buffer.from(bytes))
        wanted.push(...(await put(file, some)))
        rows.push(...some)
      }
      const picks = rows.length === 0 ? [] : asked.map((n) => n % rows.length)
      const found = await file.read(picks.map((i) => wanted[i]!))
      return found.every((bytes, i) => bytes.equals(rows[picks[i]!]!))
    }
  )
  await check(t, property, 60)
})

test('any flipped bit in a row, and any other place or id, is damage', async (t) => {
  const dir = await t.tmp()
  const file = await openFile(t, dir)
  const rows = [Buffer.from('the first row'), Buffer.from('the second one'), Buffer.from('third')]
  const wanted = await put(file, rows)
  const path = join(dir, 'rows')
  const bytes = await readFile(path)
  const isDamage = async (asked: Wanted): Promise<boolean> => {
    try {
      await file.read([asked])
      return false
    } catch (error) {
      return error instanceof ViewDamage
    }
  }
  const second = wanted[1]!
  for (let bit = 0; bit < second.byteLength * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[second.offset + (bit >> 3)]! ^= 1 << (bit & 7)
    await writeFile(path, flipped)
    if (!(await isDamage(second))) t.fail(`bit ${bit} went unnoticed`)
  }
  await writeFile(path, bytes)
  t.absent(await isDamage(second))
  t.ok(await isDamage({ ...second, id: wanted[0]!.id }))
  t.ok(await isDamage({ ...second, offset: second.offset + 1 }))
  t.ok(await isDamage({ ...second, byteLength: second.byteLength - 1 }))
  t.ok(await isDamage({ ...second, offset: 1000 }), 'behind the end')
})

test('rows of a batch that was not taken over are written over', async (t) => {
  const dir = await t.tmp()
  const file = await openFile(t, dir)
  const [kept] = await put(file, [Buffer.from('kept')])
  const { length } = file
  await put(file, [Buffer.from('left by a crash, and longer')])
  await file.resume(length)
  const [next] = await put(file, [Buffer.from('next')])
  const [a, b] = await file.read([kept!, next!])
  t.is(String(a), 'kept')
  t.is(String(b), 'next')
  t.is(next!.offset, length)
})

test('a file that is shorter than what is known of it is damage', async (t) => {
  const file = await openFile(t, await t.tmp())
  await put(file, [Buffer.from('a row')])
  await file.resume(file.length)
  const failed = await file.resume(file.length + 1).catch((error: unknown) => error)
  t.ok(failed instanceof ViewDamage)
})
