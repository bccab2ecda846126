// The file HEAD beside a device's store: which feed is its own, and how long it was when last made
// durable. A store that is behind its HEAD has been rolled back, and must not write on.

import b4a from 'b4a'
import { CairnError } from '../errors.js'
import { readIfThere, writeDurably } from './durable-file.js'
import { isFeedId, toHex } from './feed-id.js'

const FORMAT = 1

export interface HeadFile {
  readonly projectId: string
  /** Names the key pair of the own feed, which is derived from the store's seed. */
  readonly label: string
  /** Own feed id; null where it was decided to begin a new one, and that has not happened yet. */
  readonly feed: string | null
  /** Blocks that were durable. */
  readonly length: number
  /** Merkle root hash over them; zeros over none. */
  readonly rootHash: Uint8Array
  /** The feed that the own one continues. */
  readonly predecessor: string | null
  /** The own clock after the last of these blocks; absent where an earlier version wrote it. */
  readonly clock?: number
  /** Feeds that this device wrote and that forked. */
  readonly forked?: readonly ForkedFeed[]
}

/** A feed that this device wrote until it learned that it had forked. */
export interface ForkedFeed {
  readonly feed: string
  /** Names the key pair that signed it. */
  readonly label: string
  /** What is only in this device's branch begins here. */
  readonly from: number
  /** Whether all of that has been written again, under the feed that goes on. */
  readonly issued: boolean
}

export async function writeHeadFile(path: string, head: HeadFile): Promise<void> {
  const content = { format: FORMAT, ...head, rootHash: toHex(head.rootHash) }
  await writeDurably(path, `${JSON.stringify(content, null, 2)}\n`)
}

/** Null where there is none. Throws DEVICE_DAMAGED where it cannot be read. */
export async function readHeadFile(path: string): Promise<HeadFile | null> {
  const text = await readIfThere(path)
  if (text === null) return null
  const fields = parse(text)
  const { format, projectId, label, feed, length, rootHash, predecessor, clock } = fields
  const { forked = [] } = fields
  const valid =
    format === FORMAT &&
    typeof projectId === 'string' &&
    typeof label === 'string' &&
    (isFeedId(feed) || (feed === null && length === 0)) &&
    (isFeedId(predecessor) || predecessor === null) &&
    isCount(length) &&
    typeof rootHash === 'string' &&
    /^[0-9a-f]{64}$/.test(rootHash) &&
    Array.isArray(forked) &&
    forked.every(isForked)
  if (!valid) {
    throw new CairnError(
      'DEVICE_DAMAGED',
      `The file ${path} is damaged, so it is unknown where this device stopped writing. Restore from a sync file into a new folder.`,
      { path }
    )
  }
  return {
    projectId,
    label,
    feed,
    length,
    rootHash: b4a.from(rootHash, 'hex'),
    predecessor,
    ...(isCount(clock) && { clock }),
    ...(forked.length > 0 && { forked })
  }
}

function isForked(value: unknown): value is ForkedFeed {
  if (typeof value !== 'object' || value === null) return false
  const { feed, label, from, issued } = value as Record<string, unknown>
  return isFeedId(feed) && typeof label === 'string' && isCount(from) && typeof issued === 'boolean'
}

function parse(text: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(text)
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
