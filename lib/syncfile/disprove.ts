// What a file can show to be wrong in what it holds of a feed, after somebody could not verify what
// it gave. A member can seal anything: rows that his signature does not carry would be refused again
// at every sync, and count as held all the same. The file looks itself, and gives up only what its
// own bytes disprove, so that no liar can make it forget something good.

import b4a from 'b4a'
import { CairnError, throwIfAborted } from '../errors.js'
import { admitFeed } from '../log/admission.js'
import { BlockCodec } from '../log/block.js'
import { Frontier } from '../log/merkle.js'
import type { Project } from '../log/project.js'
import type { Run } from '../log/replica.js'
import { assertRun } from '../log/run-checks.js'
import { isSigned } from '../log/signature.js'
import type { DirectoryHead, SegmentPlace } from './directory.js'
import type { SyncFileParts } from './open.js'
import type { RunReader } from './run-reader.js'
import { MAX_WORK } from './scan.js'

/** Trees kept for runs that begin where another one ended; more only a stranger's file needs. */
const MAX_TREES = 64

interface Disproved {
  /** Met on the way: what could not be read. */
  readonly damaged: readonly SegmentPlace[]
  readonly places: readonly SegmentPlace[]
  /** What can be said instead of a head that is not signed; undefined where it may stay. */
  readonly head: DirectoryHead | null | undefined
}

/** Reads all that the file holds of a feed, in order. Throws ABORTED, IO_FAILED. */
export async function disprove(
  { file, volumes, project }: Pick<SyncFileParts, 'file' | 'volumes' | 'project'>,
  reader: RunReader,
  feed: string,
  signal: AbortSignal | undefined
): Promise<Disproved> {
  const damaged: SegmentPlace[] = []
  const places: SegmentPlace[] = []
  const codec = new BlockCodec(project, feed)
  const trees = new Map([[0, new Frontier()]])
  let best: DirectoryHead | null = null
  // A stranger's directory may list one record very many times.
  let budget = MAX_WORK * (await volumes.byteLength())
  for (const place of file.index.runs(feed)) {
    throwIfAborted(signal, `${volumes.path} is as it was.`)
    budget -= place.parts.reduce((sum, part) => sum + part.byteLength, 0)
    if (budget < 0) break
    const run = await reader.run(place)
    if ('reason' in run) {
      if (run.code === 'SYNCFILE_DAMAGED') damaged.push(run.place)
      continue
    }
    for (const length of trees.keys()) if (length < run.from) trees.delete(length)
    const base = trees.get(run.from)
    const tree = base?.clone().appendAll(run.blocks)
    if (isWrong(run, tree)) {
      places.push(...place.parts)
      continue
    }
    if (run.from === 0 && !isOfProject(project, feed, codec, run.blocks[0])) {
      return { damaged, places: file.index.placesOf(feed), head: null }
    }
    if (tree !== undefined && trees.size < MAX_TREES) trees.set(run.to, tree)
    if (run.to > (best?.length ?? 0)) {
      best = { feed, length: run.to, rootHash: run.rootHash, signature: run.signature }
    }
  }
  const head = file.index.head(feed)
  return { damaged, places, head: head !== null && !isSigned(head) ? best : undefined }
}

/** Without the tree over what comes before, only the signature over its end can be looked at. */
function isWrong(run: Run, tree: Frontier | undefined): boolean {
  const { feed, to: length, rootHash, signature } = run
  try {
    assertRun(run, run.from)
  } catch {
    return true
  }
  if (!isSigned({ feed, length, rootHash, signature })) return true
  return tree !== undefined && !b4a.equals(tree.rootHash(), rootHash)
}

/** False only where that is certain: a newer library or key may open what this one cannot. */
function isOfProject(
  project: Project,
  feed: string,
  codec: BlockCodec,
  first: Uint8Array | undefined
): boolean {
  if (first !== undefined && codec.open(0, first).kind === 'unknown') return true
  try {
    admitFeed(project, feed, codec, first)
    return true
  } catch (error) {
    if (error instanceof CairnError && error.code === 'FEED_NOT_ADMITTED') return false
    throw error
  }
}
