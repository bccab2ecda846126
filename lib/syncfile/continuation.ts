// What ends a volume once a commit stands in the next one: so that a set which lost its last volume
// is not taken for one that never had it.

import b4a from 'b4a'
import { CONTINUATION_LABEL_BYTES, RECORD_HEADER_BYTES } from './format.js'
import { SEAL_BYTES } from './record.js'

/** The record: a writer leaves room for it. */
export const CONTINUATION_BYTES: number =
  RECORD_HEADER_BYTES + CONTINUATION_LABEL_BYTES + SEAL_BYTES

export function encodeContinuationLabel({ volume }: { volume: number }): Uint8Array {
  const out = b4a.alloc(CONTINUATION_LABEL_BYTES)
  new DataView(out.buffer, out.byteOffset).setUint32(0, volume, true)
  return out
}

/** Which volume a label says is followed by another; null where it is no such label. */
export function decodeContinuationLabel(content: Uint8Array): number | null {
  if (content.byteLength !== CONTINUATION_LABEL_BYTES) return null
  return new DataView(content.buffer, content.byteOffset).getUint32(0, true)
}
