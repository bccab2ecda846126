// The file HEAD beside a device's store: which feed is its own, and how long it was when last made
// durable. A store that is behind its HEAD has been rolled back, and must not write on.

import b4a from 'b4a'
import { CairnError } from '../errors.js'
import { readIfThere, writeDurably } from './durable-file.js'
import { isFeedId, toHex } from './feed-id.js'

const FORMAT = 1

export interface HeadFile {
  readonly projectId: string
  /** Own feed id. */
  readonly feed: string
  /** Which of the store's own key pairs signs it. */
  readonly feedNumber: number
  readonly length: number
  readonly rootHash: Uint8Array
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
  const { format, projectId, feed, feedNumber, length, rootHash } = fields
  const valid =
    format === FORMAT &&
    typeof projectId === 'string' &&
    isFeedId(feed) &&
    isCount(feedNumber) &&
    isCount(length) &&
    typeof rootHash === 'string' &&
    /^[0-9a-f]{64}$/.test(rootHash)
  if (!valid) {
    throw new CairnError(
      'DEVICE_DAMAGED',
      `The file ${path} is damaged, so it is unknown where this device stopped writing. Restore from a sync file into a new folder.`,
      { path }
    )
  }
  return { projectId, feed, feedNumber, length, rootHash: b4a.from(rootHash, 'hex') }
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
