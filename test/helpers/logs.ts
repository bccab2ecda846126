// Logs for tests below the level of devices, and a look at what really lies in their stores.

import { join } from 'node:path'
import type { Assertion } from 'brittle'
import b4a from 'b4a'
import { decodeCheckpoint, isCheckpoint } from '../../lib/log/checkpoint.js'
import type { FeedStore } from '../../lib/log/feed-store.js'
import { Log } from '../../lib/log/log.js'
import { Frontier } from '../../lib/log/merkle.js'
import { Project } from '../../lib/log/project.js'
import { isSigned } from '../../lib/log/signature.js'
import type { Author } from './author.js'
import { CONFIGURATION, PROJECT_KEY, START, type TestClock } from './fixed.js'

export interface TestLogOptions {
  dir?: string
  clock?: TestClock
  projectKey?: Uint8Array
  name?: string
}

export async function createLog(
  t: Assertion,
  { dir, clock = { now: START }, projectKey = PROJECT_KEY, name = 'Laptop' }: TestLogOptions = {}
): Promise<Log> {
  const log = await Log.open(dir ?? join(await t.tmp(), 'log'), {
    project: new Project(projectKey),
    name,
    configuration: CONFIGURATION,
    wallClock: () => clock.now
  })
  t.teardown(() => crash(log))
  return log
}

/** The store under a log: what a test must be able to see and the library's users must not. */
export function storeOf(log: Log): FeedStore {
  return (log as unknown as { store: FeedStore }).store
}

/** Throws where a feed that is not one of `own` holds something that none of its authors signed. */
export async function assertAllSigned(
  log: Log,
  authors: readonly Author[],
  own: ReadonlySet<string>
): Promise<void> {
  for (const [feed, { length }] of log.ends()) {
    if (own.has(feed)) continue
    // Two of one feed are its two branches; which one comes first into an empty device, stays.
    const writers = authors.filter((author) => author.feed === feed)
    if (writers.length === 0) throw new Error(`feed ${feed} of nobody came in`)
    const blocks = await storeOf(log).read(feed, 0, length)
    const areSigned = writers.some((author) =>
      blocks.every((block, i) => b4a.equals(block, author.blocks[i] ?? NOTHING))
    )
    if (!areSigned) throw new Error(`feed ${feed} holds what nobody signed`)
  }
}

const NOTHING = b4a.from('no block')

/** Closes the store and nothing else: no flush, no HEAD, as when the process is killed. */
export async function crash(log: Log): Promise<void> {
  await storeOf(log).close()
}

/** How many cores a store knows, with or without blocks in them. */
export async function coresIn(log: Log): Promise<number> {
  const { store } = storeOf(log) as unknown as { store: { list(): AsyncIterable<unknown> } }
  let count = 0
  for await (const _ of store.list()) count++
  return count
}

export interface CheckpointReport {
  /** Sequence numbers of sound checkpoints. */
  readonly sound: number[]
  readonly broken: number[]
}

/** Reads a whole feed and verifies every checkpoint over the blocks before it. */
export async function verifyCheckpoints(
  log: Log,
  feed: string = log.id
): Promise<CheckpointReport> {
  const length = log.ends().get(feed)?.length ?? 0
  const blocks = await storeOf(log).read(feed, 0, length)
  const tree = new Frontier()
  const report: CheckpointReport = { sound: [], broken: [] }
  for (const [seq, block] of blocks.entries()) {
    if (isCheckpoint(seq)) {
      const signature = decodeCheckpoint(block)
      const rootHash = tree.rootHash()
      const sound = signature !== null && isSigned({ feed, length: seq, rootHash, signature })
      report[sound ? 'sound' : 'broken'].push(seq)
    }
    tree.append(block)
  }
  return report
}
