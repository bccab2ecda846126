// Audits that run: each makes the view once more beside the one that is shown. That goes when whoever
// asked has read it, or when the view is closed: then it ends at once, and nothing of it is left.

import type { EntrySource } from '../log/entry.js'
import { type AuditOptions, discrepancies, type Discrepancy, type Side, sideOf } from './audit.js'
import type { Generation } from './generation.js'
import { bringUpToDate } from './indexer.js'
import type { FeedEnds } from './position.js'

export class Audits {
  readonly #running = new Map<Promise<Generation>, AbortController>()

  constructor(
    private readonly create: () => Promise<Generation>,
    private readonly source: EntrySource
  ) {}

  /** Rows of `shown` that are not what the feeds say up to `ends`. */
  async *run(
    { ends, ...shown }: Side & { readonly ends: FeedEnds },
    options: AuditOptions
  ): AsyncGenerator<Discrepancy> {
    const stop = new AbortController()
    const onAbort = (): void => stop.abort(options.signal?.reason)
    options.signal?.addEventListener('abort', onAbort)
    const making = this.#make(ends, { ...options, signal: stop.signal })
    this.#running.set(making, stop)
    try {
      yield* discrepancies(shown, sideOf(await making), options)
    } finally {
      await remove(making)
      this.#running.delete(making)
      options.signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Waits for nobody who reads. */
  async close(): Promise<void> {
    for (const stop of this.#running.values()) stop.abort()
    await Promise.all([...this.#running.keys()].map(remove))
  }

  async #make(ends: FeedEnds, options: AuditOptions): Promise<Generation> {
    const anew = await this.create()
    try {
      await bringUpToDate(anew, this.source, ends, { ...options, bulk: true })
      return anew
    } catch (error) {
      await anew.destroy()
      throw error
    }
  }
}

async function remove(making: Promise<Generation>): Promise<void> {
  const made = await making.catch(() => null)
  await made?.destroy()
}
