// One at a time for each name, and nothing kept of names that nobody uses.

import { Mutex, type MutexInterface } from 'async-mutex'

export class NamedMutexes {
  private readonly mutexes = new Map<string, { readonly mutex: Mutex; users: number }>()

  /** Waits for its turn; resolves to what gives it back, which may be called more than once. */
  async acquire(name: string): Promise<() => void> {
    const entry = this.mutexes.get(name) ?? { mutex: new Mutex(), users: 0 }
    this.mutexes.set(name, entry)
    entry.users++
    const release: MutexInterface.Releaser = await entry.mutex.acquire()
    let held = true
    return () => {
      if (!held) return
      held = false
      if (--entry.users === 0) this.mutexes.delete(name)
      release()
    }
  }

  isHeld(name: string): boolean {
    return this.mutexes.has(name)
  }
}
