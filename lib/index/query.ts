// What can be asked of the view, checked before anything is read: a wrong argument is a TypeError
// that names the field.

import { fromUuid } from './uuid.js'

export interface QueryOptions {
  /** At most this many. */
  readonly limit?: number
  /** Newest first. */
  readonly reverse?: boolean
  /** Deleted ones too. They are left out otherwise. */
  readonly deleted?: boolean
  /** Goes on behind the observation with this id: the last one of the page before. */
  readonly after?: string
}

export interface Query {
  readonly limit: number
  readonly reverse: boolean
  readonly deleted: boolean
  readonly after: Uint8Array | null
}

export function checkQuery(options: QueryOptions): Query {
  const { limit = Infinity, reverse = false, deleted = false, after } = options
  if (limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new TypeError('limit: a whole number from 0 up')
  }
  if (typeof reverse !== 'boolean') throw new TypeError('reverse: true or false')
  if (typeof deleted !== 'boolean') throw new TypeError('deleted: true or false')
  return { limit, reverse, deleted, after: after === undefined ? null : fromUuid(after) }
}
