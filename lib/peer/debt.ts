// What a peer owes, and since when it has paid nothing. Only what was asked for pays: a peer that
// talks of other things does not answer, and must not keep a feed from those who would.

import { CHUNK_BYTES } from './limits.js'

export class Debt {
  private owed: string | null = null
  private opened = 0
  /** Milliseconds of debts that are paid. */
  private spent = 0
  private paidAt = 0
  private bytes = 0

  /** `before` is paid first: while it is open, nothing is expected here. */
  constructor(private readonly before: Debt | null = null) {}

  /** As the end of a sentence; null where nothing is owed. */
  get what(): string | null {
    return this.owed
  }

  /** Something else is owed from now on, or nothing. */
  owe(what: string | null): void {
    this.spent = this.total
    this.opened = performance.now()
    this.owed = what
    this.restart()
  }

  /** A part has come. Less than a chunk buys no more time, or a byte now and then would. */
  pay(byteLength: number): void {
    this.bytes += byteLength
    if (this.bytes < CHUNK_BYTES) return
    this.restart()
    // What goes first may have to stand behind a chunk that was on its way.
    this.before?.restart()
  }

  isOverdue(milliseconds: number): boolean {
    return this.owed !== null && this.clock - this.paidAt >= milliseconds
  }

  private restart(): void {
    this.bytes = 0
    this.paidAt = this.clock
  }

  private get clock(): number {
    return performance.now() - (this.before?.total ?? 0)
  }

  /** Milliseconds that anything has been owed so far. */
  private get total(): number {
    return this.spent + (this.owed === null ? 0 : performance.now() - this.opened)
  }
}
