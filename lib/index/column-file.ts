// The columns on disk, beside the tree, so that opening a view does not mean reading every row. The
// file names the tree that it was made from as a position: length and root hash. A file that is
// missing, damaged or of another state of the tree is made anew from the rows; it decides nothing.
//
//   each record   byte length: uint32, little endian; BLAKE2b-256 of the bytes; CBOR
//   first         [layout, tree length, root hash, tag codes, number of chunks]
//   then          a chunk each: count and the bytes of its arrays, as they lie in memory

import { open, readFile, rename } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'
import { Encoder } from 'cbor-x'
import { hash } from '../log/crypto.js'
import { Chunk } from './chunk.js'
import { Columns } from './columns.js'
import { TagCodes, type SavedCodes } from './tag-codes.js'
import { ID_BYTES } from './uuid.js'

export interface TreePosition {
  readonly length: number
  readonly rootHash: Uint8Array
}

export interface SavedColumns {
  readonly position: TreePosition
  readonly columns: Columns
  readonly tagCodes: TagCodes
}

const FILE_NAME = 'columns'
const LAYOUT = 2
const HASH_BYTES = 32
const PREFIX_BYTES = 4 + HASH_BYTES

const cbor = new Encoder({ useRecords: false, tagUint8Array: false })

/** The arrays are written as they lie in memory: no file for the other kind of machine. */
const SAME_ORDER = endianness() === 'LE'

export async function saveColumns(dir: string, saved: SavedColumns): Promise<void> {
  if (!SAME_ORDER) return
  const { position, columns, tagCodes } = saved
  const path = join(dir, FILE_NAME)
  const file = await open(`${path}.new`, 'w')
  try {
    const { length, rootHash } = position
    const chunks = columns.chunks.length
    await file.appendFile(record([LAYOUT, length, rootHash, tagCodes.save(), chunks]))
    for (const chunk of columns.chunks) await file.appendFile(record(arraysOf(chunk)))
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

/** Null where there is none that can be used. */
export async function loadColumns(dir: string): Promise<SavedColumns | null> {
  if (!SAME_ORDER) return null
  try {
    return decode(await readFile(join(dir, FILE_NAME)))
  } catch {
    return null
  }
}

function record(fields: readonly unknown[]): Uint8Array {
  const body = cbor.encode(fields)
  const out = Buffer.allocUnsafe(PREFIX_BYTES + body.byteLength)
  out.writeUInt32LE(body.byteLength, 0)
  out.set(hash(body), 4)
  out.set(body, PREFIX_BYTES)
  return out
}

function decode(bytes: Buffer): SavedColumns | null {
  const records = recordsOf(bytes)
  const [layout, length, rootHash, codes, chunkCount] = records.next().value ?? []
  if (layout !== LAYOUT || typeof length !== 'number') return null
  const chunks = [...records].map(toChunk)
  if (chunks.length !== chunkCount) return null
  return {
    position: { length, rootHash: rootHash as Uint8Array },
    columns: new Columns(chunks),
    tagCodes: TagCodes.load(codes as SavedCodes)
  }
}

function* recordsOf(bytes: Buffer): Generator<unknown[]> {
  let at = 0
  while (at < bytes.byteLength) {
    const end = at + PREFIX_BYTES + bytes.readUInt32LE(at)
    const body = bytes.subarray(at + PREFIX_BYTES, end)
    const sound = hash(body).every((byte, i) => byte === bytes[at + 4 + i])
    if (end > bytes.byteLength || !sound) throw new Error('the column file is damaged')
    yield cbor.decode(body) as unknown[]
    at = end
  }
}

function arraysOf(chunk: Chunk): unknown[] {
  const { ids, flags, lats, lons, createdAts, updatedAts, devices, codeEnds, codes } = chunk
  const arrays = [ids, flags, lats, lons, createdAts, updatedAts, devices, codeEnds, codes]
  const all = [...arrays, chunk.offsets, chunk.byteLengths]
  return [chunk.count, ...all.map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength))]
}

function toChunk(fields: unknown[]): Chunk {
  const [count, ...arrays] = fields as [number, ...Uint8Array[]]
  // Copied one by one: typed arrays want to lie on their own size, and the file is let go of.
  const copies = arrays.map((bytes) => new Uint8Array(bytes).buffer)
  const [ids, flags, lats, lons, createdAts, updatedAts, devices, codeEnds, codes] = copies
  const [offsets, byteLengths] = copies.slice(9)
  if (ids?.byteLength !== count * ID_BYTES) throw new Error('the column file is damaged')
  return new Chunk({
    count,
    ids: Buffer.from(ids),
    flags: new Uint8Array(flags!),
    lats: new Float64Array(lats!),
    lons: new Float64Array(lons!),
    createdAts: new Float64Array(createdAts!),
    updatedAts: new Float64Array(updatedAts!),
    devices: new Uint32Array(devices!),
    codeEnds: new Uint32Array(codeEnds!),
    codes: new Uint16Array(codes!),
    offsets: new Float64Array(offsets!),
    byteLengths: new Uint32Array(byteLengths!)
  })
}
