// Rows and records that become part of the view together, or not at all: the rows' bytes go to the
// row file first, then the tree learns in one write where they are, and what else has changed.

import type { TreeBatch } from './bee.js'
import { ByteReader, MAX_VARINT_BYTES, writeVarint } from './byte-reader.js'
import { ViewDamage } from './damage.js'
import { OBSERVATION, rowKey } from './keys.js'
import { isPlace, type Place, type RowWriter } from './row-file.js'

export class Batch {
  constructor(
    private readonly tree: TreeBatch,
    private readonly rows: RowWriter
  ) {}

  /** Length of the row file once this has been flushed. */
  get fileBytes(): number {
    return this.rows.end
  }

  putRow(id: Uint8Array, row: Uint8Array, type: string = OBSERVATION): Place {
    const place = this.rows.put(id, row)
    this.tree.put(rowKey(id, type), encodePlace(place))
    return place
  }

  putRecord(key: Uint8Array, record: Uint8Array): void {
    this.tree.put(key, record)
  }

  delete(key: Uint8Array): void {
    this.tree.delete(key)
  }

  async flush(): Promise<void> {
    await this.rows.flush()
    await this.tree.flush()
  }
}

function encodePlace({ offset, byteLength }: Place): Buffer {
  const out = Buffer.allocUnsafe(2 * MAX_VARINT_BYTES)
  return out.subarray(0, writeVarint(out, byteLength, writeVarint(out, offset, 0)))
}

export function decodePlace(bytes: Buffer): Place {
  const reader = new ByteReader(bytes)
  const [offset, byteLength] = [reader.varint(), reader.varint()]
  const whole = reader.offset === reader.end && isPlace(offset, byteLength)
  if (!whole) throw new ViewDamage('The tree does not say where a row is')
  return { offset, byteLength }
}
