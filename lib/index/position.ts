// Where a view stands: a position per feed is the number of blocks taken in and the root hash over
// these. Feeds and view are two databases, and after a power cut, a restored backup or a fork one
// of them can know what the other does not. A view that stands on blocks the feeds do not have is
// not used.

import b4a from 'b4a'
import type { EntrySource } from '../log/entry.js'
import { ViewDamage } from './damage.js'
import { listGenerations, makeFolder, removeGeneration } from './generation-folders.js'
import { Generation } from './generation.js'
import type { AnyKind } from './kind.js'

export type FeedEnds = ReturnType<EntrySource['ends']>

export interface Found {
  readonly usable: Generation | null
  readonly damage: ViewDamage
  /** Number for a new generation. */
  readonly next: number
}

/** The newest generation that is whole and stands on what the feeds hold. Removes all others. */
export async function findUsable(
  dir: string,
  source: EntrySource,
  kinds: readonly AnyKind[] = []
): Promise<Found> {
  await makeFolder(dir)
  const numbers = await listGenerations(dir)
  let usable: Generation | null = null
  let damage = new ViewDamage('There is no view yet', undefined, 'missing')
  for (const number of numbers) {
    if (usable === null) {
      try {
        usable = await openVerified(dir, number, source, kinds)
        continue
      } catch (error) {
        if (!(error instanceof ViewDamage)) throw error
        damage = error
      }
    }
    await removeGeneration(dir, number).catch(() => undefined)
  }
  return { usable, damage, next: (numbers[0] ?? 0) + 1 }
}

async function openVerified(
  dir: string,
  number: number,
  source: EntrySource,
  kinds: readonly AnyKind[]
): Promise<Generation> {
  const generation = await Generation.load(dir, number, kinds)
  try {
    const ends = source.ends()
    assertNotAhead(generation, ends)
    for (const { feed, length, rootHash } of generation.feeds) {
      if (length === 0) continue
      const end = ends.get(feed)
      const now = end?.length === length ? end.rootHash : await source.rootHash(feed, length)
      if (now === null || !b4a.equals(now, rootHash)) throw notOn(feed)
    }
    return generation
  } catch (error) {
    await generation.close()
    throw error
  }
}

export function assertNotAhead(generation: Generation, ends: FeedEnds): void {
  const feed = aheadOf(generation, ends)
  if (feed !== null) throw notOn(feed)
}

/** A feed that the view has read further than it goes. */
export function aheadOf(generation: Generation, ends: FeedEnds): string | null {
  for (const { feed, length } of generation.feeds) {
    if (length > (ends.get(feed)?.length ?? 0)) return feed
  }
  return null
}

function notOn(feed: string): ViewDamage {
  const message = `The view stands on entries that feed ${feed.slice(0, 8)} does not have`
  return new ViewDamage(message, undefined, 'position')
}

export function blocksTaken(generation: Generation): number {
  let blocks = 0
  for (const { length } of generation.feeds) blocks += length
  return blocks
}

/** How far a generation has read each feed. */
export function endsOf({ feeds }: Generation): FeedEnds {
  return new Map([...feeds].map(({ feed, length, rootHash }) => [feed, { length, rootHash }]))
}

export function lengthsOf({ feeds }: Generation): ReadonlyMap<string, number> {
  return new Map([...feeds].map(({ feed, length }) => [feed, length]))
}

/** Blocks between the positions and the ends. */
export function blocksBehind(generation: Generation, ends: FeedEnds): number {
  let blocks = 0
  for (const [feed, { length }] of ends) {
    blocks += Math.max(0, length - generation.feeds.get(feed).length)
  }
  return blocks
}
