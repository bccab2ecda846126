// What a promise was rejected with, for tests that look at more than the code.

import { CairnError } from '../../lib/errors.js'

/** The CairnError that `promise` rejects with; throws where it resolves or rejects otherwise. */
export async function rejection(promise: Promise<unknown>): Promise<CairnError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => ({ error })
  )
  if (outcome === null) throw new Error('it should have been rejected')
  if (outcome.error instanceof CairnError) return outcome.error
  throw outcome.error
}

/** The code of the CairnError that `work` throws or rejects with. */
export async function codeOf(work: () => unknown): Promise<string> {
  return (await rejection((async () => work())())).code
}
