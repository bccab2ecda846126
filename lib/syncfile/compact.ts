// Writes a fresh file of the same content beside the old one, verifies it, and only then lets it
// take the old one's place. Until that moment the old file is untouched.

import { CairnError, throwIfAborted } from '../errors.js'
import { readAhead } from '../log/read-ahead.js'
import type { Gap } from '../log/replica.js'
import { Commit } from './commit.js'
import { committedState } from './committed.js'
import { isMissing } from './file-problem.js'
import { DEFAULT_VOLUME_BYTES } from './format.js'
import { copyMedia } from './media-copy.js'
import { MediaReader } from './media-reader.js'
import type { ChunkName } from './media-record.js'
import { FileMedium } from './medium.js'
import { type SyncFileParts, createParts } from './open.js'
import { RunReader } from './run-reader.js'
import { type VerifyProgress, verifyFile } from './verify.js'
import { isWritable, notWritable } from './version-rule.js'
import type { Volumes } from './volumes.js'

export interface CompactOptions {
  signal?: AbortSignal
  /** Bytes of the old file that have been copied. */
  onProgress?: (progress: VerifyProgress) => void
}

export interface CompactReport {
  /** Bytes. */
  readonly before: number
  readonly after: number
}

/** Throws where a file of the same content must not, or cannot, take the place of this one. */
export function assertReplaceable(volumes: Volumes, hasDropped: boolean): void {
  const { path, problems, superblock } = volumes
  const missing = problems.find(isMissing)
  if (missing !== undefined) throw new CairnError('VOLUME_MISSING', missing.message, { path })
  if (volumes.numbers.length > 1) throw divided(path)
  if (superblock === null) throw notReplaced(path, 'its first bytes are lost.')
  if (!isWritable(superblock) || !volumes.continuable) throw notWritable(path)
  if (volumes.readOnly) {
    throw new CairnError('PATH_UNUSABLE', `${path} may not be written. It was not changed.`, {
      path
    })
  }
  if (hasDropped) throw notReplaced(path, 'a part of it cannot be read.')
}

/** Writes, verifies and puts in place; the old file is untouched until the last step. */
export async function writeCompacted(
  parts: SyncFileParts,
  { signal, onProgress }: CompactOptions
): Promise<CompactReport> {
  const { volumes } = parts
  const { index } = parts.file
  const reader = new RunReader(volumes, parts.file)
  const { path } = volumes
  const before = await volumes.byteLength()
  const medium = new FileMedium(path, true)
  const fresh = await createParts(medium, parts.project, {
    kind: parts.file.kind,
    volumeBytes: volumes.superblock?.volumeBytes ?? DEFAULT_VOLUME_BYTES,
    configuration: parts.configuration,
    tiers: parts.tiers,
    now: parts.now
  })
  fresh.file.held.merge(parts.file.held.rows())
  fresh.file.heldMedia.merge(parts.file.heldMedia.rows())
  try {
    const commit = new Commit(fresh, committedState(fresh.file, parts.now()))
    let done = 0
    const onGap = (gap: Gap): void => {
      throw notReplaced(path, `blocks ${gap.from} to ${gap.to} cannot be read: ${gap.reason}.`)
    }
    for (const head of index.heads()) {
      for (const range of index.held(head.feed)) {
        const runs = reader.runs(head.feed, range.from, range.to, onGap)
        for await (const run of readAhead(runs, 1)) {
          throwIfAborted(signal, `${path} is as it was.`)
          await commit.write(run)
          done += run.blocks.reduce((sum, block) => sum + block.byteLength, 0)
          onProgress?.({ done: Math.min(done, before), total: before })
        }
      }
      commit.setHead(head)
    }
    const write = async (name: ChunkName, chunk: Uint8Array): Promise<void> => {
      throwIfAborted(signal, `${path} is as it was.`)
      await commit.writeChunk(name, chunk)
      done += chunk.byteLength
      onProgress?.({ done: Math.min(done, before), total: before })
    }
    const photos = new MediaReader(volumes, parts.file)
    await copyMedia(parts.file.media, photos, write).catch((error: unknown) => {
      const lost = error instanceof CairnError && error.code.startsWith('MEDIA_')
      throw lost ? notReplaced(path, error.message) : error
    })
    await commit.finish(parts.now())
    const { problems } = await verifyFile(fresh, [], { ...(signal !== undefined && { signal }) })
    if (problems[0] !== undefined) throw notReplaced(path, problems[0].message)
    if (fresh.volumes.numbers.length > 1) throw divided(path)
    const after = await fresh.volumes.byteLength()
    await medium.replace()
    await fresh.volumes.close()
    onProgress?.({ done: before, total: before })
    return { before, after }
  } catch (error) {
    await fresh.volumes.discard()
    throw error
  }
}

function divided(path: string): CairnError {
  return new CairnError(
    'PATH_UNUSABLE',
    `${path} is divided into volumes, which cannot be replaced all at once. Create a new file under another name instead.`,
    { path }
  )
}

function notReplaced(path: string, problem: string): CairnError {
  return new CairnError(
    'SYNCFILE_DAMAGED',
    `${path} is damaged, so it was not replaced: ${problem} Salvage it, or sync it with a device that has what is lost.`,
    { path }
  )
}
