// The puts of a device that run: closing it ends them, and waits until nothing of them is left. A
// source may stall for ever.

export class Puts {
  private readonly running = new Map<AbortController, Promise<unknown>>()

  /** Gives the work a signal that says what the caller's says, and the end. */
  async run<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    const stop = new AbortController()
    const onAbort = (): void => stop.abort(signal?.reason)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    const done = work(stop.signal)
    this.running.set(stop, done)
    try {
      return await done
    } finally {
      this.running.delete(stop)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async end(): Promise<void> {
    for (const stop of this.running.keys()) stop.abort()
    await Promise.allSettled(this.running.values())
  }
}
