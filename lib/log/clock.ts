// The hybrid logical clock of one device (after Kulkarni et al., "Logical Physical Clocks", 2014,
// with one number instead of two): the wall clock in milliseconds, but always after what the
// device wrote before and after every version that it replaces. So edits order by cause even when
// a laptop believes it is 1970. A version from 2106 that is replaced lifts only the version that
// replaces it, not the device's own clock: one wrong laptop does not drag the others along.

export class Clock {
  constructor(
    private last: number,
    private readonly wallClock: () => number
  ) {}

  /** The clock of the next own version, which replaces versions with the given clocks. */
  next(wall: number, linked: readonly number[]): number {
    this.last = Math.max(wall, this.last + 1)
    return Math.max(this.last, ...linked.map((clock) => clock + 1))
  }

  /** What `next` did for a version that was written at `wall`, done again after a restart. */
  replay(wall: number): void {
    this.last = Math.max(wall, this.last + 1)
  }

  /** The highest own clock, not counting what other devices' versions lifted. */
  get own(): number {
    return this.last
  }

  /** Milliseconds since 1970, as this device believes it. */
  now(): number {
    return Math.floor(this.wallClock())
  }
}
