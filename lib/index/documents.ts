// The documents of one kind, as the view shows them: beside the observations, from the same entries
// by the same rules, found by what their kind names.

import type { DocumentEntry, EntrySource } from '../log/entry.js'
import { ViewDamage } from './damage.js'
import { decodeFacts, factsKey } from './document-facts.js'
import {
  checkDocumentFilter,
  checkDocumentQuery,
  continuedQuery,
  matchesDocument,
  type CheckedDocumentQuery,
  type DocumentFilter,
  type DocumentQuery
} from './document-query.js'
import { findDocuments, type FoundDocument } from './document-search.js'
import { toDocument, toDocumentVersion, type Document, type DocumentVersion } from './document.js'
import type { Generation, Shown } from './generation.js'
import { walkHistory } from './history.js'
import type { KindIndex } from './kind.js'
import { resumed } from './resumed.js'
import { decodeDocumentRow, type DecodedHead } from './row.js'
import type { Upkeep } from './upkeep.js'
import { fromUuid } from './uuid.js'
import { decodeDocument } from './version-bytes.js'
import type { ChangeType } from './watch.js'
import type { Watchers } from './watchers.js'

/** A change, with the document as it stands now; see `Change` for observations. */
export type DocumentChange<F = Readonly<Record<string, unknown>>> =
  | { readonly type: ChangeType; readonly document: Document<F> }
  | { readonly type: 'many'; readonly document: null }

export interface WatchDocuments extends DocumentFilter {
  readonly signal?: AbortSignal | undefined
}

/** Documents read together: their rows can be large. */
const FIRST_BATCH = 16
const MAX_BATCH = 256

type Any = Document<never>

export class DocumentsView {
  constructor(
    private readonly upkeep: Upkeep,
    private readonly source: EntrySource,
    private readonly watchers: Watchers,
    readonly index: KindIndex
  ) {}

  async get(id: string): Promise<Any | null> {
    const bytes = Buffer.from(fromUuid(id))
    const { name } = this.index
    return this.upkeep.read(async (generation) => {
      const { tree } = this.#inStep(generation).shown
      const facts = await tree.get(factsKey(name, bytes))
      const [row] = await generation.rowsOf([bytes], name)
      if (row === undefined || row === null || facts === null) return null
      const heads = decodeDocumentRow(row, bytes, name, generation.feeds)
      return toDocument<never>(heads, decodeFacts(facts).invalid, this.upkeep.now())
    })
  }

  /** As recorded, winner first; none where there is no such document. */
  async heads(id: string): Promise<readonly DecodedHead<DocumentEntry>[]> {
    const bytes = Buffer.from(fromUuid(id))
    const { name } = this.index
    return this.upkeep.read(async (generation) => {
      const [row] = await generation.rowsOf([bytes], name)
      if (row === undefined || row === null) return []
      return decodeDocumentRow(row, bytes, name, generation.feeds)
    })
  }

  /** From a snapshot taken when the iteration begins. */
  query(options: DocumentQuery = {}): AsyncGenerator<Any> {
    const { upkeep, index } = this
    return resumed(
      upkeep,
      checkDocumentQuery(index, options),
      (generation, query) => this.#select(generation, query),
      (query, last, given) => continuedQuery(index, query, last, given)
    )
  }

  async count(options: DocumentFilter = {}): Promise<number> {
    const filter = checkDocumentFilter(this.index, options)
    const { name } = this.index
    return this.upkeep.read(async (generation) => {
      const { shown, kinds } = this.#inStep(generation)
      const { where, bbox, forked, valid, deleted } = filter
      if (where.size === 0 && bbox === null && forked === null && valid === null) {
        const counts = kinds.counts(name)
        const live = deleted === true ? 0 : counts.documents
        return live + (deleted === false ? 0 : counts.deleted)
      }
      const all = { ...filter, order: 0, reverse: false, limit: Infinity, after: null }
      let count = 0
      for await (const _ of findDocuments(shown.tree, name, all)) count++
      return count
    })
  }

  async *history(id: string): AsyncGenerator<DocumentVersion<never>> {
    for await (const version of walkHistory(this.source, await this.heads(id))) {
      yield toDocumentVersion<never>(version, this.upkeep.now())
    }
  }

  watch({ signal, ...options }: WatchDocuments = {}): AsyncIterableIterator<DocumentChange<never>> {
    const { upkeep, index } = this
    const filter = checkDocumentFilter(index, options)
    const matches = (document: Any): boolean => matchesDocument(filter, index.facts(document))
    return this.watchers.start<Any, DocumentChange<never>>(signal, {
      type: index.name,
      get: (id) => this.get(id),
      matches,
      creatorIn: (id, { heads }) => {
        const { feeds } = upkeep.current()
        const decoded = heads.map(({ version }) =>
          decodeDocument(version.bytes, id, index.name, feeds)
        )
        const document = toDocument<never>(decoded)
        return matches(document) ? document.createdBy : null
      },
      toChange: (type, document) => ({ type, document }),
      many: { type: 'many', document: null }
    })
  }

  /** Documents to which the app's functions object, and what they say. */
  async *problems(): AsyncGenerator<{ document: Any; problems: string[] }> {
    const { name } = this.index
    const { invalid, failed } = this.upkeep.current().kinds.counts(name)
    if (invalid + failed === 0) return
    for await (const document of this.query({ deleted: true })) {
      const problems = this.index.problems(document)
      if (problems.length > 0) yield { document, problems }
    }
  }

  async *#select(
    generation: Generation,
    query: CheckedDocumentQuery
  ): AsyncGenerator<readonly Any[]> {
    this.#inStep(generation)
    const { shown } = generation
    if (query.limit === 0) return
    let left = query.limit
    let size = Math.min(left, FIRST_BATCH)
    let found: FoundDocument[] = []
    for await (const item of findDocuments(shown.tree, this.index.name, query)) {
      found.push(item)
      if (found.length < size) continue
      yield await this.#read(generation, shown, found)
      left -= found.length
      if (left === 0) return
      size = Math.min(left, MAX_BATCH, size * 2)
      found = []
    }
    if (found.length > 0) yield await this.#read(generation, shown, found)
  }

  async #read(
    generation: Generation,
    shown: Shown,
    found: readonly FoundDocument[]
  ): Promise<Any[]> {
    const { name } = this.index
    const { feeds } = generation
    const ids = found.map(({ id }) => id)
    const rows = await generation.rowsOf(ids, name, shown)
    return found.map(({ id, facts }, i) => {
      const row = rows[i]
      if (row === null || row === undefined) throw new ViewDamage('A document is missing')
      return toDocument<never>(
        decodeDocumentRow(row, id, name, feeds),
        facts.invalid,
        this.upkeep.now()
      )
    })
  }

  #inStep(generation: Generation): Generation {
    if (generation.kinds.indexOf(this.index.name) !== null) return generation
    throw new ViewDamage(`Documents of kind ${this.index.name} are not indexed`, undefined, 'kinds')
  }
}
