// Reads runs back out of the file. Every record's hash is checked before its blocks are looked at;
// what does not hold is a gap with an offset and a reason, and the reading goes on behind it.

import type { Gap, Run } from '../log/replica.js'
import { Frontier } from '../log/merkle.js'
import { isSigned } from '../log/signature.js'
import { readOrNull } from './bad-spots.js'
import type { SegmentPlace } from './directory.js'
import { LABEL_BYTES, MAX_SEGMENT_BYTES, RECORD_HEADER_BYTES, RECORD_TYPE } from './format.js'
import type { LoadedFile } from './load.js'
import {
  SEAL_BYTES,
  decodeRecordHeader,
  isWhole,
  openLabel,
  payloadOf,
  recordBytes
} from './record.js'
import { type RecordKeys, keysFor } from './record-keys.js'
import { type Segment, type SegmentLabel, decodePayload, labelFor } from './segment.js'
import { type RunPlace, blockBytes } from './segment-index.js'
import type { Volumes } from './volumes.js'

const LENGTHS_BATCH = 4096
/** A stranger's file may list very many overlapping segments of which none is there. */
const MAX_TRIES = 1024
/** Where a segment's label ends. */
const LABEL_END: number = RECORD_HEADER_BYTES + LABEL_BYTES + SEAL_BYTES

/** Said of bytes that the medium does not give. */
export const UNREAD = 'the medium can no longer read it'

/** Why a segment cannot be had. */
export interface Unreadable {
  readonly code: 'SYNCFILE_DAMAGED' | 'VOLUME_MISSING'
  readonly offset: number
  readonly reason: string
  readonly place: SegmentPlace
  /** The medium gave no bytes: they may be sound. */
  readonly unread?: boolean
}

export class RunReader {
  constructor(
    private readonly volumes: Volumes,
    private readonly file: Pick<LoadedFile, 'index'> & { readonly keys: RecordKeys }
  ) {}

  /**
   * Runs that cover what is held of `[from, to)`. `onDamaged` hears of every segment that cannot be
   * had, `onGap` of blocks that therefore cannot: not all, for some blocks are in several segments.
   */
  async *runs(
    feed: string,
    from: number,
    to: number,
    onGap: (gap: Gap) => void = () => {},
    onDamaged: (place: SegmentPlace) => void = () => {}
  ): AsyncGenerator<Run> {
    const { index } = this.file
    let tries = MAX_TRIES
    for (let at = from; at < to;) {
      const found = await this.runAt(feed, at, (place) => {
        tries--
        onDamaged(place)
      })
      if (found !== null && 'blocks' in found) {
        yield found
        at = found.to
        continue
      }
      const next = Math.min(to, index.runAfter(feed, at)?.from ?? to)
      if (found === null) at = next
      else {
        // Behind the damaged stretch, or wherever another run begins before its end.
        const end = Math.min(tries > 0 ? next : to, found.to)
        const { code, offset, reason } = found
        onGap({ feed, from: at, to: end, code, offset, reason })
        at = end
      }
    }
  }

  /** A run that holds block `seq`; else why there is none and how far that goes; null: not held. */
  private async runAt(
    feed: string,
    seq: number,
    onDamaged: (place: SegmentPlace) => void
  ): Promise<Run | (Unreadable & { to: number }) | null> {
    let first: (Unreadable & { to: number }) | null = null
    for (const place of this.file.index.covering(feed, seq)) {
      const run = await this.run(place)
      if (!('reason' in run)) return run
      onDamaged(run.place)
      first ??= { ...run, to: place.to }
    }
    return first
  }

  /** A run from its parts, or why it cannot be had. */
  async run(place: RunPlace): Promise<Run | Unreadable> {
    const segments: Segment[] = []
    for (const part of place.parts) {
      const segment = await this.segment(part)
      if ('reason' in segment) return segment
      segments.push(segment)
    }
    const last = segments.at(-1)
    if (last === undefined) throw new Error('a run has at least one segment')
    return {
      feed: last.feed,
      from: place.from,
      to: place.to,
      blocks: segments.length === 1 ? last.blocks : segments.flatMap((s) => s.blocks),
      rootHash: last.rootHash,
      signature: last.signature
    }
  }

  /** One segment, or why it cannot be had. */
  async segment(place: SegmentPlace): Promise<Segment | Unreadable> {
    const { volume, offset, byteLength } = place
    const unreadable = (reason: string): Unreadable => ({
      code: 'SYNCFILE_DAMAGED',
      offset,
      reason,
      place
    })
    const storage = this.volumes.find(volume)
    if (storage === undefined) {
      const path = this.volumes.medium.volumePath(volume)
      const reason = `volume ${volume}, ${path}, is missing`
      return { code: 'VOLUME_MISSING', offset, reason, place }
    }
    if (byteLength > MAX_SEGMENT_BYTES || offset + byteLength > (await storage.size())) {
      return unreadable('the file ends before it')
    }
    const record = await readOrNull(storage, offset, byteLength)
    if (record === null) return { ...unreadable(UNREAD), unread: true }
    const header = decodeRecordHeader(record)
    if (header?.type !== RECORD_TYPE.segment || recordBytes(header) !== byteLength) {
      return unreadable('its header is damaged')
    }
    const sealed = openLabel(record, header, keysFor(this.file.keys, header).label)
    if (!isWhole(record, header, sealed ?? undefined)) {
      return unreadable('its bytes are not those that were written')
    }
    const label = sealed && labelFor(sealed.content, place)
    if (label === null) return unreadable('it was not written by this project')
    const blocks = decodePayload(payloadOf(record, header), label.count)
    return blocks === null ? unreadable('its lengths do not add up') : { ...label, blocks }
  }

  /** The label alone: the end that a segment proves, without its blocks. */
  async label(place: SegmentPlace): Promise<SegmentLabel | null> {
    const storage = this.volumes.find(place.volume)
    if (storage === undefined) return null
    const left = Math.max(0, (await storage.size()) - place.offset)
    const bytes = Math.min(LABEL_END, place.byteLength, left)
    const record = await readOrNull(storage, place.offset, bytes)
    const header = record && decodeRecordHeader(record)
    const sealed =
      record && header && openLabel(record, header, keysFor(this.file.keys, header).label)
    return sealed && labelFor(sealed.content, place)
  }

  /** Bytes of the blocks `[from, to)` that are held. */
  async byteLength(feed: string, from: number, to: number): Promise<number> {
    let sum = 0
    for (let at = from; at < to;) {
      const [run] = this.file.index.covering(feed, at)
      if (run === undefined) {
        at = this.file.index.runAfter(feed, at)?.from ?? to
        continue
      }
      for (const part of run.parts) {
        const first = Math.max(at, part.from)
        const last = Math.min(to, part.from + part.count)
        if (last > first) sum += await this.partBytes(part, first, last)
      }
      at = run.to
    }
    return sum
  }

  /** The merkle tree over the first `length` blocks; null where they are not all here. */
  async frontier(feed: string, length: number): Promise<Frontier | null> {
    const tree = new Frontier()
    for await (const run of this.runs(feed, 0, length)) {
      if (run.from > tree.length) return null
      for (const block of run.blocks.slice(tree.length - run.from, length - run.from)) {
        tree.append(block)
      }
    }
    return tree.length === length ? tree : null
  }

  /** Root hash over the first `length` blocks; null where that cannot be told from what is here. */
  async rootHash(feed: string, length: number): Promise<Uint8Array | null> {
    const { index } = this.file
    const head = index.head(feed)
    if (head === null || length > head.length) return null
    if (length === head.length) return head.rootHash
    const ending = index.covering(feed, length - 1).find((run) => run.to === length)
    const part = ending?.parts.at(-1)
    const label = part && (await this.label(part))
    // A label is a member's word; the feed's own signature makes it a fact.
    if (label && isSigned({ ...label, length })) return label.rootHash
    return (await this.frontier(feed, length))?.rootHash() ?? null
  }

  /** Bytes of some blocks of a segment, from its table of lengths. */
  private async partBytes(part: SegmentPlace, from: number, to: number): Promise<number> {
    if (from === part.from && to === part.from + part.count) return blockBytes(part)
    const table = part.offset + part.byteLength - blockBytes(part) - 4 * part.count
    const storage = this.volumes.find(part.volume)
    const size = (await storage?.size()) ?? 0
    let sum = 0
    for (let at = from - part.from; at < to - part.from; at += LENGTHS_BATCH) {
      const count = Math.min(LENGTHS_BATCH, to - part.from - at)
      if (storage === undefined || table < 0 || table + 4 * (at + count) > size) return sum
      const bytes = await readOrNull(storage, table + 4 * at, 4 * count)
      if (bytes === null) return sum
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      for (let i = 0; i < count; i++) sum += view.getUint32(4 * i, true)
    }
    return sum
  }
}
