// One at a time for each name, and nothing kept of names that nobody uses.

import { Mutex } from 'async-mutex'
import { acquire } from './turn.js'

export class NamedMutexes {
  private readonly mutexes = new Map<string, { readonly mutex: Mutex; users: number }>()

  /**
   * Waits for its turn; resolves to what gives it back, which may be called more than once. Throws
   * ABORTED where the signal says so before it is its turn.
   */
  async acquire(name: string, signal?: AbortSignal): Promise<() => void> {
    const entry = this.mutexes.get(name) ?? { mutex: new Mutex(), users: 0 }
    this.mutexes.set(name, entry)
    entry.users++
    const leave = (): void => {
      if (--entry.users === 0) this.mutexes.delete(name)
    }
    try {
      const release = await acquire(entry.mutex, signal)
      let held = true
      return () => {
        if (!held) return
        held = false
        leave()
        release()
      }
    } catch (error) {
      leave()
      throw error
    }
  }

  async alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    const release = await this.acquire(name)
    try {
      return await work()
    } finally {
      release()
    }
  }

  isHeld(name: string): boolean {
    return this.mutexes.has(name)
  }
}
