// Finds documents through the keys in the tree, which say everything that decides whether one is
// wanted. By one key, in its order, they are walked and nothing is collected; by place, or by a key
// while another order is wanted, what is found is collected, a hundred bytes each, and sorted.

import type { TreeItem, TreeRange, TreeReader } from './bee.js'
import { cellRanges } from './cells.js'
import { BY_ID, BY_PLACE, decodeFacts, factsKey, type DocumentFacts } from './document-facts.js'
import { matchesDocument, type CheckedDocumentQuery } from './document-query.js'
import { AFTER, indexPrefix, rowId, within } from './keys.js'
import type { ValueRange } from './ordered.js'

export interface FoundDocument {
  readonly id: Buffer
  readonly facts: DocumentFacts
}

/** The place in an order behind which to go on: what follows the prefix in a key. */
type Cursor = Buffer | null

/** In the order asked for, behind the cursor, without regard to the limit. */
export async function* findDocuments(
  tree: TreeReader,
  type: string,
  query: CheckedDocumentQuery
): AsyncGenerator<FoundDocument> {
  const { order, reverse, where, bbox } = query
  const cursor = await cursorOf(tree, type, query)
  const [narrowing] = where
  const collect = bbox !== null || (order === BY_ID && narrowing !== undefined)
  if (!collect) {
    for (const range of rangesIn(type, order, where.get(order), reverse, cursor)) {
      yield* matching(tree.range({ ...range, reverse }), query)
    }
    return
  }
  const ranges =
    bbox === null
      ? rangesIn(type, narrowing![0], narrowing![1], false, null)
      : placeRanges(type, bbox)
  const found = new Map<string, { rank: Buffer; item: FoundDocument }>()
  for (const range of ranges) {
    for await (const item of matching(tree.range(range), query)) {
      // What lies in several cells is met several times.
      found.set(item.id.toString('latin1'), { rank: rankOf(order, item), item })
    }
  }
  const sign = reverse ? -1 : 1
  const sorted = [...found.values()].sort((a, b) => a.rank.compare(b.rank) * sign)
  for (const { rank, item } of sorted) {
    if (cursor === null || rank.compare(cursor) * sign > 0) yield item
  }
}

async function* matching(
  items: AsyncIterable<TreeItem>,
  query: CheckedDocumentQuery
): AsyncGenerator<FoundDocument> {
  for await (const { key, value } of items) {
    const facts = decodeFacts(value)
    if (matchesDocument(query, facts)) yield { id: rowId(key), facts }
  }
}

function rankOf(order: number, { id, facts }: FoundDocument): Buffer {
  return order === BY_ID ? id : Buffer.concat([facts.keys[order - 1]!, id])
}

/** Throws a TypeError where an id is given of which there is no document. */
async function cursorOf(
  tree: TreeReader,
  type: string,
  { order, after }: CheckedDocumentQuery
): Promise<Cursor> {
  if (after === null) return null
  const { id, value } = after
  if (order === BY_ID) return id
  if (value !== null) return Buffer.concat([value, id])
  const bytes = await tree.get(factsKey(type, id))
  if (bytes === null) throw new TypeError('after: there is no such document')
  return rankOf(order, { id, facts: decodeFacts(bytes) })
}

/** The ranges of a key in the tree that values lie in, in the order of reading. */
function* rangesIn(
  type: string,
  number: number,
  values: readonly ValueRange[] | undefined,
  reverse: boolean,
  cursor: Cursor
): Generator<TreeRange> {
  const prefix = indexPrefix(type, number)
  const at = cursor && Buffer.concat([prefix, cursor])
  const ranges = values === undefined ? [within(prefix)] : values.map((v) => boundsOf(prefix, v))
  for (const range of reverse ? ranges.toReversed() : ranges) {
    const bounded = at === null ? range : behind(range, at, reverse)
    if (bounded !== null) yield bounded
  }
}

function boundsOf(prefix: Buffer, { from, withFrom, to, withTo }: ValueRange): TreeRange {
  // Behind a value stands the id of the document.
  const low = withFrom ? { gte: join(prefix, from) } : { gt: join(prefix, from, AFTER) }
  const high = withTo ? { lte: join(prefix, to, AFTER) } : { lt: join(prefix, to) }
  return { ...low, ...high }
}

/** What is left of a range behind the cursor; null where nothing is. */
function behind(range: TreeRange, cursor: Buffer, reverse: boolean): TreeRange | null {
  const low = (range.gte ?? range.gt)!
  const high = (range.lte ?? range.lt)!
  if (reverse) {
    if (cursor.compare(low) <= 0) return null
    if (cursor.compare(high) > 0) return range
    const { lt: _lt, lte: _lte, ...rest } = range
    return { ...rest, lt: cursor }
  }
  if (cursor.compare(high) >= 0) return null
  if (cursor.compare(low) < 0) return range
  const { gt: _gt, gte: _gte, ...rest } = range
  return { ...rest, gt: cursor }
}

function* placeRanges(type: string, bbox: Parameters<typeof cellRanges>[0]): Generator<TreeRange> {
  const prefix = indexPrefix(type, BY_PLACE)
  for (const [from, to] of cellRanges(bbox)) {
    yield { gte: join(prefix, from), lte: join(prefix, to, AFTER) }
  }
}

function join(...parts: Buffer[]): Buffer {
  return Buffer.concat(parts)
}
