// What can be asked of documents: by the keys that their kind names, by place and by state; in
// which order, how many, and from where on. A wrong argument is a TypeError that names it.

import type { Document } from './document.js'
import { BY_ID, type DocumentFacts } from './document-facts.js'
import { boxesTouch } from './cells.js'
import type { KindIndex } from './kind.js'
import { inRange, onlyValue, valueRange, type ValueRange, whetherPresent } from './ordered.js'
import { checkBox, type BoundingBox } from './place.js'
import { fromUuid } from './uuid.js'

/** What documents are found by. */
export type KeyScalar = string | number | boolean | Date

/** One value, a list of which any will do, a range, or whether there is a value at all. */
export type KeyCondition =
  | KeyScalar
  | readonly KeyScalar[]
  | {
      readonly gt?: KeyScalar
      readonly gte?: KeyScalar
      readonly lt?: KeyScalar
      readonly lte?: KeyScalar
      readonly present?: boolean
    }

/** All that are given must hold. The winner is judged. */
export interface DocumentFilter {
  /** Conditions by name of key. */
  readonly where?: Readonly<Record<string, KeyCondition>> | undefined
  /** What touches it. May cross the antimeridian. */
  readonly bbox?: BoundingBox | readonly number[] | undefined
  readonly forked?: boolean | undefined
  /** Whether it passes the kind's `validate`. */
  readonly valid?: boolean | undefined
  /** True: deleted ones too; `only`: no others. */
  readonly deleted?: boolean | 'only' | undefined
}

export interface DocumentQuery extends DocumentFilter {
  /** `created`, oldest first, unless given; or the name of a key, those without a value last. */
  readonly order?: string | undefined
  readonly reverse?: boolean | undefined
  /** At most this many. */
  readonly limit?: number | undefined
  /** Goes on behind this one: the last of the page before, under the same order, or its id. */
  readonly after?: string | Document<unknown> | undefined
}

export interface CheckedDocumentFilter {
  /** By number of key; of the ranges of each, sorted, one must hold. */
  readonly where: ReadonlyMap<number, readonly ValueRange[]>
  readonly bbox: BoundingBox | null
  readonly forked: boolean | null
  readonly valid: boolean | null
  readonly deleted: boolean | null
}

export interface CheckedDocumentQuery extends CheckedDocumentFilter {
  /** Number of the key. */
  readonly order: number
  readonly reverse: boolean
  readonly limit: number
  /** `value` is null where it is to be looked up. */
  readonly after: { readonly id: Buffer; readonly value: Buffer | null } | null
}

const FILTER = ['where', 'bbox', 'forked', 'valid', 'deleted']
const QUERY = [...FILTER, 'order', 'reverse', 'limit', 'after']

export function checkDocumentFilter(
  index: KindIndex,
  options: DocumentFilter,
  known: readonly string[] = FILTER
): CheckedDocumentFilter {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${name}: there is no such option`)
  }
  const { where = {}, bbox, forked, valid, deleted = false } = options
  const ranges = new Map<number, readonly ValueRange[]>()
  for (const [name, condition] of Object.entries(where)) {
    ranges.set(keyNumber(index, `where.${name}`, name), rangesOf(`where.${name}`, condition))
  }
  for (const [name, value] of Object.entries({ forked, valid })) {
    if (value !== undefined && typeof value !== 'boolean') {
      throw new TypeError(`${name}: must be true or false`)
    }
  }
  if (typeof deleted !== 'boolean' && deleted !== 'only') {
    throw new TypeError("deleted: must be true, false or 'only'")
  }
  return {
    where: ranges,
    bbox: bbox === undefined ? null : checkBox('bbox', bbox),
    forked: forked ?? null,
    valid: valid ?? null,
    deleted: deleted === 'only' ? true : deleted ? null : false
  }
}

export function checkDocumentQuery(index: KindIndex, options: DocumentQuery): CheckedDocumentQuery {
  const filter = checkDocumentFilter(index, options, QUERY)
  const { order = 'created', reverse = false, limit = Infinity, after } = options
  if (typeof reverse !== 'boolean') throw new TypeError('reverse: must be true or false')
  if (limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new TypeError('limit: must be a whole number from 0 up')
  }
  const number = order === 'created' ? BY_ID : keyNumber(index, 'order', order)
  return { ...filter, order: number, reverse, limit, after: checkAfter(index, number, after) }
}

/** What is left of a query that has given so many, `last` the last of them. */
export function continuedQuery(
  index: KindIndex,
  query: CheckedDocumentQuery,
  last: Document<never>,
  given: number
): CheckedDocumentQuery {
  const after = checkAfter(index, query.order, last)
  return { ...query, limit: query.limit - given, after }
}

export function matchesDocument(filter: CheckedDocumentFilter, facts: DocumentFacts): boolean {
  const { where, bbox, forked, valid, deleted } = filter
  if (deleted !== null && facts.deleted !== deleted) return false
  if (forked !== null && facts.forked !== forked) return false
  if (valid !== null && facts.invalid === valid) return false
  for (const [number, ranges] of where) {
    const value = facts.keys[number - 1]
    if (value === undefined || !ranges.some((range) => inRange(value, range))) return false
  }
  return bbox === null || (facts.box !== null && boxesTouch(bbox, facts.box))
}

/** As it was shown: its place in the order then, also where it has been edited since. */
function checkAfter(
  index: KindIndex,
  order: number,
  after: DocumentQuery['after']
): CheckedDocumentQuery['after'] {
  if (after === undefined) return null
  if (typeof after === 'string') return { id: Buffer.from(fromUuid(after)), value: null }
  if (typeof after !== 'object' || after === null) {
    throw new TypeError('after: must be a document or its id')
  }
  const value = order === BY_ID ? null : index.facts(after as Document<never>).keys[order - 1]!
  return { id: Buffer.from(fromUuid(after.id)), value }
}

function keyNumber(index: KindIndex, what: string, name: string): number {
  const at = index.keyNames.indexOf(name)
  if (at !== -1) return at + 1
  const known = ['created', ...index.keyNames].join(', ')
  throw new TypeError(`${what}: documents of kind ${index.name} have no key "${name}" (${known})`)
}

function rangesOf(what: string, condition: unknown): ValueRange[] {
  try {
    if (Array.isArray(condition)) {
      const ranges = condition.map((value: unknown) => onlyValue(scalar(value)))
      return ranges.sort((a, b) => a.from.compare(b.from)).filter(isFirst)
    }
    const plain = typeof condition !== 'object' || condition === null || condition instanceof Date
    return [plain ? onlyValue(scalar(condition)) : boundsOf(condition as Record<string, unknown>)]
  } catch (error) {
    if (error instanceof TypeError) error.message = `${what}: ${error.message}`
    throw error
  }
}

function boundsOf({ present, ...bounds }: Record<string, unknown>): ValueRange {
  for (const [name, value] of Object.entries(bounds)) {
    if (!['gt', 'gte', 'lt', 'lte'].includes(name)) throw new TypeError(`${name} is no bound`)
    scalar(value)
  }
  if (present === undefined) return valueRange(bounds)
  if (typeof present !== 'boolean' || Object.keys(bounds).length > 0) {
    throw new TypeError('present is true or false, and goes with nothing else')
  }
  return whetherPresent(present)
}

function scalar(value: unknown): unknown {
  if (value !== null && value !== undefined) return value
  throw new TypeError('must be a value, a list of values or a range')
}

/** Of equal ones that stand side by side. */
function isFirst(range: ValueRange, i: number, all: readonly ValueRange[]): boolean {
  return i === 0 || !all[i - 1]!.from.equals(range.from)
}
