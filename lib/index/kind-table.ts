// What the view knows of kinds of documents: which it can find, by which keys, and how many there
// are. All documents have rows, also those of kinds that this app did not register; what they are
// found by takes the app's functions. A kind stays in the table when an app opens the device
// without it; should one of its documents change then, the kind is out of step until it is indexed
// anew (fold.ts), and so is one that is registered for the first time or with other keys.

import { Encoder } from 'cbor-x'
import { ViewDamage } from './damage.js'
import type { DocumentFacts } from './document-facts.js'
import { KindIndex, type AnyKind } from './kind.js'
import type { Row } from './row.js'

const cbor = new Encoder({ useRecords: false })

export interface KindCounts {
  /** Deleted ones not counted. */
  documents: number
  deleted: number
  forked: number
  /** That do not pass the app's validation, deleted ones not counted. */
  invalid: number
  /** For which one of the app's functions failed. */
  failed: number
}

interface KindState {
  readonly signature: string
  /** False where a document changed while the kind was not registered. */
  inStep: boolean
  readonly counts: KindCounts
}

export class KindTable {
  readonly #registered = new Map<string, KindIndex>()
  readonly #states = new Map<string, KindState>()
  /** Documents of kinds that have never been registered, deleted ones too. */
  others = 0

  constructor(kinds: readonly AnyKind[] = []) {
    for (const kind of kinds) this.#registered.set(kind.name, new KindIndex(kind))
    this.#begin()
  }

  /** Takes a record of the tree; null where there is none. */
  load(record: Uint8Array | null): void {
    this.#states.clear()
    this.others = 0
    if (record !== null) this.#decode(record)
    this.#begin()
  }

  encode(): Uint8Array {
    const states = [...this.#states].map(([name, { signature, inStep, counts }]) => {
      const { documents, deleted, forked, invalid, failed } = counts
      return [name, signature, inStep, documents, deleted, forked, invalid, failed]
    })
    return cbor.encode([this.others, states])
  }

  /** Whether there are no documents at all, of whatever kind. */
  get isEmpty(): boolean {
    return this.others === 0 && [...this.#states.values()].every(({ counts }) => isEmpty(counts))
  }

  /** Null where the app did not register the kind, or the view is out of step with it. */
  indexOf(type: string): KindIndex | null {
    const index = this.#registered.get(type)
    return index !== undefined && this.#fits(index) ? index : null
  }

  isRegistered(type: string): boolean {
    return this.#registered.has(type)
  }

  /** Registered kinds that have documents which are not found by what they should be. */
  behind(): KindIndex[] {
    return [...this.#registered.values()].filter((index) => !this.#fits(index))
  }

  /** Begins a kind anew: its documents are counted while they are indexed. */
  restart(index: KindIndex): void {
    this.#states.set(index.name, fresh(index))
  }

  has(type: string): boolean {
    return this.#states.has(type)
  }

  counts(type: string): Readonly<KindCounts> {
    return { ...(this.#states.get(type)?.counts ?? noCounts()) }
  }

  /** What the app is told of: its own kinds, and how many others there are. */
  status(): { documents: Record<string, KindCounts>; otherDocuments: number } {
    const documents: Record<string, KindCounts> = {}
    let otherDocuments = this.others
    for (const [name, { counts }] of this.#states) {
      if (this.#registered.has(name)) documents[name] = { ...counts }
      else otherDocuments += counts.documents + counts.deleted
    }
    return { documents, otherDocuments }
  }

  /** Moves the counters by what a row was and what it is, and by what the app's functions say. */
  recount(type: string, before: Row, after: Row, was?: DocumentFacts, is?: DocumentFacts): void {
    const state = this.#states.get(type)
    if (state === undefined) {
      if (before.heads.length === 0) this.others++
      return
    }
    const { counts } = state
    for (const [row, facts, by] of [
      [before, was, -1],
      [after, is, 1]
    ] as const) {
      const winner = row.heads[0]
      if (winner === undefined) continue
      const { deleted } = winner.version
      counts[deleted ? 'deleted' : 'documents'] += by
      if (row.heads.length > 1) counts.forked += by
      if (facts?.invalid === true && !deleted) counts.invalid += by
      if (facts?.failed === true) counts.failed += by
    }
    if (is === undefined) state.inStep = false
  }

  /** Counts a document that is indexed anew. */
  count(type: string, { deleted, forked, invalid, failed }: DocumentFacts): void {
    const { counts } = this.#states.get(type)!
    counts[deleted ? 'deleted' : 'documents']++
    counts.forked += Number(forked)
    counts.invalid += Number(invalid)
    counts.failed += Number(failed)
  }

  #fits(index: KindIndex): boolean {
    const state = this.#states.get(index.name)
    return state !== undefined && state.inStep && state.signature === index.signature
  }

  /** A kind that has no documents needs no indexing. */
  #begin(): void {
    for (const index of this.#registered.values()) {
      const state = this.#states.get(index.name)
      const empty = state === undefined ? this.others === 0 : isEmpty(state.counts)
      if (empty) this.#states.set(index.name, fresh(index))
    }
  }

  #decode(record: Uint8Array): void {
    let fields: unknown
    try {
      fields = cbor.decode(record)
    } catch (error) {
      throw new ViewDamage("The view's table of kinds is broken", error)
    }
    const [others, states] = (Array.isArray(fields) ? fields : []) as unknown[]
    if (!isCount(others) || !Array.isArray(states)) throw wrongFields()
    this.others = others
    for (const state of states as unknown[]) {
      const [name, signature, inStep, ...numbers] = (Array.isArray(state) ? state : []) as unknown[]
      const texts = typeof name === 'string' && typeof signature === 'string'
      if (!texts || typeof inStep !== 'boolean' || numbers.length !== 5) throw wrongFields()
      if (!numbers.every(isCount)) throw wrongFields()
      const [documents, deleted, forked, invalid, failed] = numbers as [
        number,
        number,
        number,
        number,
        number
      ]
      const counts = { documents, deleted, forked, invalid, failed }
      this.#states.set(name, { signature, inStep, counts })
    }
  }
}

function fresh({ signature }: KindIndex): KindState {
  return { signature, inStep: true, counts: noCounts() }
}

function noCounts(): KindCounts {
  return { documents: 0, deleted: 0, forked: 0, invalid: 0, failed: 0 }
}

function isEmpty({ documents, deleted }: KindCounts): boolean {
  return documents + deleted === 0
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function wrongFields(): ViewDamage {
  return new ViewDamage("The view's table of kinds has the wrong fields")
}
