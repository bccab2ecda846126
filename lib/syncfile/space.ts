// Whether what is about to be written will fit, asked before the first byte.

import { CairnError } from '../errors.js'
import type { Intake } from '../log/replica.js'
import type { Medium } from './medium.js'

/** What stands around the blocks in a file, at most. */
const OVERHEAD = { perRun: 512, perBlock: 4, perCommit: 64 * 1024 } as const

/** Throws NO_SPACE with the bytes that are needed. */
export async function assertSpace(medium: Medium, intake: Intake): Promise<void> {
  const bytesNeeded =
    intake.byteLength +
    intake.blocks * OVERHEAD.perBlock +
    intake.runs * OVERHEAD.perRun +
    OVERHEAD.perCommit
  const free = await medium.free()
  if (free === null || free >= bytesNeeded) return
  throw new CairnError(
    'NO_SPACE',
    `${medium.path} needs ${bytesNeeded} bytes more and only ${free} are free. Nothing was written.`,
    { path: medium.path, bytesNeeded, expected: bytesNeeded, found: free }
  )
}
