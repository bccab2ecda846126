// What a log is opened with.

import type { OnCopied } from './identity.js'
import type { Project } from './project.js'
import type { Configuration } from './replica.js'

export interface LogOptions {
  project: Project
  /** The device's name, written into the hello of a new feed. */
  name: string
  configuration: Configuration
  /** Milliseconds since 1970; Date.now unless a test sets another. */
  wallClock?: () => number
  /** What to do with a folder that was copied or restored; it is refused unless told otherwise. */
  onCopied?: OnCopied
  /** Blocks of one feed at most; 5 million unless told otherwise. */
  feedLimit?: number
  /** The device that this new one carries on for: a claim that others see. */
  succeeds?: string
}
