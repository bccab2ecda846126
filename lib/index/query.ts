// What can be asked of the view besides a filter: in which order, how many, and from where on. A
// wrong argument is a TypeError that names it.

import { checkFilter, distanceTo, type CheckedFilter, type Filter } from './filter.js'
import { fromUuid } from './uuid.js'

export type Order = 'created' | 'updated' | 'distance'

export interface QueryOptions extends Filter {
  /**
   * `created`: oldest first, by id; `updated`: least recently changed first, by wall clock;
   * `distance`: nearest first, with `near`, where it is what one gets.
   */
  readonly order?: Order | undefined
  /** The other way round: newest, or furthest, first. */
  readonly reverse?: boolean | undefined
  /** At most this many. */
  readonly limit?: number | undefined
  /**
   * Goes on behind this one: the last of the page before, under the same order. Given as it was
   * shown, it is right also where it has been edited since; an id stands for what it is now.
   */
  readonly after?: string | Shown | undefined
}

/** As much of an observation as tells its place in any order. */
interface Shown {
  readonly id: string
  readonly updatedAt: string
  readonly lat?: number
  readonly lon?: number
}

/** A place in the order; `key` is NaN where it is to be looked up. */
export interface Cursor {
  readonly id: Buffer
  readonly key: number
}

export interface Query {
  readonly filter: CheckedFilter
  readonly order: Order
  readonly reverse: boolean
  readonly limit: number
  readonly after: Cursor | null
}

export function checkQuery(options: QueryOptions): Query {
  const filter = checkFilter(options, ['order', 'reverse', 'limit', 'after'])
  const { reverse = false, limit = Infinity, after } = options
  const { order = filter.near === null ? 'created' : 'distance' } = options
  if (!['created', 'updated', 'distance'].includes(order)) {
    throw new TypeError("order: must be 'created', 'updated' or 'distance'")
  }
  if (order === 'distance' && filter.near === null) {
    throw new TypeError("order: 'distance' goes with near")
  }
  if (typeof reverse !== 'boolean') throw new TypeError('reverse: must be true or false')
  if (limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new TypeError('limit: must be a whole number from 0 up')
  }
  return { filter, order, reverse, limit, after: checkAfter(after, order, filter) }
}

/** What is left of a query that has given so many, `last` the last of them. */
export function continued(query: Query, last: Shown, given: number): Query {
  const after = checkAfter(last, query.order, query.filter)
  return { ...query, limit: query.limit - given, after }
}

function checkAfter(
  after: QueryOptions['after'],
  order: Order,
  { near }: CheckedFilter
): Cursor | null {
  if (after === undefined) return null
  if (typeof after === 'string') return { id: toBuffer(fromUuid(after)), key: NaN }
  if (typeof after !== 'object' || after === null) {
    throw new TypeError('after: must be an observation or its id')
  }
  const { lat, lon, updatedAt } = after
  let key = 0
  if (order === 'updated') key = Date.parse(updatedAt)
  if (order === 'distance') key = distanceTo(near!, lat ?? NaN, lon ?? NaN)
  return { id: toBuffer(fromUuid(after.id)), key }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
