// Writes behind the last record of each full volume that the next one holds a commit.

import { CONTINUATION_BYTES, encodeContinuationLabel } from './continuation.js'
import { FIRST_RECORD, RECORD_TYPE } from './format.js'
import type { LoadedFile } from './load.js'
import { rowBytes } from './media-rows.js'
import { encodeRecord } from './record.js'
import { scan } from './scan.js'
import { writeAtEnd } from './storage.js'
import type { Volumes } from './volumes.js'

type FileParts = Pick<LoadedFile, 'setId' | 'keys' | 'index' | 'media'>

/** In every volume before `newest`, which holds the newest commit, where it does not stand yet. */
export async function markContinued(
  volumes: Volumes,
  file: FileParts,
  generation: number,
  newest: number
): Promise<void> {
  const { setId: fileId, keys } = file
  for (const volume of volumes.numbers.filter((number) => number < newest)) {
    const storage = volumes.at(volume)
    const size = await storage.size()
    const found = (from: number): ReturnType<typeof scan> =>
      scan(storage, from, size, { volume, labelKey: () => keys.label })
    if ((await found(Math.max(FIRST_RECORD, size - CONTINUATION_BYTES))).isContinued) continue
    const { end, isContinued } = await found(endOfListed(file, volume))
    if (isContinued) continue
    // What is as short and nothing sound was one that the power cut off.
    const offset = size - end <= CONTINUATION_BYTES ? end : size
    if (offset < size) await storage.truncate(offset)
    const label = encodeContinuationLabel({ volume })
    const record = { type: RECORD_TYPE.continuation, fileId, generation, label, payload: [] }
    await writeAtEnd(storage, offset, encodeRecord(record, keys.label))
    await storage.sync()
  }
}

/** Behind the last block and the last piece of media that a volume is known to hold. */
function endOfListed({ index, media }: FileParts, volume: number): number {
  let end = FIRST_RECORD
  const take = (place: { volume: number; offset: number; byteLength: number }): void => {
    if (place.volume === volume) end = Math.max(end, place.offset + place.byteLength)
  }
  for (const place of index.places()) take(place)
  for (const row of media.places()) take({ ...row, byteLength: rowBytes(row) })
  return end
}
