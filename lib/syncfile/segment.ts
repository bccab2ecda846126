// A segment: the whole or a part of a run, as a record. The label says which feed, from where, and
// the proof of its end; the payload is the blocks' lengths and then the blocks.

import b4a from 'b4a'
import { HASH_BYTES, SIGNATURE_BYTES } from '../log/crypto.js'
import { toFeedId, toSignerKey } from '../log/feed-id.js'
import type { Run } from '../log/replica.js'
import type { SegmentPlace } from './directory.js'
import { LABEL_BYTES, MAX_SEGMENT_BLOCKS, MAX_SEGMENT_PAYLOAD } from './format.js'

export interface SegmentLabel {
  readonly feed: string
  readonly from: number
  readonly count: number
  /** The run goes on in the next segment: root hash and signature are zeros here. */
  readonly continues: boolean
  readonly rootHash: Uint8Array
  readonly signature: Uint8Array
}

export interface Segment extends SegmentLabel {
  readonly blocks: readonly Uint8Array[]
}

const NO_HASH: Uint8Array = b4a.alloc(HASH_BYTES)
const NO_SIGNATURE: Uint8Array = b4a.alloc(SIGNATURE_BYTES)

export function encodeLabel(label: SegmentLabel): Uint8Array {
  const out = b4a.alloc(LABEL_BYTES)
  const view = new DataView(out.buffer, out.byteOffset)
  out.set(toSignerKey(label.feed), 0)
  view.setBigUint64(32, BigInt(label.from), true)
  view.setUint32(40, label.count, true)
  out[44] = label.continues ? 1 : 0
  out.set(label.rootHash, 48)
  out.set(label.signature, 80)
  return out
}

export function decodeLabel(bytes: Uint8Array): SegmentLabel | null {
  if (bytes.byteLength < LABEL_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const from = Number(view.getBigUint64(32, true))
  const count = view.getUint32(40, true)
  if (count === 0 || count > MAX_SEGMENT_BLOCKS || !Number.isSafeInteger(from + count)) return null
  if ((bytes[44] ?? 0) > 1) return null
  return {
    feed: toFeedId(b4a.from(bytes.subarray(0, 32))),
    from,
    count,
    continues: bytes[44] === 1,
    rootHash: b4a.from(bytes.subarray(48, 80)),
    signature: b4a.from(bytes.subarray(80, 144))
  }
}

/** The label, where it says of the segment what the directory says. */
export function labelFor(content: Uint8Array, place: SegmentPlace): SegmentLabel | null {
  const label = decodeLabel(content)
  const same =
    label?.feed === place.feed &&
    label.from === place.from &&
    label.count === place.count &&
    label.continues === place.continues
  return same ? label : null
}

export function encodePayload(blocks: readonly Uint8Array[]): Uint8Array[] {
  const lengths = b4a.alloc(4 * blocks.length)
  const view = new DataView(lengths.buffer, lengths.byteOffset)
  for (const [i, block] of blocks.entries()) view.setUint32(4 * i, block.byteLength, true)
  return [lengths, ...blocks]
}

/** The blocks as views on the payload; null where the lengths do not add up. */
export function decodePayload(payload: Uint8Array, count: number): Uint8Array[] | null {
  let at = 4 * count
  if (at > payload.byteLength) return null
  const view = new DataView(payload.buffer, payload.byteOffset)
  const blocks: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    const end = at + view.getUint32(4 * i, true)
    if (end > payload.byteLength) return null
    blocks.push(payload.subarray(at, end))
    at = end
  }
  return at === payload.byteLength ? blocks : null
}

/** A run as the segments that carry it: one, unless its blocks are very large. */
export function* toSegments(run: Run): Generator<Segment> {
  let start = 0
  while (start < run.blocks.length) {
    let end = start
    let byteLength = 0
    while (end < run.blocks.length && end - start < MAX_SEGMENT_BLOCKS) {
      const size = run.blocks[end]?.byteLength ?? 0
      if (end > start && byteLength + size > MAX_SEGMENT_PAYLOAD) break
      byteLength += size
      end++
    }
    const continues = end < run.blocks.length
    yield {
      feed: run.feed,
      from: run.from + start,
      count: end - start,
      continues,
      rootHash: continues ? NO_HASH : run.rootHash,
      signature: continues ? NO_SIGNATURE : run.signature,
      blocks: run.blocks.slice(start, end)
    }
    start = end
  }
}
