// What costs something to keep open, by name: opened when somebody needs it, shared, and when too
// many are open, those closed again that were used least recently.

export interface Opening<T> {
  open(name: string): Promise<T>
  close(item: T): Promise<void>
}

interface Pooled<T> {
  readonly item: T
  uses: number
}

export class Pool<T> {
  /** In order of use, the least recent first. */
  private readonly open = new Map<string, Promise<Pooled<T>>>()
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
    const opening = this.open.get(name) ?? this.openNew(name)
    this.open.delete(name)
    this.open.set(name, opening)
    const pooled = await opening
    pooled.uses++
    try {
      return await work(pooled.item)
    } finally {
      pooled.uses--
      await this.evict()
    }
  }

  /** Lets go of all, for whoever closes them. */
  async drain(): Promise<T[]> {
    await Promise.allSettled(this.closing.values())
    const opened = await Promise.allSettled(this.open.values())
    this.open.clear()
    return opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value.item] : []))
  }

  private async openNew(name: string): Promise<Pooled<T>> {
    await this.closing.get(name)
    try {
      return { item: await this.opening.open(name), uses: 0 }
    } catch (error) {
      this.open.delete(name)
      throw error
    }
  }

  private async evict(): Promise<void> {
    for (const [name, opening] of this.open) {
      if (this.open.size <= this.limit) return
      const pooled = await opening
      if (pooled.uses > 0 || this.open.get(name) !== opening) continue
      this.open.delete(name)
      const closing = this.opening.close(pooled.item).finally(() => this.closing.delete(name))
      this.closing.set(name, closing)
      await closing
    }
  }
}
