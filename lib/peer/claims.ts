// Who of a device's peers fetches which feed: one at a time, so that what several of them offer is
// not fetched twice. A claim lasts until what was fetched is in the log, for only then does the next
// one see where to go on. Whoever waits and may be faster gets it between two runs.

interface Waiter {
  readonly owner: object
  /** Bytes per millisecond; infinite where that is not known yet. */
  readonly speed: number
  resume(claim: Claim): void
  /** Waits no longer. */
  leave(): void
}

export class Claims {
  private readonly held = new Map<string, Claim>()
  private readonly waiting = new Map<string, readonly Waiter[]>()

  /** Waits for the feed to be free; null where the signal fired before. No speed is never faster. */
  async take(feed: string, owner: object, signal: AbortSignal, speed = 0): Promise<Claim | null> {
    if (signal.aborted) return null
    if (!this.held.has(feed)) return this.give(feed, owner)
    return new Promise((resolve) => {
      const leave = (): void => {
        signal.removeEventListener('abort', leave)
        const others = this.queue(feed).filter((other) => other !== waiter)
        this.setQueue(feed, others)
        resolve(null)
      }
      const resume = (claim: Claim): void => {
        signal.removeEventListener('abort', leave)
        resolve(claim)
      }
      const waiter: Waiter = { owner, speed, resume, leave }
      signal.addEventListener('abort', leave)
      this.setQueue(feed, [...this.queue(feed), waiter])
    })
  }

  /** Whether somebody waits who may be faster. */
  isWanted(feed: string, speed: number): boolean {
    return this.queue(feed).some((waiter) => isFaster(waiter.speed, speed))
  }

  /** The owner's run of this feed is in the log, or was refused: then nothing of it follows. */
  landed(feed: string, owner: object, refused = false): void {
    const claim = this.held.get(feed)
    if (claim?.owner !== owner) return
    if (!refused) return claim.land()
    for (const waiter of this.queue(feed)) if (waiter.owner === owner) waiter.leave()
    claim.refuse()
  }

  releaseAll(owner: object): void {
    for (const [feed, claim] of this.held) if (claim.owner === owner) this.release(feed, claim)
  }

  private give(feed: string, owner: object): Claim {
    const claim: Claim = new Claim(owner, () => this.release(feed, claim))
    this.held.set(feed, claim)
    return claim
  }

  private release(feed: string, claim: Claim): void {
    // It may have been given up and taken by another since.
    if (this.held.get(feed) !== claim) return
    this.held.delete(feed)
    const queue = this.queue(feed)
    const next = queue.find(({ speed }) => isFaster(speed, claim.speed)) ?? queue[0]
    if (next === undefined) return
    const others = queue.filter((other) => other !== next)
    this.setQueue(feed, others)
    next.resume(this.give(feed, next.owner))
  }

  private queue(feed: string): readonly Waiter[] {
    return this.waiting.get(feed) ?? []
  }

  private setQueue(feed: string, queue: readonly Waiter[]): void {
    if (queue.length === 0) this.waiting.delete(feed)
    else this.waiting.set(feed, queue)
  }
}

/** By so much that it makes up for what changing over costs; equals would go to and fro. */
function isFaster(speed: number, than: number): boolean {
  return speed > 2 * than
}

export class Claim {
  /** Of whoever gives it up for somebody faster. */
  speed: number = Infinity
  isRefused = false
  private underWay = 0
  private done = false

  constructor(
    readonly owner: object,
    private readonly release: () => void
  ) {}

  /** A run has been fetched and is on its way into the log. */
  fetched(): void {
    this.underWay++
  }

  land(): void {
    this.underWay--
    this.maybeRelease()
  }

  refuse(): void {
    this.isRefused = true
    this.release()
  }

  /** Nothing more will be fetched under this claim. */
  finish(): void {
    this.done = true
    this.maybeRelease()
  }

  private maybeRelease(): void {
    if (this.done && this.underWay <= 0) this.release()
  }
}
