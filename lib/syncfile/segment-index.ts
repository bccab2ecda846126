// Where in the file which blocks lie, in memory: per feed its head and its runs. A run is one
// segment, or several of which only the last proves the end; it counts only when it is complete.

import type { DirectoryHead, SegmentPlace } from './directory.js'
import { LABEL_BYTES, RECORD_HEADER_BYTES } from './format.js'
import type { Range } from '../log/replica.js'
import { MAX_RUN_BLOCKS } from '../log/run-checks.js'
import { SEAL_BYTES } from './record.js'

export interface RunPlace {
  readonly from: number
  readonly to: number
  readonly parts: readonly SegmentPlace[]
}

interface FeedIndex {
  head: DirectoryHead | null
  parts: SegmentPlace[]
  /** Names of the places in `parts`; null until somebody asks. */
  known: Set<string> | null
  runs: ReachingRun[] | null
}

interface ReachingRun extends RunPlace {
  /** The farthest end of this run and those before it. */
  reach: number
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
    feed.known ??= new Set(feed.parts.map(nameOf))
    if (feed.known.has(nameOf(place))) return
    feed.known.add(nameOf(place))
    feed.parts.push(place)
    feed.runs = null
  }

  /** Adds many places of which none is known yet. */
  load(places: readonly SegmentPlace[]): void {
    for (const place of places) {
      const feed = this.of(place.feed)
      feed.parts.push(place)
      feed.known = null
      feed.runs = null
    }
  }

  /** Removes the segments at some places, whatever feeds they are of. */
  drop(places: readonly Pick<SegmentPlace, 'volume' | 'offset'>[]): void {
    if (places.length === 0) return
    const dropped = new Set(places.map(nameOf))
    for (const feed of this.feeds.values()) {
      const kept = feed.parts.filter((part) => !dropped.has(nameOf(part)))
      if (kept.length === feed.parts.length) continue
      feed.parts = kept
      feed.known = null
      feed.runs = null
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

  placesOf(feed: string): readonly SegmentPlace[] {
    return this.feeds.get(feed)?.parts ?? []
  }

  heads(): DirectoryHead[] {
    return [...this.feeds.values()].flatMap((feed) => feed.head ?? [])
  }

  /** Complete runs, ascending by where they begin. */
  runs(feed: string): readonly RunPlace[] {
    return this.reachingRuns(feed)
  }

  /** The first run that begins behind `seq`. */
  runAfter(feed: string, seq: number): RunPlace | undefined {
    const runs = this.reachingRuns(feed)
    return runs[lastNotAfter(runs, seq) + 1]
  }

  /** What the runs cover, ascending and disjoint. */
  held(feed: string): Range[] {
    const index = this.feeds.get(feed)
    // A sync with nothing new asks for no more than this, and needs no runs for it.
    const whole = index?.runs === null ? inOneRow(index.parts) : null
    if (whole !== null) return [whole]
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
    const runs = this.reachingRuns(feed)
    const found: RunPlace[] = []
    for (let i = lastNotAfter(runs, seq); i >= 0; i--) {
      const run = runs[i]
      if (run === undefined || run.reach <= seq) break
      if (run.to > seq) found.push(run)
    }
    return found.sort((a, b) => b.to - a.to)
  }

  private reachingRuns(feed: string): readonly ReachingRun[] {
    const index = this.feeds.get(feed)
    if (index === undefined) return []
    index.runs ??= toRuns(index.parts)
    return index.runs
  }

  private of(feed: string): FeedIndex {
    let index = this.feeds.get(feed)
    if (index === undefined) {
      index = { head: null, parts: [], known: null, runs: null }
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

/** A part and those that lead to it: shared, for a stranger's directory may list very many. */
interface Chain {
  readonly part: SegmentPlace
  readonly before: Chain | undefined
  /** Where the first part begins. */
  readonly from: number
}

/** What segments cover that are listed one behind the other, each a run; null where they are not. */
function inOneRow(parts: readonly SegmentPlace[]): Range | null {
  const from = parts[0]?.from ?? 0
  let to = from
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as SegmentPlace
    if (part.from !== to || part.continues) return null
    to += part.count
  }
  return to > from ? { from, to } : null
}

function toRuns(parts: readonly SegmentPlace[]): ReachingRun[] {
  const runs: ReachingRun[] = []
  const sorted = [...parts].sort(
    (a, b) => a.from - b.from || a.volume - b.volume || a.offset - b.offset
  )
  const open = new Map<number, Chain>()
  for (const part of sorted) {
    const to = part.from + part.count
    const before = open.get(part.from)
    const from = before?.from ?? part.from
    // A run that never ends would fill the memory.
    if (to - from > MAX_RUN_BLOCKS) continue
    const chain = { part, before, from }
    if (part.continues) open.set(to, chain)
    else runs.push(new ChainedRun(chain, to))
  }
  runs.sort((a, b) => a.from - b.from || a.to - b.to)
  let reach = 0
  for (const run of runs) {
    reach = Math.max(reach, run.to)
    run.reach = reach
  }
  return runs
}

class ChainedRun implements ReachingRun {
  reach = 0

  constructor(
    private readonly chain: Chain,
    readonly to: number
  ) {}

  get from(): number {
    return this.chain.from
  }

  get parts(): readonly SegmentPlace[] {
    const parts: SegmentPlace[] = []
    for (let at: Chain | undefined = this.chain; at !== undefined; at = at.before) {
      parts.push(at.part)
    }
    return parts.reverse()
  }
}

function nameOf({ volume, offset }: Pick<SegmentPlace, 'volume' | 'offset'>): string {
  return `${volume}:${offset}`
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
