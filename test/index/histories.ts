// Random histories for property tests: what some devices wrote, with links to any earlier versions,
// clocks that may be wrong by years or below those of their links, and deletions.

import type { Assertion } from 'brittle'
import fc from 'fast-check'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'
import type { LoggedEntry, ObservationEntry, VersionRef } from '../../lib/log/entry.js'

export interface Step {
  device: number
  about: number
  /** Which earlier versions of the same observation it links to, as picks among them. */
  links: number[]
  clock: number
  deleted: boolean
  /** Says what others say, too. */
  same?: boolean
}

export const FEEDS: string[] = ['a', 'b', 'c'].map(feedId)

export const histories: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    device: fc.nat(FEEDS.length - 1),
    about: fc.nat(2),
    links: fc.array(fc.nat(1000), { maxLength: 3 }),
    clock: fc.integer({ min: -5, max: 5 }),
    deleted: fc.boolean(),
    same: fc.boolean()
  }),
  { maxLength: 24 }
)

export interface Version extends LoggedEntry {
  readonly entry: ObservationEntry
}

/** Writes a history into feeds. */
export function play(steps: readonly Step[]): { source: MemorySource; versions: Version[] } {
  const source = new MemorySource()
  FEEDS.forEach((feed, i) => source.hello(feed, `Laptop ${i}`))
  const versions: Version[] = []
  for (const step of steps) {
    const id = observationId(START, step.about)
    const earlier = versions.filter((v) => Buffer.compare(v.entry.id, id) === 0)
    const links = new Set<VersionRef>()
    if (earlier.length > 0) for (const n of step.links) links.add(earlier[n % earlier.length]!.ref)
    const entry = observation({
      id,
      links: [...links],
      clock: START + step.clock,
      deleted: step.deleted,
      tags: { n: step.same === true ? 0 : versions.length }
    })
    versions.push({ ref: source.append(FEEDS[step.device]!, entry), entry })
  }
  return { source, versions }
}

/** Runs a property with a seed that is printed; a failure says the smallest case. */
export async function check(
  t: Assertion,
  property: fc.IAsyncProperty<any>,
  numRuns: number
): Promise<void> {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
  t.comment(`SEED=${seed}`)
  const outcome = await fc.check(property, { seed, numRuns })
  if (outcome.failed) t.fail(await fc.asyncDefaultReportMessage(outcome))
  else t.pass(`${numRuns} runs`)
}
