// What costs something to keep open, by name: opened when somebody needs it, shared, and when too
// many are open, those closed again that were used least recently.

export interface Opening<T> {
  open(name: string): Promise<T>
  close(item: T): Promise<void>
}

interface Pooled<T> {
  readonly item: Promise<T>
  uses: number
}

export class Pool<T> {
  /** In order of use, the least recent first. */
  private readonly open = new Map<string, Pooled<T>>()
  private readonly closing = new Map<string, Promise<void>>()

  /** As many as `limit` stay open that nobody uses. */
  constructor(
    private readonly limit: number,
    private readonly opening: Opening<T>
  ) {}

  /** How many are open now. */
  get count(): number {
    return this.open.size + this.closing.size
  }

  async use<R>(name: string, work: (item: T) => Promise<R>): Promise<R> {
    const pooled = this.open.get(name) ?? { item: this.openNew(name), uses: 0 }
    this.open.delete(name)
    this.open.set(name, pooled)
    // Before anything is awaited: what is about to be used is not closed.
    pooled.uses++
    try {
      return await work(await pooled.item)
    } finally {
      pooled.uses--
      await this.evict()
    }
  }

  /** Lets go of all, for whoever closes them. */
  async drain(): Promise<T[]> {
    await Promise.allSettled(this.closing.values())
    const items = [...this.open.values()].map(({ item }) => item)
    this.open.clear()
    const opened = await Promise.allSettled(items)
    return opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  }

  private async openNew(name: string): Promise<T> {
    await this.closing.get(name)
    try {
      return await this.opening.open(name)
    } catch (error) {
      this.open.delete(name)
      throw error
    }
  }

  private async evict(): Promise<void> {
    for (const [name, pooled] of this.open) {
      if (this.open.size <= this.limit) return
      if (pooled.uses > 0) continue
      this.open.delete(name)
      const closing = pooled.item
        .then((item) => this.opening.close(item))
        .finally(() => this.closing.delete(name))
      this.closing.set(name, closing)
      await closing
    }
  }
}
