// Which of several heads is shown. A total order over what the heads themselves carry, so that
// every device chooses alike: a version beats a deletion, then the higher clock, then the higher
// version name.

import { compareVersions } from '../log/version.js'
import type { Head } from './heads.js'

/** Negative where `a` wins over `b`: sorting puts the winner first. */
export function compareHeads(a: Head, b: Head): number {
  if (a.version.deleted !== b.version.deleted) return a.version.deleted ? 1 : -1
  if (a.clock !== b.clock) return b.clock - a.clock
  return compareVersions(b.version.ref, a.version.ref)
}
