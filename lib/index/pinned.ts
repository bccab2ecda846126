// One state of the view, held for several queries that must agree.

import { CairnError } from '../errors.js'
import { ViewDamage } from './damage.js'
import type { Generation, Shown } from './generation.js'
import { toObservation, type Observation } from './observation.js'
import { checkQuery, type QueryOptions } from './query.js'
import { select } from './select.js'

export class PinnedView {
  readonly #shown: Shown

  constructor(
    private readonly generation: Generation,
    private readonly now: number,
    private readonly assertOpen: () => void
  ) {
    this.#shown = generation.shown
    generation.retain()
  }

  /** As of the view, only that it always sees the same state; IO_FAILED where that is damaged. */
  async *query(options: QueryOptions): AsyncGenerator<Observation> {
    try {
      for await (const batch of select(this.generation, checkQuery(options), this.#shown)) {
        for (const heads of batch) {
          this.assertOpen()
          yield toObservation(heads, this.now)
        }
      }
    } catch (error) {
      this.assertOpen()
      if (!(error instanceof ViewDamage)) throw error
      const message = 'The view is damaged; it is made anew at the next use.'
      throw new CairnError('IO_FAILED', message, { cause: error })
    }
  }

  release(): void {
    this.generation.release()
  }
}
