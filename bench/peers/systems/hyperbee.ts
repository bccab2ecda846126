// Stock hyperbee 2 as a view: rows by id, and a key each for creation time, tag and place, with
// nothing of ours around it.

import { join } from 'node:path'
import Corestore from 'corestore'
import Hyperbee from 'hyperbee'
import { observations } from '../../generator.js'
import type { Prepared, Work } from '../../measure.js'
import type { Params } from '../system.js'
import { SEED, someOf } from '../task.js'

const DONE: Work = { blocks: 0, bytes: 0 }

export async function rebuild({ dir, count, run }: Params): Promise<Prepared> {
  const { bee, store } = await open(join(dir, `view-${run}`))
  return {
    async run() {
      const keys: [string, Buffer][] = []
      let n = 0
      for (const o of observations(count, SEED)) {
        const id = idOf(n++)
        keys.push([`o/${id}`, Buffer.from(JSON.stringify(o))])
        keys.push([`c/${id}`, Buffer.alloc(0)])
        keys.push([`t/${String(o.tags?.['type'])}/${id}`, Buffer.alloc(0)])
        keys.push([`p/${placeOf(o.lat ?? 0, o.lon ?? 0)}/${id}`, Buffer.alloc(0)])
      }
      keys.sort(([a], [b]) => (a < b ? -1 : 1))
      const batch = bee.write()
      for (const [key, value] of keys) batch.tryPut(Buffer.from(key), value)
      await batch.flush()
      await store.storage.db.flush()
      return DONE
    },
    close: () => store.close()
  }
}

export async function all({ dir }: Params): Promise<Prepared> {
  const { bee, store } = await open(join(dir, 'view-0'))
  return {
    async run() {
      let blocks = 0
      const range = { gte: Buffer.from('o/'), lt: Buffer.from('o0') }
      for await (const { value } of bee.createReadStream(range)) {
        if (JSON.parse(value.toString())) blocks++
      }
      return { ...DONE, blocks }
    },
    close: () => store.close()
  }
}

export async function get({ dir, count }: Params): Promise<Prepared> {
  const { bee, store } = await open(join(dir, 'view-0'))
  const ids = someOf(Array.from({ length: count }, (_, n) => idOf(n)))
  const range = { gte: Buffer.from('o/'), lt: Buffer.from('o0') }
  for await (const { value } of bee.createReadStream(range)) JSON.parse(value.toString())
  return {
    async run() {
      for (const id of ids) JSON.parse((await bee.get(Buffer.from(`o/${id}`))).value.toString())
      return { ...DONE, blocks: ids.length }
    },
    close: () => store.close()
  }
}

export async function newest({ dir }: Params): Promise<Prepared> {
  const { bee, store } = await open(join(dir, 'view-0'))
  return {
    async run() {
      let blocks = 0
      const range = { gte: Buffer.from('o/'), lt: Buffer.from('o0'), reverse: true, limit: 50 }
      for await (const { value } of bee.createReadStream(range)) {
        if (JSON.parse(value.toString())) blocks++
      }
      return { ...DONE, blocks }
    },
    close: () => store.close()
  }
}

async function open(dir: string): Promise<{ bee: any; store: any }> {
  const store = new Corestore(dir)
  await store.ready()
  const bee: any = new Hyperbee(store)
  await bee.ready()
  return { bee, store }
}

function idOf(n: number): string {
  return n.toString(16).padStart(32, '0')
}

/** A cell of about 5 km, enough to sort by place. */
function placeOf(lat: number, lon: number): string {
  return `${Math.floor((lat + 90) * 20)}-${Math.floor((lon + 180) * 20)}`
}
