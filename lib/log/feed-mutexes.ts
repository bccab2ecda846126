// One mutex per feed, shared by own appends and incoming runs.

import { Mutex } from 'async-mutex'

export class FeedMutexes {
  private readonly mutexes = new Map<string, Mutex>()

  async alone<T>(feed: string, work: () => Promise<T>): Promise<T> {
    let mutex = this.mutexes.get(feed)
    if (mutex === undefined) {
      mutex = new Mutex()
      this.mutexes.set(feed, mutex)
    }
    return mutex.runExclusive(work)
  }
}
