// Writes a fresh file of the same content beside the old one, verifies it, and only then lets it
// take the old one's place. Until that moment the old file is untouched.

import { CairnError, throwIfAborted } from '../errors.js'
import { readAhead } from '../log/read-ahead.js'
import { Commit, committedState } from './commit.js'
import { DEFAULT_VOLUME_BYTES } from './format.js'
import { FileMedium } from './medium.js'
import { type SyncFileParts, createParts } from './open.js'
import type { SyncFile } from './syncfile.js'
import { type VerifyProgress, verifyFile } from './verify.js'
import type { FileProblem } from './volumes.js'

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

/** Writes, verifies and puts in place; the old file is untouched until the last step. */
export async function writeCompacted(
  file: SyncFile,
  parts: SyncFileParts,
  { signal, onProgress }: CompactOptions
): Promise<CompactReport> {
  const { volumes } = parts
  const { path } = volumes
  if (volumes.numbers.length > 1) {
    throw new CairnError(
      'PATH_UNUSABLE',
      `${path} is divided into volumes, which cannot be replaced all at once. Create a new file under another name instead.`,
      { path }
    )
  }
  const before = await volumes.byteLength()
  const medium = new FileMedium(path, true)
  const fresh = await createParts(medium, parts.project, {
    kind: parts.file.kind,
    volumeBytes: volumes.superblock?.volumeBytes ?? DEFAULT_VOLUME_BYTES,
    configuration: parts.configuration,
    now: parts.now
  })
  try {
    const commit = new Commit(fresh, committedState(fresh.file, parts.now()))
    let done = 0
    for (const head of (await file.heads()).values()) {
      for (const range of head.held) {
        for await (const run of readAhead(file.read(head.feed, range.from, range.to), 1)) {
          throwIfAborted(signal, `${path} is as it was.`)
          await commit.write(run)
          done += run.blocks.reduce((sum, block) => sum + block.byteLength, 0)
          onProgress?.({ done: Math.min(done, before), total: before })
        }
      }
      commit.setHead(head)
    }
    await commit.finish(parts.now())
    const [problem] = await verifyFile(fresh.volumes, parts.project, fresh.file, {
      ...(signal !== undefined && { signal })
    })
    if (problem !== undefined) throw notReplaced(path, problem)
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

function notReplaced(path: string, problem: FileProblem): CairnError {
  return new CairnError(
    problem.code,
    `${path} is damaged, so it was not replaced: ${problem.message} Salvage it instead.`,
    { path }
  )
}
