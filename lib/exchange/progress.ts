// Progress in what people count: entries, photos, bytes, each done and total, and the phase.

export interface Counter {
  done: number
  total: number
}

export type Phase = 'compare' | 'receive' | 'send' | 'index' | 'media' | 'done'

export interface Progress {
  readonly phase: Phase
  readonly entries: Readonly<Counter>
  readonly media: Readonly<Counter>
  /** Bytes of blocks and media, both directions together. */
  readonly bytes: Readonly<Counter>
}

export type OnProgress = (progress: Progress) => void

/** Counts both directions of one sync and tells the listener. */
export class ProgressMeter {
  private phase: Phase = 'compare'
  private readonly entries: Counter
  private readonly media: Counter = { done: 0, total: 0 }
  private readonly bytes: Counter

  /** Counts on from `before`, where there was something before. */
  constructor(
    private readonly listener: OnProgress | undefined,
    before?: Progress
  ) {
    this.entries = { done: 0, total: 0, ...before?.entries }
    this.bytes = { done: 0, total: 0, ...before?.bytes }
  }

  expect(entries: number, bytes: number): void {
    this.entries.total += entries
    this.bytes.total += bytes
  }

  /** Known only when the entries are here that reference them. */
  expectMedia(count: number, bytes: number): void {
    this.media.total += count
    this.bytes.total += bytes
  }

  enter(phase: Phase): void {
    this.phase = phase
    this.tell()
  }

  /** Never beyond the total: a run may reach farther than what was planned. */
  add(entries: number, bytes: number): void {
    if (entries === 0 && bytes === 0) return
    advance(this.entries, entries)
    advance(this.bytes, bytes)
    this.tell()
  }

  addMedia(count: number, bytes: number): void {
    if (count === 0 && bytes === 0) return
    advance(this.media, count)
    advance(this.bytes, bytes)
    this.tell()
  }

  private tell(): void {
    this.listener?.({
      phase: this.phase,
      entries: { ...this.entries },
      media: { ...this.media },
      bytes: { ...this.bytes }
    })
  }
}

function advance(counter: Counter, by: number): void {
  counter.done += by
  counter.total = Math.max(counter.total, counter.done)
}
