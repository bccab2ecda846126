// Automerge: one document in memory, a map of observations by id, saved and loaded whole.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { observations } from '../../generator.js'
import type { Prepared, Work } from '../../measure.js'
import { load } from '../installed.js'
import type { Params } from '../system.js'
import { EDITS, SEED } from '../task.js'

const DONE: Work = { blocks: 0, bytes: 0 }

export async function record({ dir, count, run }: Params): Promise<Prepared> {
  const A = load('.', '@automerge/automerge')
  const file = join(dir, `device-${run}`)
  mkdirSync(dir, { recursive: true })
  return {
    async run() {
      const doc = A.change(A.from({ o: {} }), (d: any) => put(d, 'a', observations(count, SEED)))
      await writeFile(file, A.save(doc))
      return { ...DONE, blocks: count }
    }
  }
}

export async function receive({ dir, count }: Params): Promise<Prepared> {
  const A = load('.', '@automerge/automerge')
  return {
    async run() {
      const doc = A.load(await readFile(join(dir, 'device-0')))
      if (Object.keys(doc.o).length !== count) throw new Error('some are missing')
      return { ...DONE, blocks: count }
    }
  }
}

export async function merge({ count }: Params): Promise<Prepared> {
  const A = load('.', '@automerge/automerge')
  let one = A.change(A.from({ o: {} }), (d: any) => put(d, 'a', observations(count / 2, SEED)))
  let two = A.clone(one)
  const editApart = (doc: any, n: number): any =>
    A.change(doc, (d: any) => {
      for (let i = 0; i < count / EDITS; i++) d.o[`a${i}`].tags.seen = `by ${n}`
      put(d, `b${n}-`, observations(count / 4, 10 + n))
    })
  one = editApart(one, 0)
  two = editApart(two, 1)
  return {
    async run() {
      const merged = A.merge(A.clone(one), two)
      const other = A.merge(two, one)
      for (const doc of [merged, other]) {
        if (Object.keys(doc.o).length !== count) throw new Error('some are missing')
      }
      return { ...DONE, blocks: count }
    }
  }
}

function put(doc: any, prefix: string, values: Iterable<object>): void {
  let i = 0
  for (const value of values) doc.o[`${prefix}${i++}`] = value
}
