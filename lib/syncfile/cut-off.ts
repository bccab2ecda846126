// Whatever follows the newest commit is one that was cut off: a stick was pulled out, a copy of the
// file broke off. Nothing that was finished is lost with it, so it is told as that and not as damage.

import { FIRST_RECORD, TRAILER_BYTES } from './format.js'
import type { WritePoint } from './load.js'
import type { FileProblem } from './file-problem.js'
import type { Volumes } from './volumes.js'

/** How far the commits of a file reach, and what it holds. */
export interface Reach {
  /** Of the newest commit; 0 where none counts. */
  readonly generation: number
  /** Where its trailer begins. */
  readonly trailer: WritePoint
  /** Behind the last sound thing. */
  readonly end: WritePoint
}

/** The problems of a file, with one that tells of the unfinished end in place of each in there. */
export async function withCutOff(
  problems: readonly FileProblem[],
  volumes: Volumes,
  { generation, trailer, end }: Reach
): Promise<FileProblem[]> {
  // What lies there goes on in a volume that is not here.
  if (volumes.lacksEnd) return [...problems]
  const none = generation === 0
  const from = none
    ? { volume: 1, offset: FIRST_RECORD }
    : { volume: trailer.volume, offset: trailer.offset + TRAILER_BYTES }
  const byteLength = await bytesBehind(volumes, from)
  if (byteLength <= 0) return [...problems]
  // Where no commit counts, what is followed by something sound may as well be damage.
  const unfinished = rangesBehind(volumes, none ? end : from)
  const path = volumes.medium.volumePath(from.volume)
  const message = `The last ${byteLength} bytes are of a sync or a copy that was cut off. Everything before them counts; what they were to bring comes again from the device that wrote them.`
  return [
    ...problems.filter((problem) => !unfinished(problem)),
    { code: 'SYNCFILE_UNFINISHED', message, path, offset: from.offset }
  ]
}

async function bytesBehind(volumes: Volumes, from: WritePoint): Promise<number> {
  let bytes = 0
  for (const volume of volumes.numbers.filter((number) => number >= from.volume)) {
    const size = await volumes.at(volume).size()
    bytes += volume === from.volume ? size - from.offset : size
  }
  return bytes
}

/** Whether a problem is of bytes that hold nothing sound, behind a place. */
function rangesBehind(volumes: Volumes, from: WritePoint): (problem: FileProblem) => boolean {
  const paths = volumes.numbers
    .filter((volume) => volume > from.volume)
    .map((volume) => volumes.medium.volumePath(volume))
  const path = volumes.medium.volumePath(from.volume)
  return ({ code, path: at, offset = -1, feed, media }) => {
    if (code !== 'SYNCFILE_DAMAGED' || feed !== undefined || media !== undefined) return false
    return paths.includes(at) || (at === path && offset >= from.offset)
  }
}
