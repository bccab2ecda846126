// A zip as a stream of bytes, of as many files and as large as it comes. The one place that knows
// client-zip.

import { makeZip } from 'client-zip'

export interface ZipEntry {
  readonly name: string
  readonly input: AsyncIterable<Uint8Array> | Uint8Array
  readonly size?: number
  readonly lastModified: Date
}

const END_BYTES = 22
const ZIP64_END_BYTES = 76
const MAX_U16 = 0xffff
const MAX_U32 = 0xffffffff

export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  let count = 0
  async function* counted(): AsyncGenerator<ZipEntry> {
    for await (const entry of entries) {
      count++
      yield entry
    }
  }
  let last: Uint8Array | null = null
  for await (const piece of makeZip(counted()) as unknown as AsyncIterable<Uint8Array>) {
    if (last !== null) yield last
    last = piece
  }
  if (last === null) return
  // client-zip 2.5.1 writes the 64-bit end for more than 4 GiB, and forgets it for more files than
  // 16 bits count: a reader would see the first 65,535.
  if (count > MAX_U16) yield* zip64End(last, count)
  yield last
}

/** What goes before the end of a zip of very many files, where it is not there (APPNOTE 4.3.14). */
function* zip64End(end: Uint8Array, count: number): Generator<Uint8Array> {
  if (end.byteLength !== END_BYTES) throw new Error('a zip ends otherwise than it should')
  const view = new DataView(end.buffer, end.byteOffset)
  const [size, offset] = [view.getUint32(12, true), view.getUint32(16, true)]
  if (offset === MAX_U32) return
  const out = Buffer.alloc(ZIP64_END_BYTES)
  out.write('PK\x06\x06', 'latin1')
  out.writeBigUInt64LE(44n, 4)
  out.writeUInt16LE(45, 12)
  out.writeUInt16LE(45, 14)
  out.writeBigUInt64LE(BigInt(count), 24)
  out.writeBigUInt64LE(BigInt(count), 32)
  out.writeBigUInt64LE(BigInt(size), 40)
  out.writeBigUInt64LE(BigInt(offset), 48)
  // And where that is found.
  out.write('PK\x06\x07', 56, 'latin1')
  out.writeBigUInt64LE(BigInt(offset + size), 64)
  out.writeUInt32LE(1, 72)
  yield out
}
