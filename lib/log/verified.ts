// Runs that were read out of a store which had verified them need no second verification on their
// way to the next replica. A mark cannot be forged by bytes: it is set on the object, in this
// process, by whoever verified it.

import type { Run } from './replica.js'

const verified = new WeakSet<Run>()

export function markVerified(run: Run): Run {
  verified.add(run)
  return run
}

export function isVerified(run: Run): boolean {
  return verified.has(run)
}
