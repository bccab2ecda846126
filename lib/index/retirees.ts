// Generations whose place another one has taken: each is deleted as soon as nobody reads it.

import type { Generation } from './generation.js'

export class Retirees {
  readonly #leaving = new Map<Generation, Promise<void>>()

  add(generation: Generation): void {
    const gone = generation.retire().catch(() => undefined) // The next open removes what is left.
    this.#leaving.set(
      generation,
      gone.then(() => void this.#leaving.delete(generation))
    )
  }

  /** Waits for nobody any more: the view is being closed. */
  async close(): Promise<void> {
    for (const generation of this.#leaving.keys()) generation.dismiss()
    await Promise.all(this.#leaving.values())
  }
}
