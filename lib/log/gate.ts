// A gate that many pass at a time, until somebody needs to be alone inside, or it is closed for good.

import { CairnError } from '../errors.js'

export class Gate {
  private inside = 0
  private alone: Promise<unknown> | null = null
  private onEmpty: (() => void) | null = null
  private isClosed = false

  /** Does the work while nobody is alone. Throws CLOSED. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    while (this.alone !== null) await this.alone.catch(() => {})
    this.assertOpen()
    this.inside++
    try {
      return await work()
    } finally {
      if (--this.inside === 0) this.onEmpty?.()
    }
  }

  /** Does the work when everybody has left, and before anybody comes in. Calls made meanwhile share it. */
  shut(work: () => Promise<void>): Promise<void> {
    if (this.alone === null) {
      const empty = new Promise<void>((resolve) => {
        this.onEmpty = resolve
        if (this.inside === 0) resolve()
      })
      const done = empty.then(work).finally(() => {
        this.alone = null
        this.onEmpty = null
      })
      this.alone = done
    }
    return this.alone as Promise<void>
  }

  /** Lets nobody in any more; resolves when all have left. */
  async close(): Promise<void> {
    this.isClosed = true
    await this.shut(async () => {})
  }

  /** Throws CLOSED. */
  assertOpen(): void {
    if (this.isClosed) throw new CairnError('CLOSED', 'The device was closed meanwhile.')
  }
}
