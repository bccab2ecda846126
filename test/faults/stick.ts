// Sync files on a faulty medium, and what must hold of them whatever happened.

import b4a from 'b4a'
import type { CairnError } from '../../lib/errors.js'
import type { SyncReport } from '../../lib/exchange/report.js'
import { sync } from '../../lib/exchange/sync.js'
import { Project } from '../../lib/log/project.js'
import { createParts, openParts } from '../../lib/syncfile/open.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import type { Author } from '../helpers/author.js'
import { CONFIGURATION, PROJECT_KEY, START } from '../helpers/fixed.js'
import { MemoryReplica } from '../helpers/memory-replica.js'
import { FaultyMedium, type Image } from './faulty-medium.js'

export const project: Project = new Project(PROJECT_KEY)

const now = (): number => START

/** A file begun on an empty medium. */
export async function createOn(medium: FaultyMedium, volumeBytes = 0): Promise<SyncFile> {
  const file = { kind: 'snapshot', volumeBytes, configuration: CONFIGURATION, now } as const
  return new SyncFile(await createParts(medium, project, file))
}

/** A file opened to sync with it. */
export async function openOn(medium: FaultyMedium): Promise<SyncFile> {
  return new SyncFile(await openParts(medium, project, now, true))
}

export async function replicaOf(...authors: readonly Author[]): Promise<MemoryReplica> {
  const replica = new MemoryReplica({ projectId: project.id })
  for (const author of authors) {
    for (let at = 0; at < author.blocks.length;) {
      const to = Math.min(author.blocks.length, at - (at % 1024) + 1024)
      await replica.append(author.run(at, to))
      at = to
    }
  }
  return replica
}

/** A file with these feeds, one commit for each argument. */
export async function imageOf(commits: readonly Author[][], volumeBytes = 0): Promise<Image> {
  const medium = new FaultyMedium()
  let file = await createOn(medium, volumeBytes)
  for (const [i, authors] of commits.entries()) {
    if (i > 0) file = await openOn(medium)
    await sync(await replicaOf(...authors), file)
    await file.close()
  }
  return medium.image
}

/** An author who has come only so far. */
export function upTo(author: Author, length: number): Author {
  const copy = Object.create(author) as Author
  Object.defineProperty(copy, 'blocks', { value: author.blocks.slice(0, length) })
  return copy
}

export type Truth = ReadonlyMap<string, Author>

export function truthOf(...authors: readonly Author[]): Truth {
  return new Map(authors.map((author) => [author.feed, author]))
}

/** Whether all that a replica has is what the authors wrote; how many blocks of each. */
export function lengthsIn(replica: MemoryReplica, truth: Truth): Map<string, number> {
  const lengths = new Map<string, number>()
  for (const [feed, { blocks }] of replica.feeds) {
    const author = truth.get(feed)
    for (const [seq, block] of blocks.entries()) {
      const written = author?.blocks[seq]
      if (written === undefined || !b4a.equals(block, written)) {
        throw new Error(`block ${seq} of ${feed} is not what its author wrote`)
      }
    }
    lengths.set(feed, blocks.length)
  }
  return lengths
}

export interface Taken {
  readonly lengths: ReadonlyMap<string, number>
  readonly report: SyncReport
}

/** What an empty device gets out of an image, compared with the truth. */
export async function takeFrom(medium: FaultyMedium, truth: Truth): Promise<Taken> {
  const file = await openOn(medium)
  const replica = await replicaOf()
  const report = await sync(replica, file)
  await file.close()
  return { lengths: lengthsIn(replica, truth), report }
}

export interface Expected {
  readonly truth: Truth
  /** Blocks that had been committed, per feed. */
  readonly committed: ReadonlyMap<string, number>
  /** A device that has everything. */
  readonly whole: MemoryReplica
  /** The medium lied: what was committed last may have gaps until it is verified. */
  readonly lied?: boolean
}

/** Throws unless an image opens, lost nothing committed, and is made whole by the next sync. */
export async function assertSurvives(image: Image, expected: Expected): Promise<void> {
  const { truth, committed, whole, lied = false } = expected
  const medium = new FaultyMedium(image)
  const { lengths, report } = await takeFrom(medium, truth)
  // Of a commit that was cut off, a later segment may be there and an earlier one not.
  const wrong = report.refused.filter(({ code }) => code !== 'BASE_MISSING')
  if (!lied && wrong.length > 0) throw new Error(`refused: ${say(report)}`)
  for (const [feed, length] of committed) {
    if ((lengths.get(feed) ?? 0) < length) {
      throw new Error(`${feed} had ${length} blocks and now ${lengths.get(feed) ?? 0}`)
    }
  }
  const file = await openOn(medium)
  if (lied) await file.verify()
  // A volume of which nothing arrived that could be recognised is left alone, and so is the rest.
  if (lied && file.readOnly) return file.close()
  const sent = await sync(whole, file)
  if (sent.refused.length > 0) throw new Error(`refused: ${say(sent)}`)
  await file.close()
  await assertWhole(medium, expected)
}

/** Throws unless a file holds everything, and nothing in it is damaged. */
export async function assertWhole(medium: FaultyMedium, { truth }: Expected): Promise<void> {
  const file = await openOn(medium)
  const problems = await file.verify()
  if (problems.length > 0) throw new Error(`not whole: ${problems.map((p) => p.message).join(' ')}`)
  const heads = await file.heads()
  for (const [feed, { blocks }] of truth) {
    const head = heads.get(feed)
    const whole =
      head?.length === blocks.length && head.held.length === 1 && head.held[0]?.from === 0
    if (!whole) throw new Error(`${feed} has ${head?.length} of ${blocks.length} blocks`)
  }
  await file.close()
}

export function say({ refused }: SyncReport): string {
  return refused.map(({ code, message }) => `${code} ${message}`).join(' ')
}

/** The code that work failed with; null where it did not. Anything but a CairnError is thrown. */
export async function failureOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work
    return null
  } catch (error) {
    const { code, name } = error as CairnError
    if (name === 'CairnError') return code
    throw error
  }
}
