// A reader of sync files written from docs/sync-file-format.md alone, in another style and without
// a line of lib/: if it reads what the library writes, the document is complete. For one volume;
// takes what the directories list, or all that a search finds.

import { readFileSync } from 'node:fs'
import { decode } from 'cbor-x'
import sodium from 'sodium-universal'

export interface ReadEntry {
  version: number
  kind: number
  fields: Record<string, unknown>
}

export interface ReadFeed {
  signerKey: string
  length: number
  /** One for each block; null for checkpoints. */
  entries: (ReadEntry | null)[]
  /** Hello, merkle root and signature of the head hold over all blocks from 0. */
  proven: boolean
  checkpoints: number
}

export interface ReadResult {
  kind: number
  generation: number
  configuration: unknown
  projectId: string
  feeds: ReadFeed[]
  /** Photos and files that are whole, by hash; each is what its hash says. */
  media: Map<string, Buffer>
}
type Bytes = Buffer
type Found = { type: number; label: Bytes; payload: Bytes }

export function readSyncFile(path: string, projectKey: Uint8Array): ReadResult {
  const file = readFileSync(path)
  const derive = (label: string): Bytes => keyedHash(projectKey, text(label))
  // 3. Superblock
  const superblock = [0, 256].map((at) => file.subarray(at, at + 256)).find(isSuperblock)
  if (superblock === undefined) throw new Error('no superblock')
  if (superblock.readUInt16LE(8) > 1 || superblock[13] !== 0) throw new Error('newer')
  const setId = superblock.subarray(64, 80)
  const labelKey = keyedHash(derive('cairnlog/sync-file'), setId, text('label'))
  const mediaKey = keyedHash(derive('cairnlog/sync-file'), setId, text('media'))
  const directoryKey = keyedHash(derive('cairnlog/sync-file'), setId, text('directory'))

  // 7. The newest trailer that counts
  let newest: Record<string, any> | null = null
  let at = file.length
  while (newest === null && (at = file.lastIndexOf('CairnEnd', at - 1)) >= 512) {
    const trailer = file.subarray(at, at + 160)
    if (trailer.length < 160 || !same(hash(trailer.subarray(0, 128)), trailer, 128)) continue
    if (!same(setId, trailer, 8) || u64(trailer, 32) !== at + 160) continue
    const found = directory(u64(trailer, 40), u64(trailer, 48), trailer.subarray(56, 88))
    if (found?.['generation'] === u64(trailer, 24)) newest = found
  }
  if (newest === null) throw new Error('no commit')
  // 6. Directories, the full one first
  const chain = [newest]
  for (let next = newest['previous']; next !== null; next = chain[0]?.['previous']) {
    const previous = directory(next[1], next[2], next[3])
    if (previous === null) throw new Error('a directory is damaged')
    chain.unshift(previous)
  }
  const heads = new Map<string, { length: number; rootHash: Bytes; signature: Bytes }>()
  const places = new Map<number, number>()
  // Of each photo or file: its size, and its pieces by number
  const photos = new Map<string, { size: number; pieces: Map<number, Bytes> }>()
  for (const { feeds, heads: rows, segments, dropped, media = Buffer.alloc(0) } of chain) {
    for (let row = 0; row < media.length; row += 64) addPieces(media.subarray(row, row + 64))
    for (const [n, length, rootHash, signature] of rows)
      heads.set(hex(feeds[n]), { length, rootHash, signature })
    for (const [, , , , , offset, bytes] of segments) places.set(offset, bytes)
    for (const [, offset] of dropped) places.delete(offset)
  }
  const segments = [...places].map(([offset, bytes]) => segment(offset, bytes))
  const feeds = [...heads].map(([feed, head]): ReadFeed => {
    const signerKey = Buffer.from(feed, 'hex')
    const blocks: Bytes[] = []
    const own = segments.filter((s) => s.feed === feed).sort((a, b) => a.from - b.from)
    for (const s of own) if (s.from === blocks.length) blocks.push(...s.blocks)
    const entries = blocks.map((block, seq) => openBlock(signerKey, seq, block))
    const mac = keyedHash(derive('cairnlog/admission'), signerKey)
    const admitted = entries[0]?.kind === 0 && mac.equals(entries[0].fields['admission'] as Bytes)
    const holds = (length: number, signature: Bytes): boolean =>
      isSigned(signerKey, rootHash(blocks.slice(0, length)), length, signature)
    const whole = blocks.length === head.length && rootHash(blocks).equals(head.rootHash)
    const proven = admitted && whole && holds(head.length, head.signature)
    const checkpoints = blocks.filter((block, n) => {
      return n > 0 && n % 1024 === 0 && block[0] === 1 && holds(n, block.subarray(1, 65))
    }).length
    return { signerKey: feed, length: head.length, entries, proven, checkpoints }
  })
  return {
    kind: superblock[12] ?? -1,
    generation: newest['generation'],
    configuration: newest['configuration'],
    media: wholePhotos(),
    projectId: hex(superblock.subarray(32, 64)),
    feeds
  }

  // 4. A record: its type, label and payload, or null where it is not whole or not of a member
  function record(offset: number, size: number): Found | null {
    const bytes = file.subarray(offset, offset + size)
    const labelEnd = 80 + bytes.readUInt32LE(12)
    if (bytes.toString('latin1', 0, 8) !== 'CairnRec' || !same(setId, bytes, 32)) return null
    if (labelEnd + u64(bytes, 16) !== size || bytes.length !== size) return null
    const [head, sealed] = [bytes.subarray(0, 48), bytes.subarray(80, labelEnd)]
    const payload = bytes.subarray(labelEnd)
    if (!same(hash(head, sealed, hash(payload)), bytes, 48)) return null
    const label = unseal(sealed, head, labelKey)
    if (!label || !same(hash(payload), label, 0)) return null
    return { type: bytes[8] ?? 0, label: label.subarray(32), payload }
  }

  function directory(offset: number, size: number, expected: Bytes): Record<string, any> | null {
    const found = record(offset, size)
    if (found?.type !== 2 || !same(expected, file, offset + 48)) return null
    const generation = u64(file, offset + 24)
    const plain = unseal(found.payload, text(`cairnlog/directory/${generation}`), directoryKey)
    const map = plain && decode(plain)
    return map?.generation === generation ? map : null
  }
  // 5. A segment
  function segment(offset: number, size: number): { feed: string; from: number; blocks: Bytes[] } {
    const found = record(offset, size)
    if (found?.type !== 1) throw new Error(`no segment at ${offset}`)
    const { label, payload } = found
    const count = label.readUInt32LE(40)
    const blocks: Bytes[] = []
    let end = 4 * count
    for (let i = 0; i < count; i++)
      blocks.push(payload.subarray(end, (end += payload.readUInt32LE(4 * i))))
    if (end !== payload.length) throw new Error('lengths do not add up')
    return { feed: hex(label.subarray(0, 32)), from: u64(label, 32), blocks }
  }
  // 5. and 6. Media: the pieces of one row
  function addPieces(row: Bytes): void {
    const [hash, size] = [hex(row.subarray(0, 32)), u64(row, 32)]
    const [from, count] = [row.readUInt32LE(40), row.readUInt32LE(44)]
    if (row.readUInt32LE(48) !== 1) throw new Error('another volume')
    const photo = photos.get(hash) ?? { size, pieces: new Map() }
    photos.set(hash, photo)
    let offset = u64(row, 56)
    for (let number = from; number < from + count; number++) {
      const bytes = Math.min(1048576, size - number * 1048576)
      const found = record(offset, bytes + 256)
      const label = found?.label.subarray(0, 64)
      if (found?.type !== 3 || !label) throw new Error(`no piece of media at ${offset}`)
      if (!same(row.subarray(0, 40), label, 0) || label.readUInt32LE(40) !== number)
        throw new Error(`another piece at ${offset}`)
      const piece = unseal(found.payload, label, mediaKey)
      if (piece?.length !== bytes) throw new Error(`the piece at ${offset} does not open`)
      photo.pieces.set(number, piece)
      offset += bytes + 256
    }
  }

  function wholePhotos(): Map<string, Bytes> {
    const whole = new Map<string, Bytes>()
    for (const [name, { size, pieces }] of photos) {
      const numbers = [...pieces.keys()].sort((a, b) => a - b)
      const bytes = Buffer.concat(numbers.map((number) => pieces.get(number)!))
      if (bytes.length !== size) continue
      if (hex(hash(bytes)) !== name) throw new Error(`${name} is something else`)
      whole.set(name, bytes)
    }
    return whole
  }
  // 10. Blocks
  function openBlock(signerKey: Bytes, seq: number, block: Bytes): ReadEntry | null {
    if (seq > 0 && seq % 1024 === 0) return null
    const context = Buffer.concat([signerKey, Buffer.alloc(9)])
    context.writeBigUInt64LE(BigInt(seq), 32)
    if (block[0] !== 0) throw new Error(`block ${seq} is of another key epoch`)
    const message = unseal(block.subarray(1), context, derive('cairnlog/entry'))
    if (message === null) throw new Error(`block ${seq} does not open`)
    return { version: message[0]!, kind: message[1]!, fields: decode(message.subarray(2)) }
  }
}
// 11. Merkle tree and signature
function rootHash(blocks: readonly Bytes[]): Bytes {
  const node = (first: number, last: number): { size: number; hash: Bytes } => {
    const block = blocks[first]
    if (last - first === 1 && block !== undefined) {
      return { size: block.length, hash: hash(Buffer.of(0), le64(block.length), block) }
    }
    const [left, right] = [node(first, (first + last) / 2), node((first + last) / 2, last)]
    const size = left.size + right.size
    return { size, hash: hash(Buffer.of(1), le64(size), left.hash, right.hash) }
  }
  const parts: Bytes[] = [Buffer.of(2)]
  for (let first = 0; first < blocks.length;) {
    const width = 2 ** Math.floor(Math.log2(blocks.length - first))
    const root = node(first, first + width)
    parts.push(root.hash, le64(2 * first + width - 1), le64(root.size))
    first += width
  }
  return hash(...parts)
}

function isSigned(signerKey: Bytes, root: Bytes, length: number, signature: Bytes): boolean {
  const namespace = (i: number): Bytes => hash(hash(text('hypercore')), Buffer.of(i))
  const manifest = Buffer.concat([Buffer.of(1, 0, 0, 1, 1, 0), namespace(4), signerKey])
  const coreKey = hash(namespace(3), manifest)
  const message = Buffer.concat([namespace(0), coreKey, root, le64(length), le64(0)])
  return sodium.crypto_sign_verify_detached(signature, message, signerKey)
}

const isSuperblock = (bytes: Bytes): boolean =>
  bytes.toString('latin1', 0, 8) === '\x89CAIRN\r\n' &&
  same(hash(bytes.subarray(0, 224)), bytes, 224)

function unseal(sealed: Bytes, context: Bytes, key: Bytes): Bytes | null {
  const [nonce, rest] = [sealed.subarray(0, 24), sealed.subarray(24)]
  const out = Buffer.alloc(rest.length - 16)
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(out, null, rest, context, nonce, key)
    return out
  } catch {
    return null
  }
}

function keyedHash(key: Uint8Array | undefined, ...parts: Bytes[]): Bytes {
  const out = Buffer.alloc(32)
  sodium.crypto_generichash(out, Buffer.concat(parts), key && Buffer.from(key))
  return out
}

const hash = (...parts: Bytes[]): Bytes => keyedHash(undefined, ...parts)
const text = (value: string): Bytes => Buffer.from(value, 'utf8')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const u64 = (bytes: Bytes, at: number): number => Number(bytes.readBigUInt64LE(at))
const same = (a: Bytes, b: Bytes, at: number): boolean => a.equals(b.subarray(at, at + a.length))
const le64 = (value: number): Bytes => Buffer.from(new BigUint64Array([BigInt(value)]).buffer)
