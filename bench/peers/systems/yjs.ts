// Yjs: one document in memory, a map of observations by id. A document is written to disk as one
// update and read whole; there is no view, for the document is the view.

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
  const Y = load('.', 'yjs')
  const file = join(dir, `device-${run}`)
  mkdirSync(dir, { recursive: true })
  const doc = new Y.Doc()
  return {
    async run() {
      doc.transact(() => put(doc, 'a', observations(count, SEED)))
      await writeFile(file, Y.encodeStateAsUpdate(doc))
      return { ...DONE, blocks: count }
    }
  }
}

/** The state is the sync file: written whole, read whole. */
export async function receive({ dir, count }: Params): Promise<Prepared> {
  const Y = load('.', 'yjs')
  const doc = new Y.Doc()
  return {
    async run() {
      Y.applyUpdate(doc, await readFile(join(dir, 'device-0')))
      if (doc.getMap('o').size !== count) throw new Error('some are missing')
      return { ...DONE, blocks: count }
    }
  }
}

export async function merge({ count }: Params): Promise<Prepared> {
  const Y = load('.', 'yjs')
  const [one, two] = [new Y.Doc(), new Y.Doc()]
  one.transact(() => put(one, 'a', observations(count / 2, SEED)))
  Y.applyUpdate(two, Y.encodeStateAsUpdate(one))
  for (const [n, doc] of [one, two].entries()) {
    doc.transact(() => {
      for (let i = 0; i < count / EDITS; i++) {
        const map = doc.getMap('o')
        const key = `a${i}`
        const before: any = map.get(key)
        map.set(key, { ...before, tags: { ...before.tags, seen: `by ${n}` } })
      }
      put(doc, `b${n}-`, observations(count / 4, 10 + n))
    })
  }
  return {
    async run() {
      const fromOne = Y.encodeStateAsUpdate(one, Y.encodeStateVector(two))
      const fromTwo = Y.encodeStateAsUpdate(two, Y.encodeStateVector(one))
      Y.applyUpdate(one, fromTwo)
      Y.applyUpdate(two, fromOne)
      for (const doc of [one, two]) {
        if (doc.getMap('o').size !== count) throw new Error('some are missing')
      }
      return { ...DONE, blocks: count }
    }
  }
}

function put(doc: any, prefix: string, values: Iterable<object>): void {
  const map = doc.getMap('o')
  let i = 0
  for (const value of values) map.set(`${prefix}${i++}`, value)
}
