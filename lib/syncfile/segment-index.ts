// Where in the file which blocks lie, in memory: per feed its head and its runs. A run is one
// segment, or several of which only the last proves the end; it counts only when it is complete.

import type { DirectoryHead, SegmentPlace } from './directory.js'
import { LABEL_BYTES, RECORD_HEADER_BYTES } from './format.js'
import type { Range } from '../log/replica.js'
import { SEAL_BYTES } from './record.js'

export interface RunPlace {
  readonly from: number
  readonly to: number
  readonly parts: readonly SegmentPlace[]
}

interface FeedIndex {
  head: DirectoryHead | null
  readonly parts: SegmentPlace[]
  runs: RunPlace[] | null
}

export class SegmentIndex {
  private readonly feeds = new Map<string, FeedIndex>()

  setHead(head: DirectoryHead): void {
    this.of(head.feed).head = head
  }

  restoreHead(feed: string, head: DirectoryHead | null): void {
    this.of(feed).head = head
  }

  add(place: SegmentPlace): void {
    const feed = this.of(place.feed)
    const known = feed.parts.some((p) => p.offset === place.offset && p.volume === place.volume)
    if (known) return
    feed.parts.push(place)
    feed.runs = null
  }

  /** Adds many places of which none is known yet. */
  load(places: readonly SegmentPlace[]): void {
    for (const place of places) {
      const feed = this.of(place.feed)
      feed.parts.push(place)
      feed.runs = null
    }
  }

  remove(place: SegmentPlace): void {
    const feed = this.of(place.feed)
    const at = feed.parts.indexOf(place)
    if (at >= 0) feed.parts.splice(at, 1)
    feed.runs = null
  }

  /** Removes the segment at a place, whatever feed it is of. */
  drop(volume: number, offset: number): void {
    for (const { parts } of this.feeds.values()) {
      const place = parts.find((p) => p.volume === volume && p.offset === offset)
      if (place !== undefined) this.remove(place)
    }
  }

  get ids(): IterableIterator<string> {
    return this.feeds.keys()
  }

  head(feed: string): DirectoryHead | null {
    return this.feeds.get(feed)?.head ?? null
  }

  places(): SegmentPlace[] {
    return [...this.feeds.values()].flatMap((feed) => feed.parts)
  }

  heads(): DirectoryHead[] {
    return [...this.feeds.values()].flatMap((feed) => feed.head ?? [])
  }

  /** Complete runs, ascending by where they begin. */
  runs(feed: string): readonly RunPlace[] {
    const index = this.feeds.get(feed)
    if (index === undefined) return []
    index.runs ??= toRuns(index.parts)
    return index.runs
  }

  /** What the runs cover, ascending and disjoint. */
  held(feed: string): Range[] {
    const ranges: { from: number; to: number }[] = []
    for (const { from, to } of this.runs(feed)) {
      const last = ranges.at(-1)
      if (last === undefined || from > last.to) ranges.push({ from, to })
      else last.to = Math.max(last.to, to)
    }
    return ranges
  }

  /** The runs that hold block `seq`, the one that reaches farthest first. */
  covering(feed: string, seq: number): RunPlace[] {
    const runs = this.runs(feed)
    const found: RunPlace[] = []
    for (let i = lastNotAfter(runs, seq); i >= 0; i--) {
      const run = runs[i]
      if (run === undefined) break
      if (run.to > seq) found.push(run)
      // Runs overlap only where a gap was healed; a few steps back see them all.
      else if (found.length > 0 || run.from === 0) break
    }
    return found.sort((a, b) => b.to - a.to)
  }

  private of(feed: string): FeedIndex {
    let index = this.feeds.get(feed)
    if (index === undefined) {
      index = { head: null, parts: [], runs: null }
      this.feeds.set(feed, index)
    }
    return index
  }
}

/** Bytes of the blocks in a segment, without the frame around them. */
export function blockBytes(place: SegmentPlace): number {
  const frame = RECORD_HEADER_BYTES + LABEL_BYTES + SEAL_BYTES + 4 * place.count
  return Math.max(0, place.byteLength - frame)
}

function toRuns(parts: readonly SegmentPlace[]): RunPlace[] {
  const runs: RunPlace[] = []
  const sorted = [...parts].sort(
    (a, b) => a.from - b.from || a.volume - b.volume || a.offset - b.offset
  )
  const open = new Map<number, SegmentPlace[]>()
  for (const part of sorted) {
    const end = part.from + part.count
    const before = open.get(part.from) ?? []
    const run = [...before, part]
    if (part.continues) open.set(end, run)
    else runs.push({ from: run[0]?.from ?? part.from, to: end, parts: run })
  }
  return runs.sort((a, b) => a.from - b.from || a.to - b.to)
}

/** Index of the last run that begins at or before `seq`; -1 where none does. */
function lastNotAfter(runs: readonly RunPlace[], seq: number): number {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((runs[middle]?.from ?? 0) <= seq) low = middle + 1
    else high = middle
  }
  return low - 1
}
