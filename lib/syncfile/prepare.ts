// What is asked before the first byte is written: whether it will fit, and whether the file is still
// the one that was read.

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

/** The file grew or shrank between being read and being locked. */
export function changedMeanwhile(path: string): CairnError {
  return new CairnError(
    'SYNCFILE_LOCKED',
    `Another program changed ${path} in the meantime. Sync again.`,
    { path }
  )
}
