// A hostile member of a case, and who else is in it. He has the project key, so he is let in, and signs
// feeds of his own; he cannot sign for another device. Each kind bends a sound peer (`Hostile`).

import type { SignedLength } from '../../lib/log/signature.js'
import type { Author } from '../helpers/author.js'
import type { Random } from '../faults/mutate.js'
import type { Hostile, Moment } from './hostile.js'

/** Who else is there. */
export interface Cast {
  readonly honest: readonly Author[]
  /** Ids of the devices of the case: the one that is fuzzed, and its honest peer. */
  readonly devices: readonly string[]
  /** Heads of the honest peer as of now: those of its own feed are news. */
  readonly newest: () => Promise<ReadonlyMap<string, SignedLength>>
  /** Of photos that honest entries show. */
  readonly hashes: readonly string[]
  /** What hostile members have signed: it may come in. */
  readonly signed: Author[]
  /** What the fuzzed device is to hold before: added by a kind. */
  readonly holds: Author[]
}

/** Says what it did, which may be known only afterwards. */
export type Member = (hostile: Hostile, random: Random, cast: Cast) => string | (() => string)

export const MOMENTS: readonly Moment[] = [
  'opened',
  'proved',
  'greeted',
  'listed',
  'caught up',
  'live'
]

/** Does something besides at some moment. */
export function besides(hostile: Hostile, random: Random, act: () => unknown): string {
  const at = random.pick(MOMENTS.slice(2))
  hostile.acts.push({ at, act })
  return `when ${at}`
}
