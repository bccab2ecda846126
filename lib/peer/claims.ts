// Who of a device's peers fetches which feed: one at a time, so that what several of them offer is
// not fetched twice. A claim lasts until what was fetched is in the log, for only then does the next
// one see that nothing is left to fetch.

export class Claims {
  private readonly held = new Map<string, Claim>()
  private readonly waiting = new Map<string, Array<() => void>>()

  /** Waits for the feed to be free; null where the signal fired before. */
  async take(feed: string, owner: object, signal: AbortSignal): Promise<Claim | null> {
    while (this.held.has(feed) && !signal.aborted) await this.freed(feed, signal)
    if (signal.aborted) return null
    const claim: Claim = new Claim(owner, () => this.release(feed, claim))
    this.held.set(feed, claim)
    return claim
  }

  /** The owner's run of this feed is in the log, or was refused. */
  landed(feed: string, owner: object): void {
    const claim = this.held.get(feed)
    if (claim?.owner === owner) claim.land()
  }

  releaseAll(owner: object): void {
    for (const [feed, claim] of this.held) if (claim.owner === owner) this.release(feed, claim)
  }

  private release(feed: string, claim: Claim): void {
    // It may have been given up and taken by another since.
    if (this.held.get(feed) !== claim) return
    this.held.delete(feed)
    const waiting = this.waiting.get(feed) ?? []
    this.waiting.delete(feed)
    for (const resume of waiting) resume()
  }

  private freed(feed: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const resume = (): void => {
        signal.removeEventListener('abort', resume)
        resolve()
      }
      signal.addEventListener('abort', resume)
      const waiting = this.waiting.get(feed)
      if (waiting === undefined) this.waiting.set(feed, [resume])
      else waiting.push(resume)
    })
  }
}

export class Claim {
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

  /** Nothing more will be fetched under this claim. */
  finish(): void {
    this.done = true
    this.maybeRelease()
  }

  private maybeRelease(): void {
    if (this.done && this.underWay <= 0) this.release()
  }
}
