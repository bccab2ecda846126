// docs/sync-file-format.md against the code: every constant, and every field of every fixed layout
// at the offset and with the size that the document gives. The bytes are the code's own.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'brittle'
import b4a from 'b4a'
import * as block from '../../lib/log/block-cipher.js'
import * as checkpoint from '../../lib/log/checkpoint.js'
import { toFeedId } from '../../lib/log/feed-id.js'
import { hash, unseal } from '../../lib/log/crypto.js'
import { MEDIA_CHUNK } from '../../lib/log/replica.js'
import { MAX_RUN_BLOCKS } from '../../lib/log/run-checks.js'
import * as format from '../../lib/syncfile/format.js'
import { encodeContinuationLabel } from '../../lib/syncfile/continuation.js'
import { encodeDirectory } from '../../lib/syncfile/directory.js'
import { chunkRecordBytes, encodeChunkLabel } from '../../lib/syncfile/media-record.js'
import { type MediaPlace, MediaRows } from '../../lib/syncfile/media-rows.js'
import { encodeRecord } from '../../lib/syncfile/record.js'
import { encodeLabel } from '../../lib/syncfile/segment.js'
import { encodeSuperblock } from '../../lib/syncfile/superblock.js'
import { encodeTrailer } from '../../lib/syncfile/trailer.js'
import { Encoder } from 'cbor-x'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const document = readFileSync(join(root, 'docs/sync-file-format.md'), 'utf8')

interface Field {
  offset: number
  size: number
  name: string
  meaning: string
}

test('the constants in the document are those in the code', (t) => {
  const { RECORD_TYPE, KIND, ...constants } = format
  const code: Record<string, unknown> = {
    ...Object.fromEntries(
      Object.entries(constants).filter(([, value]) => typeof value === 'number')
    ),
    MAX_BLOCK_BYTES: block.MAX_BLOCK_BYTES,
    CHECKPOINT_INTERVAL: checkpoint.CHECKPOINT_INTERVAL,
    MAX_RUN_BLOCKS,
    MEDIA_CHUNK
  }
  // The largest records follow from the others.
  delete code['MAX_RECORD_BYTES']
  delete code['MAX_SEGMENT_BYTES']
  for (const [name, value] of Object.entries(RECORD_TYPE)) code[`RECORD_TYPE.${name}`] = value
  for (const [name, value] of Object.entries(KIND)) code[`KIND.${name}`] = value
  const rows = ['constant', 'code'].flatMap((column) => rowsUnder('## 2.', column))
  const written = rows.map(([name = '', value]) => [name.replaceAll('`', ''), Number(value)])
  t.alike(Object.fromEntries(written), code)
})

test('a superblock is laid out as the document says', (t) => {
  const sample = {
    readVersion: 1,
    writeVersion: 1,
    kind: 'snapshot' as format.Kind,
    keyEpoch: 0,
    fileId: filled(16, 1),
    projectId: filled(32, 2),
    setId: filled(16, 3),
    volume: 1,
    volumeBytes: 0,
    previousTrailer: filled(32, 4)
  }
  const changed = {
    readVersion: 0x0102,
    writeVersion: 0x0304,
    kind: 'answer' as format.Kind,
    keyEpoch: 7,
    fileId: filled(16, 11),
    projectId: filled(32, 12),
    setId: filled(16, 13),
    volume: 0x01020304,
    volumeBytes: 0x010203040506,
    previousTrailer: filled(32, 14)
  }
  compareLayout(t, fieldsOf('## 3.'), format.SUPERBLOCK_BYTES, sample, changed, encodeSuperblock)
  t.alike(magicOf('## 3.'), hex(format.SUPERBLOCK_MAGIC))
})

test('a trailer is laid out as the document says', (t) => {
  const sample = {
    fileId: filled(16, 1),
    generation: 1,
    end: 1,
    directoryOffset: 1,
    directoryBytes: 1,
    directoryHash: filled(32, 2),
    previous: 0,
    kind: 'snapshot' as format.Kind,
    keyEpoch: 0,
    readVersion: 1,
    writeVersion: 1
  }
  const changed = {
    fileId: filled(16, 11),
    generation: 0x010203040506,
    end: 0x020304050607,
    directoryOffset: 0x030405060708,
    directoryBytes: 0x040506070809,
    directoryHash: filled(32, 12),
    previous: 0x05060708090a,
    kind: 'request' as format.Kind,
    keyEpoch: 9,
    readVersion: 0x0102,
    writeVersion: 0x0304
  }
  compareLayout(t, fieldsOf('## 7.'), format.TRAILER_BYTES, sample, changed, encodeTrailer)
  t.alike(magicOf('## 7.'), hex(format.TRAILER_MAGIC))
})

test('the label of a segment is laid out as the document says', (t) => {
  const feed = toFeedId(filled(32, 1))
  const zeros = { rootHash: filled(32, 0), signature: filled(64, 0) }
  const sample = { feed, from: 0, count: 1, continues: false, ...zeros }
  const changed = {
    feed: toFeedId(filled(32, 9)),
    from: 0x010203040506,
    count: 0x0102,
    continues: true,
    rootHash: filled(32, 2),
    signature: filled(64, 3)
  }
  compareLayout(t, fieldsOf('## 5.'), format.LABEL_BYTES, sample, changed, encodeLabel)
})

test('the label and the row of a piece of media are laid out as the document says', (t) => {
  const [hash, other] = [hex(filled(32, 1)), hex(filled(32, 9))]
  const sample = { hash, size: 2 ** 40, chunk: 0 }
  const changed = { hash: other, size: 0x010203040506, chunk: 0x01020304 }
  const label = fieldsOf('### Media')
  compareLayout(t, label, format.MEDIA_LABEL_BYTES, sample, changed, encodeChunkLabel)
  const row = { hash, size: 1, from: 0, count: 1, volume: 1, offset: 0 }
  const next = {
    hash: other,
    size: 0x010203040506,
    from: 0x01020304,
    count: 0x02030405,
    volume: 0x03040506,
    offset: 0x020304050607
  }
  const encodeRow = (place: MediaPlace): Uint8Array => {
    const rows = new MediaRows()
    rows.push(place)
    return rows.packed()
  }
  compareLayout(t, fieldsOf('## 6.'), format.MEDIA_ROW_BYTES, row, next, encodeRow)
  t.is(chunkRecordBytes(1000, 0), 1000 + 256)
})

test('the label of a continuation is laid out as the document says', (t) => {
  const [fields, size] = [fieldsOf('### Continuations'), format.CONTINUATION_LABEL_BYTES]
  compareLayout(t, fields, size, { volume: 1 }, { volume: 0x01020304 }, encodeContinuationLabel)
})

test('a record is laid out as the document says', (t) => {
  const key = filled(32, 1)
  const type: number = format.RECORD_TYPE.segment
  const sample = { type, fileId: filled(16, 2), generation: 1, labelBytes: 72, payloadBytes: 0 }
  const changed = {
    type: 9,
    fileId: filled(16, 7),
    generation: 0x010203040506,
    labelBytes: 72 + 300,
    payloadBytes: 0x010203
  }
  // What is random or follows from the rest is masked: hash, label and payload.
  const encode = (r: typeof sample): Uint8Array => {
    const label = b4a.alloc(r.labelBytes - 72)
    const payload = [b4a.alloc(r.payloadBytes)]
    return encodeRecord({ ...r, label, payload }, key).subarray(0, 48)
  }
  const fields = fieldsOf('## 4.')
  const inHeader = fields.filter(({ offset }) => offset < 48)
  compareLayout(t, inHeader, 48, sample, changed, encode)
  t.alike(magicOf('## 4.'), hex(format.RECORD_MAGIC))

  const payload = [filled(5, 3), filled(2, 4)]
  const record = encodeRecord({ ...sample, label: filled(10, 5), payload }, key)
  const at = fields.find(({ name }) => name === 'hash')
  t.is(at?.offset, 48)
  t.is(at?.size, 32)
  const labelEnd = format.RECORD_HEADER_BYTES + 72 + 10
  const sealed = record.subarray(format.RECORD_HEADER_BYTES, labelEnd)
  const payloadHash = hash(...payload)
  t.alike(record.subarray(48, 80), hash(record.subarray(0, 48), sealed, payloadHash))
  t.is(record.byteLength, labelEnd + 7)
  t.alike(record.subarray(labelEnd), b4a.concat(payload), 'the payload follows the label')
  const label = unseal(sealed, record.subarray(0, 48), key)
  t.alike(label, b4a.concat([payloadHash, filled(10, 5)]), 'the label begins with its hash')
})

test('a directory has the fields of the document, in its rows too', (t) => {
  const feed = toFeedId(filled(32, 1))
  const place = { volume: 5, offset: 6, byteLength: 700, hash: filled(32, 8) }
  const media = new MediaRows()
  media.push({ hash: hex(filled(32, 24)), size: 25, from: 0, count: 1, volume: 26, offset: 27 })
  const encoded = encodeDirectory({
    generation: 2,
    createdAt: 3,
    committedAt: 4,
    configuration: { name: 'rivers', version: '1' },
    previous: place,
    chain: 9,
    heads: [{ feed, length: 10, rootHash: filled(32, 11), signature: filled(64, 12) }],
    segments: [
      { feed, from: 13, count: 14, continues: true, volume: 15, offset: 16, byteLength: 17 }
    ],
    dropped: [{ volume: 18, offset: 19 }],
    held: [{ device: feed, feed, length: 20 }],
    heldMedia: [{ device: feed, at: 28, prefixes: filled(16, 29) }],
    voids: [{ volume: 21, offset: 22, byteLength: 23 }],
    media: media.packed(),
    tiers: { thumbnail: true, preview: true, original: false }
  })
  const map = new Encoder({ useRecords: false, mapsAsObjects: true }).decode(encoded)
  const names = rowsUnder('## 6.', 'field').map(([name = '']) => name.replaceAll('`', ''))
  t.alike(Object.keys(map).sort(), names.sort())
  const plain = (row: unknown[]): unknown[] =>
    row.map((x) => (x instanceof Uint8Array ? `${x.byteLength} bytes` : x))
  t.alike(plain(map.previous), [5, 6, 700, '32 bytes'])
  t.alike(plain(map.feeds), ['32 bytes'])
  t.alike(plain(map.heads[0]), [0, 10, '32 bytes', '64 bytes'])
  t.alike(plain(map.segments[0]), [0, 13, 14, 1, 15, 16, 17])
  t.alike(plain(map.dropped[0]), [18, 19])
  t.alike(plain(map.held[0]), [0, 0, 20])
  t.alike(plain(map.heldMedia[0]), [0, 28, '16 bytes'])
  t.alike(plain(map.voids[0]), [21, 22, 23])
  t.is(map.media.byteLength, format.MEDIA_ROW_BYTES)
  t.is(map.tiers, 3)
})

test('every table of a layout covers its bytes without a gap', (t) => {
  const sizes: Record<string, number> = {
    '## 3.': format.SUPERBLOCK_BYTES,
    '## 4.': format.RECORD_HEADER_BYTES,
    '## 5.': format.LABEL_BYTES,
    '## 7.': format.TRAILER_BYTES,
    '### Media': format.MEDIA_LABEL_BYTES,
    '## 6.': format.MEDIA_ROW_BYTES,
    '### Checkpoint': 65
  }
  for (const [heading, size] of Object.entries(sizes)) {
    let at = 0
    for (const { offset, size: bytes, name } of fieldsOf(heading)) {
      t.is(offset, at, `${heading} ${name}`)
      at += bytes
    }
    t.is(at, size, heading)
  }
})

/** Changes one field at a time and looks which bytes change, and to what. */
function compareLayout<T extends object>(
  t: { is(a: unknown, b: unknown, message?: string): void; ok(a: unknown, m?: string): void },
  fields: readonly Field[],
  byteLength: number,
  sample: T,
  changed: T,
  encode: (value: T) => Uint8Array
): void {
  const base = encode(sample)
  t.is(base.byteLength, byteLength)
  const names = fields.map(({ name }) => name)
  const named = names.filter((name) => !['magic', 'reserved', 'checksum'].includes(name))
  t.is(named.sort().join(), Object.keys(sample).sort().join(), 'the same fields')
  const checksum = fields.find(({ name }) => name === 'checksum')
  for (const { name, offset, size } of fields) {
    if (name === 'reserved') {
      t.ok(
        base.subarray(offset, offset + size).every((byte) => byte === 0),
        `${offset} is zero`
      )
    }
    if (!named.includes(name)) continue
    const value = changed[name as keyof T]
    const bytes = encode({ ...sample, [name]: value })
    const moved = [...bytes.keys()].filter((i) => bytes[i] !== base[i])
    const own = moved.filter((i) => i < (checksum?.offset ?? Infinity))
    t.ok(
      own.length > 0 && own.every((i) => i >= offset && i < offset + size),
      `${name} is at ${offset}, ${size} bytes`
    )
    const field = bytes.subarray(offset, offset + size)
    if (typeof value === 'number') t.is(littleEndian(field), value, `${name} is little-endian`)
    if (value instanceof Uint8Array) t.is(hex(field), hex(value))
    if (checksum === undefined) continue
    const expected = hash(bytes.subarray(0, checksum.offset))
    t.is(hex(bytes.subarray(checksum.offset)), hex(expected), 'checksum')
  }
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0)
}

function filled(byteLength: number, value: number): Uint8Array {
  return b4a.alloc(byteLength, value)
}

function hex(bytes: Uint8Array): string {
  return b4a.toString(bytes, 'hex')
}

function section(heading: string): string {
  const from = document.indexOf(`\n${heading}`)
  if (from < 0) throw new Error(`the document has no ${heading}`)
  const next = document.slice(from + 1).search(/\n##+ /)
  return next < 0 ? document.slice(from) : document.slice(from, from + 1 + next)
}

/** Rows of the table in a section whose first column has this title. */
function rowsUnder(heading: string, firstColumn: string): string[][] {
  const rows = section(heading)
    .split('\n')
    .map((line) => (line.startsWith('|') ? line.slice(1, -1).split('|') : []))
    .map((cells) => cells.map((cell) => cell.trim()))
  const title = rows.findIndex(([first]) => first === firstColumn)
  if (title < 0) throw new Error(`${heading} has no table of ${firstColumn}`)
  const end = rows.findIndex((row, i) => i > title && row.length === 0)
  return rows.slice(title + 2, end < 0 ? undefined : end)
}

/** Fields at fixed offsets; those whose offset or size depends on others are left out. */
function fieldsOf(heading: string): Field[] {
  return rowsUnder(heading, 'offset')
    .filter(([offset, size]) => /^\d+$/.test(offset ?? '') && /^\d+$/.test(size ?? ''))
    .map(([offset, size, name = '', meaning = '']) => {
      return { offset: Number(offset), size: Number(size), name, meaning }
    })
}

function magicOf(heading: string): string {
  const { meaning } = fieldsOf(heading).find(({ name }) => name === 'magic') ?? { meaning: '' }
  return (/`([0-9a-f ]+)`/.exec(meaning)?.[1] ?? '').replaceAll(' ', '')
}
