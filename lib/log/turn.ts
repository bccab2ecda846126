// Waits for one's turn with a mutex, and no longer than is wanted: who holds it may be fetching a
// photo over a slow line.

import type { Mutex } from 'async-mutex'
import { throwIfAborted } from '../errors.js'

const NOT_BEGUN = 'It had not begun.'

/** Resolves to what gives the turn back. Throws ABORTED; then the turn is passed on when it comes. */
export async function acquire(mutex: Mutex, signal?: AbortSignal): Promise<() => void> {
  throwIfAborted(signal, NOT_BEGUN)
  const turn = mutex.acquire()
  if (signal === undefined) return turn
  let stop = (): void => {}
  const aborted = new Promise<null>((resolve) => (stop = () => resolve(null)))
  signal.addEventListener('abort', stop)
  try {
    const release = await Promise.race([turn, aborted])
    if (release !== null) return release
    void turn.then((late) => late())
    throwIfAborted(signal, NOT_BEGUN)
    throw signal.reason
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
