// What a sync file is and holds, for a person who found one: whose project, which devices, how
// many entries, from when to when.

import { BlockCodec } from '../log/block.js'
import { entriesIn, isCheckpoint } from '../log/checkpoint.js'
import { isVersion } from '../log/entry.js'
import { toHex } from '../log/feed-id.js'
import { dateText } from '../log/plausible.js'
import type { MediaPolicy } from '../log/media/reference.js'
import { type Configuration, type Range, chunksIn } from '../log/replica.js'
import type { Committed } from './committed.js'
import { type Kind, READ_VERSION } from './format.js'
import type { MediaIndex } from './media-index.js'
import type { RunReader } from './run-reader.js'
import type { SyncFileParts } from './open.js'
import { writeVersionFor } from './version-rule.js'
import type { FileProblem } from './file-problem.js'

export interface SyncFileDevice {
  /** Feed id. */
  readonly device: string
  /** The name in its hello; absent where that is not in this file. */
  readonly name?: string
  /** Entries of observations that this file holds of it. */
  readonly entries: number
  /** Blocks, as signed. */
  readonly length: number
  readonly held: readonly Range[]
  /** ISO 8601, by that device's clock; absent where the block is not here or does not say. */
  readonly firstAt?: string
  readonly lastAt?: string
}

/** Photos and files. */
export interface SyncFileMedia {
  /** Those that are whole. */
  readonly count: number
  /** Of these. */
  readonly bytes: number
  /** Those that are here in part: the next sync goes on with them. */
  readonly partial: number
  /** The tiers that the file takes; null where nobody chose: all. */
  readonly tiers: MediaPolicy | null
}

export interface SyncFileInfo {
  readonly path: string
  /** How many volumes of it are here. */
  readonly volumes: number
  readonly kind: Kind
  readonly format: { readonly read: number; readonly write: number }
  readonly fileId: string
  readonly projectId: string
  /** Bytes of all volumes. */
  readonly byteLength: number
  /** How many times something was written into it. */
  readonly commits: number
  /** ISO 8601. */
  readonly createdAt: string
  readonly committedAt: string
  /** Null where a damaged file no longer tells. */
  readonly configuration: Configuration | null
  readonly readOnly: boolean
  readonly entries: number
  readonly media: SyncFileMedia
  readonly devices: readonly SyncFileDevice[]
  readonly problems: readonly FileProblem[]
}

export async function inspectFile(
  parts: SyncFileParts,
  reader: RunReader,
  committed: Committed
): Promise<SyncFileInfo> {
  const { file, volumes, project, configuration, tiers } = parts
  const devices: SyncFileDevice[] = []
  for (const head of file.index.heads()) {
    const held = file.index.held(head.feed)
    const codec = new BlockCodec(project, head.feed)
    const hello = await entryAt(reader, codec, head.feed, 0)
    const last = lastEntry(held)
    const lastOne = last === null ? null : await entryAt(reader, codec, head.feed, last)
    devices.push({
      device: head.feed,
      ...(hello?.kind === 'hello' && { name: hello.name, firstAt: dateText(hello.createdAt) }),
      entries: held.reduce((sum, range) => sum + entriesIn(range.from, range.to), 0),
      length: head.length,
      held,
      ...(lastOne && isVersion(lastOne) && { lastAt: dateText(lastOne.updatedAt) })
    })
  }
  return {
    path: volumes.path,
    volumes: volumes.numbers.length,
    kind: file.kind,
    format: {
      read: volumes.superblock?.readVersion ?? READ_VERSION,
      write: Math.max(
        volumes.superblock?.writeVersion ?? 0,
        writeVersionFor(file.media.length > 0 || tiers !== null)
      )
    },
    fileId: toHex(file.setId),
    projectId: project.id,
    byteLength: await volumes.byteLength(),
    commits: committed.generation,
    createdAt: dateText(committed.createdAt),
    committedAt: dateText(committed.committedAt),
    configuration,
    readOnly: volumes.readOnly,
    entries: devices.reduce((sum, device) => sum + device.entries, 0),
    media: mediaIn(file.media, tiers),
    devices,
    problems: file.problems
  }
}

function mediaIn(media: MediaIndex, tiers: MediaPolicy | null): SyncFileMedia {
  const sum = { count: 0, bytes: 0, partial: 0 }
  for (const { size, chunks } of media) {
    if (chunks < chunksIn(size)) sum.partial++
    else {
      sum.count++
      sum.bytes += size
    }
  }
  return { ...sum, tiers }
}

type Opened = ReturnType<BlockCodec['open']>

async function entryAt(
  reader: RunReader,
  codec: BlockCodec,
  feed: string,
  seq: number
): Promise<Opened | null> {
  for await (const run of reader.runs(feed, seq, seq + 1)) {
    const block = run.blocks[seq - run.from]
    return block === undefined ? null : codec.open(seq, block)
  }
  return null
}

function lastEntry(held: readonly Range[]): number | null {
  const end = held.at(-1)?.to ?? 0
  const last = isCheckpoint(end - 1) ? end - 2 : end - 1
  return last > 0 ? last : null
}
