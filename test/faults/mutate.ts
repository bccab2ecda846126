// Sync files as somebody would forge them, field by field. Without the project key (`strangers`):
// anything in clear, with every hash made right again. With it (`members`): whole files whose labels
// and directories say what they like, and feeds of hostile authors. Each case says which feeds it
// left alone: those must arrive all the same.

import b4a from 'b4a'
import { Encoder } from 'cbor-x'
import { hash, seal } from '../../lib/log/crypto.js'
import { toSignerKey } from '../../lib/log/feed-id.js'
import type { Project } from '../../lib/log/project.js'
import { directoryContext } from '../../lib/syncfile/chain.js'
import { type Kind, RECORD_TYPE } from '../../lib/syncfile/format.js'
import {
  decodeRecordHeader,
  encodeRecord,
  payloadOf,
  recordBytes
} from '../../lib/syncfile/record.js'
import { type SegmentLabel, encodeLabel, encodePayload } from '../../lib/syncfile/segment.js'
import { fileKeys } from '../../lib/syncfile/record-keys.js'
import { encodeSuperblock } from '../../lib/syncfile/superblock.js'
import { encodeTrailer } from '../../lib/syncfile/trailer.js'
import type { Author } from '../helpers/author.js'

/** A random generator that a printed seed repeats (mulberry32). */
export class Random {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  /** A number that somebody with bad intentions would write. */
  absurd(): number {
    const near = [0, 1, 2, 3, 7, 40, 80, 160, 255, 256, 512, 513, 1023, 1024, 1025, 4096, 65_535]
    const far = [2 ** 20, 2 ** 26, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 52, 2 ** 53 - 1]
    return this.pick([...near, ...far, this.below(20_000)])
  }

  bytes(byteLength: number): Uint8Array {
    return b4a.from(Array.from({ length: byteLength }, () => this.below(256)))
  }
}

/** Where the parts of a sound file lie. */
export interface Layout {
  readonly bytes: Uint8Array
  readonly records: readonly { offset: number; end: number; type: number; feed: string | null }[]
  readonly trailers: readonly number[]
}

export interface Forged {
  readonly bytes: Uint8Array
  /** What was done, for the one who reads a failure. */
  readonly how: string
  /** Honest feeds that must arrive whole. */
  readonly intact: readonly string[]
  /** Whether a clear refusal of the whole file is fine, too. */
  readonly mayRefuse: boolean
  /** Feeds that a device must hold before it meets this file. */
  readonly holds?: readonly string[]
  /** Hostile members: what they signed may arrive. */
  readonly members?: readonly Author[]
}

type Stranger = (file: Layout, random: Random, feeds: readonly string[]) => Forged

const SUPERBLOCK_FIELDS = {
  readVersion: [8, 2, 'refused'],
  writeVersion: [10, 2, 'fine'],
  kind: [12, 1, 'refused'],
  keyEpoch: [13, 1, 'refused'],
  reserved: [14, 2, 'fine'],
  fileId: [16, 16, 'fine'],
  projectId: [32, 32, 'refused'],
  setId: [64, 16, 'refused'],
  volume: [80, 4, 'refused'],
  volumeBytes: [88, 8, 'fine'],
  previousTrailer: [96, 32, 'fine']
} as const

const TRAILER_FIELDS = {
  fileId: [8, 16, 'fine'],
  generation: [24, 8, 'fine'],
  end: [32, 8, 'fine'],
  directoryOffset: [40, 8, 'fine'],
  directoryBytes: [48, 8, 'fine'],
  directoryHash: [56, 32, 'fine'],
  previous: [88, 8, 'fine'],
  kind: [96, 1, 'fine'],
  keyEpoch: [97, 1, 'refused'],
  readVersion: [98, 2, 'refused'],
  writeVersion: [100, 2, 'fine'],
  reserved: [102, 26, 'fine']
} as const

const RECORD_FIELDS = {
  magic: [0, 8],
  type: [8, 1],
  reserved: [9, 3],
  labelBytes: [12, 4],
  payloadBytes: [16, 8],
  generation: [24, 8],
  fileId: [32, 16]
} as const

export const strangers: Record<string, Stranger> = {
  'a field of the superblock'(file, random, feeds) {
    const name = random.pick(Object.keys(SUPERBLOCK_FIELDS)) as keyof typeof SUPERBLOCK_FIELDS
    const [at, size, outcome] = SUPERBLOCK_FIELDS[name]
    const bytes = b4a.from(file.bytes)
    const value = field(random, size)
    const copies = random.pick([[0], [256], [0, 256]])
    for (const copy of copies) {
      bytes.set(value, copy + at)
      bytes.set(hash(bytes.subarray(copy, copy + 224)), copy + 224)
    }
    return { bytes, how: `superblock ${name}`, intact: feeds, mayRefuse: outcome === 'refused' }
  },

  'a field of a trailer'(file, random, feeds) {
    const name = random.pick(Object.keys(TRAILER_FIELDS)) as keyof typeof TRAILER_FIELDS
    const [at, size, outcome] = TRAILER_FIELDS[name]
    const bytes = b4a.from(file.bytes)
    const trailer = random.pick(file.trailers)
    bytes.set(field(random, size), trailer + at)
    sealTrailer(bytes, trailer)
    return { bytes, how: `trailer ${name}`, intact: feeds, mayRefuse: outcome === 'refused' }
  },

  'a field of a record'(file, random, feeds) {
    const name = random.pick(Object.keys(RECORD_FIELDS)) as keyof typeof RECORD_FIELDS
    const [at, size] = RECORD_FIELDS[name]
    const bytes = b4a.from(file.bytes)
    const record = random.pick(file.records)
    bytes.set(field(random, size), record.offset + at)
    if (random.below(2) === 0) sealRecord(bytes, record.offset)
    return { bytes, how: `record ${name}`, intact: others(feeds, record.feed), mayRefuse: false }
  },

  'a record that swallows what follows, and no directory'(file, random, feeds) {
    const bytes = b4a.from(file.bytes)
    const record = random.pick(file.records)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const { labelBytes } = decodeRecordHeader(bytes.subarray(record.offset))!
    const more = random.below(bytes.byteLength - record.end)
    view.setBigUint64(
      record.offset + 16,
      BigInt(record.end - record.offset - 80 - labelBytes + more),
      true
    )
    sealRecord(bytes, record.offset)
    for (const { type, offset } of file.records) {
      if (type === RECORD_TYPE.directory) bytes[offset + 60]! ^= 1
    }
    return {
      bytes,
      how: `at ${record.offset}`,
      intact: others(feeds, record.feed),
      mayRefuse: false
    }
  },

  'the payload of a record'(file, random, feeds) {
    const bytes = b4a.from(file.bytes)
    const record = random.pick(file.records)
    const header = decodeRecordHeader(bytes.subarray(record.offset))!
    const start = record.offset + 80 + header.labelBytes
    // The first bytes are lengths of blocks.
    const at = random.pick([start, start + 4, start + random.below(header.payloadBytes)])
    bytes.set(field(random, 4), Math.min(at, record.end - 4))
    sealRecord(bytes, record.offset)
    return { bytes, how: `at ${at}`, intact: others(feeds, record.feed), mayRefuse: false }
  },

  'two blocks that changed places'(file, random, feeds) {
    const bytes = b4a.from(file.bytes)
    const record = random.pick(file.records.filter(({ feed }) => feed !== null))
    const header = decodeRecordHeader(bytes.subarray(record.offset))!
    const middle = record.offset + 80 + header.labelBytes + (header.payloadBytes >> 1)
    const size = Math.min(60, (record.end - middle) >> 1)
    const first = b4a.from(bytes.subarray(middle, middle + size))
    bytes.set(bytes.subarray(middle + size, middle + 2 * size), middle)
    bytes.set(first, middle + size)
    sealRecord(bytes, record.offset)
    return { bytes, how: `at ${middle}`, intact: others(feeds, record.feed), mayRefuse: false }
  },

  'two records that changed places'(file, random, feeds) {
    const [a, b] = [random.pick(file.records), random.pick(file.records)].sort(
      (x, y) => x.offset - y.offset
    )
    const { bytes } = file
    const swapped = b4a.concat([
      bytes.subarray(0, a!.offset),
      bytes.subarray(b!.offset, b!.end),
      bytes.subarray(a!.end, Math.max(a!.end, b!.offset)),
      bytes.subarray(a!.offset, a!.end),
      bytes.subarray(b!.end)
    ])
    const moved = file.records.filter(({ offset, end }) => offset >= a!.offset && end <= b!.end)
    const intact = feeds.filter((feed) => moved.every((record) => record.feed !== feed))
    return { bytes: a === b ? bytes : swapped, how: '', intact, mayRefuse: false }
  },

  'records that stand twice'(file, random, feeds) {
    const copies = Array.from({ length: 1 + random.below(40) }, () => {
      const { offset, end } = random.pick(file.records)
      return file.bytes.subarray(offset, end)
    })
    return append(file, copies, 'again at the end', feeds)
  },

  'a trailer for an older directory'(file, random) {
    const old = random.pick(file.records.filter(({ type }) => type === RECORD_TYPE.directory))
    const directory = file.bytes.subarray(old.offset, old.end)
    const last = file.trailers.at(-1)!
    const bytes = b4a.concat([file.bytes, directory, file.bytes.subarray(last, last + 160)])
    const at = bytes.byteLength - 160
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const headerView = new DataView(directory.buffer, directory.byteOffset)
    view.setBigUint64(at + 24, headerView.getBigUint64(24, true), true)
    view.setBigUint64(at + 32, BigInt(at + 160), true)
    view.setBigUint64(at + 40, BigInt(file.bytes.byteLength), true)
    view.setBigUint64(at + 48, BigInt(directory.byteLength), true)
    bytes.set(directory.subarray(48, 80), at + 56)
    sealTrailer(bytes, at)
    // The older state, as if the file had been cut there.
    return { bytes, how: `of ${old.offset}`, intact: [], mayRefuse: false }
  },

  'very many trailers for one large record'(file, random, feeds) {
    const key = random.bytes(32)
    const large = encodeRecord(
      {
        type: RECORD_TYPE.directory,
        fileId: file.bytes.subarray(64, 80),
        generation: 9,
        label: b4a.alloc(0),
        payload: [b4a.alloc(300_000)]
      },
      key
    )
    const start = file.bytes.byteLength
    const last = file.trailers.at(-1)!
    const bytes = b4a.concat([file.bytes, large, b4a.alloc(160 * 400)])
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (let i = 0; i < 400; i++) {
      const at = start + large.byteLength + 160 * i
      bytes.set(file.bytes.subarray(last, last + 160), at)
      view.setBigUint64(at + 32, BigInt(at + 160), true)
      view.setBigUint64(at + 40, BigInt(start), true)
      view.setBigUint64(at + 48, BigInt(large.byteLength), true)
      bytes.set(large.subarray(48, 80), at + 56)
      sealTrailer(bytes, at)
    }
    return { bytes, how: '', intact: feeds, mayRefuse: false }
  },

  'nothing but magics'(file, random, feeds) {
    const magic = random.pick(['CairnRec', 'CairnEnd', 'Cairn', '\x89CAIRN\r\n'])
    return append(file, [b4a.from(magic.repeat(20_000), 'latin1')], magic, feeds)
  },

  'records inside records'(file, _random, feeds) {
    const sizes = Array.from({ length: 300 }, (_, i) => (300 - i) * 80)
    const parts = sizes.map((payloadBytes) => {
      const header = b4a.from(
        file.bytes.subarray(file.records[0]!.offset, file.records[0]!.offset + 80)
      )
      const view = new DataView(header.buffer, header.byteOffset)
      view.setUint32(12, 0, true)
      view.setBigUint64(16, BigInt(payloadBytes), true)
      return header
    })
    const nest = b4a.concat([...parts, b4a.alloc(80)])
    // The innermost first: each hash covers those behind it.
    for (let i = 299; i >= 0; i--) sealRecord(nest, i * 80)
    return append(file, [nest, nest, nest], '', feeds)
  },

  'a file that was cut'(file, random) {
    const bytes = file.bytes.subarray(0, random.below(file.bytes.byteLength))
    return { bytes, how: `at ${bytes.byteLength}`, intact: [], mayRefuse: true }
  },

  'a file with a hole'(file, random, feeds) {
    const from = 512 + random.below(file.bytes.byteLength - 512)
    const to = Math.min(file.bytes.byteLength, from + random.pick([1, 16, 160, 512, 4096]))
    const bytes = b4a.from(file.bytes)
    bytes.fill(random.pick([0, 255]), from, to)
    const hit = file.records.filter(({ offset, end }) => offset < to && end > from)
    const intact = feeds.filter((feed) => hit.every((record) => record.feed !== feed))
    return { bytes, how: `${from} to ${to}`, intact, mayRefuse: false }
  },

  'garbage at the end'(file, random, feeds) {
    return append(file, [random.bytes(1 + random.below(3000))], '', feeds)
  }
}

/** A file as a member would put it together; every part may lie. */
export interface ForgedFile {
  segments: { label: SegmentLabel; blocks: readonly Uint8Array[]; payload?: Uint8Array }[]
  /** May change what a directory says, given the places of the segments. */
  directory?: (fields: Record<string, any>) => void
  /** Bytes of the directory's CBOR, changed at random. */
  scramble?: (plain: Uint8Array) => void
  kind?: Kind
}

/** Writes the file, sealed with the project's keys. */
export function writeForged(project: Project, file: ForgedFile): Uint8Array {
  const setId = b4a.alloc(16, 0x5e)
  const keys = fileKeys(project, setId)
  const kind = file.kind ?? 'snapshot'
  const superblock = encodeSuperblock({
    readVersion: 1,
    writeVersion: 1,
    kind,
    keyEpoch: 0,
    fileId: setId,
    projectId: project.idBytes,
    setId,
    volume: 1,
    volumeBytes: 0,
    previousTrailer: b4a.alloc(32)
  })
  const parts: Uint8Array[] = [superblock, superblock]
  let at = 512
  const common = { fileId: setId, generation: 1 }
  const feeds: string[] = []
  const numberOf = (feed: string): number => {
    if (!feeds.includes(feed)) feeds.push(feed)
    return feeds.indexOf(feed)
  }
  const heads = new Map<string, unknown[]>()
  const rows: unknown[][] = []
  for (const { label, blocks, payload } of file.segments) {
    const record = encodeRecord(
      {
        ...common,
        type: RECORD_TYPE.segment,
        label: encodeLabel(label),
        payload: payload === undefined ? encodePayload(blocks) : [payload]
      },
      keys.label
    )
    const { feed, from, count, continues } = label
    const n = numberOf(feed)
    rows.push([n, from, count, continues ? 1 : 0, 1, at, record.byteLength])
    const known = heads.get(feed)
    if (!continues && Number(known?.[1] ?? 0) < from + count) {
      heads.set(feed, [n, from + count, label.rootHash, label.signature])
    }
    parts.push(record)
    at += record.byteLength
  }
  const fields: Record<string, any> = {
    generation: 1,
    createdAt: 1,
    committedAt: 1,
    configuration: { name: 'rivers', version: '1.0.0' },
    previous: null,
    chain: 1,
    feeds: feeds.map(toSignerKey),
    heads: [...heads.values()],
    segments: rows,
    dropped: []
  }
  file.directory?.(fields)
  const plain = new Encoder({ useRecords: false, tagUint8Array: false }).encode(fields)
  file.scramble?.(plain)
  const sealed = seal(plain, directoryContext(1), keys.directory)
  const directory = encodeRecord(
    { ...common, type: RECORD_TYPE.directory, label: b4a.alloc(0), payload: [sealed] },
    keys.label
  )
  const trailer = encodeTrailer({
    fileId: setId,
    generation: 1,
    end: at + directory.byteLength + 160,
    directoryOffset: at,
    directoryBytes: directory.byteLength,
    directoryHash: directory.subarray(48, 80),
    previous: 0,
    kind,
    keyEpoch: 0,
    readVersion: 1,
    writeVersion: 1
  })
  return b4a.concat([...parts, directory, trailer])
}

/** An author's feed as segments of at most `size` blocks, each with its own signature. */
export function segmentsOf(author: Author, size: number = 1000): ForgedFile['segments'] {
  const segments: ForgedFile['segments'] = []
  for (let from = 0; from < author.blocks.length; from += size) {
    const { feed, to, blocks, rootHash, signature } = author.run(
      from,
      Math.min(author.blocks.length, from + size)
    )
    const label = { feed, from, count: to - from, continues: false, rootHash, signature }
    segments.push({ label, blocks })
  }
  return segments
}

export function layoutOf(bytes: Uint8Array, feedAt: ReadonlyMap<number, string>): Layout {
  const records: Layout['records'][number][] = []
  const trailers: number[] = []
  for (let at = 512; at < bytes.byteLength;) {
    const header = decodeRecordHeader(bytes.subarray(at))
    if (header === null) {
      trailers.push(at)
      at += 160
      continue
    }
    const end = at + recordBytes(header)
    records.push({ offset: at, end, type: header.type, feed: feedAt.get(at) ?? null })
    at = end
  }
  return { bytes, records, trailers }
}

function append(
  file: Layout,
  parts: readonly Uint8Array[],
  how: string,
  intact: readonly string[]
): Forged {
  return { bytes: b4a.concat([file.bytes, ...parts]), how, intact, mayRefuse: false }
}

function others(feeds: readonly string[], feed: string | null): string[] {
  return feeds.filter((other) => other !== feed)
}

/** A little-endian number of `size` bytes, or that many random bytes. */
function field(random: Random, size: number): Uint8Array {
  if (size > 8 || random.below(4) === 0) return random.bytes(size)
  const bytes = b4a.alloc(8)
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(0, BigInt(random.absurd()), true)
  return bytes.subarray(0, size)
}

/** Makes a record's hash right again, as far as its sizes lie in the file. */
function sealRecord(bytes: Uint8Array, offset: number): void {
  const header = decodeRecordHeader(bytes.subarray(offset))
  if (header === null || offset + recordBytes(header) > bytes.byteLength) return
  const record = bytes.subarray(offset, offset + recordBytes(header))
  const [label, payload] = [record.subarray(80, 80 + header.labelBytes), payloadOf(record, header)]
  record.set(hash(record.subarray(0, 48), label, hash(payload)), 48)
}

function sealTrailer(bytes: Uint8Array, offset: number): void {
  bytes.set(hash(bytes.subarray(offset, offset + 128)), offset + 128)
}
