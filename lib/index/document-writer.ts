// Writes what documents are found by, beside their rows and in the same batch. What a document was
// found by is read back from the tree rather than asked of the app's functions again: these may
// have changed their mind.

import type { Batch } from './batch.js'
import { ViewDamage } from './damage.js'
import { toDocument, type LoggedDocument } from './document.js'
import { decodeFacts, encodeFacts, factsKey, keysOf } from './document-facts.js'
import type { Generation } from './generation.js'
import type { KindIndex } from './kind.js'
import type { Row } from './row.js'
import { decodeDocument } from './version-bytes.js'

/** Keys that wait to be written in order. */
const MAX_WAITING = 100_000

export class DocumentWriter {
  #waiting: { key: Buffer; value: Buffer }[] = []

  /** In bulk, keys come in no order and are written late, in theirs. */
  constructor(
    private readonly generation: Generation,
    private readonly bulk: boolean
  ) {}

  /** Takes what a document's row was and what it is. */
  async take(batch: Batch, type: string, id: Buffer, before: Row, after: Row): Promise<void> {
    const { kinds, feeds, tree } = this.generation
    const index = kinds.indexOf(type)
    if (index === null) return kinds.recount(type, before, after)
    const heads = after.heads.map(({ version }) => decodeDocument(version.bytes, id, type, feeds))
    const facts = index.facts(toDocument<never>(heads))
    const known = before.heads.length > 0 ? await tree.get(factsKey(type, id)) : null
    if (before.heads.length > 0 && known === null) {
      throw new ViewDamage('A document cannot be found by its id')
    }
    const was = known === null ? undefined : decodeFacts(known)
    kinds.recount(type, before, after, was, facts)
    const value = encodeFacts(facts)
    if (known?.equals(value) === true) return
    const keys = keysOf(type, id, facts)
    if (was !== undefined) this.#remove(batch, keysOf(type, id, was), keys, known!.byteLength)
    for (const key of keys) this.#wait(key, value)
    if (!this.bulk) for (const waiting of this.drain()) batch.putRecord(waiting.key, waiting.value)
  }

  /** In bulk: adds the keys of a row that is there already, and counts it. */
  add(index: KindIndex, heads: readonly LoggedDocument[]): void {
    const facts = index.facts(toDocument<never>(heads))
    this.generation.kinds.count(index.name, facts)
    const value = encodeFacts(facts)
    const { id } = heads[0]!.entry
    for (const key of keysOf(index.name, id, facts)) this.#wait(key, value)
  }

  /** Whether enough wait for it to be time to write them. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING
  }

  /** What waits, in order of key. */
  drain(): { key: Buffer; value: Buffer }[] {
    const waiting = this.#waiting.sort((a, b) => a.key.compare(b.key))
    this.#waiting = []
    return waiting
  }

  #wait(key: Buffer, value: Buffer): void {
    this.generation.summary.counts.rowBytes += key.byteLength + value.byteLength
    this.#waiting.push({ key, value })
  }

  #remove(batch: Batch, old: Buffer[], keep: Buffer[], valueBytes: number): void {
    const kept = new Set(keep.map((key) => key.toString('latin1')))
    for (const key of old) {
      this.generation.summary.counts.rowBytes -= key.byteLength + valueBytes
      if (!kept.has(key.toString('latin1'))) batch.delete(key)
    }
  }
}
