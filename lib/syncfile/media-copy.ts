// Takes the sound media of one file over into another: what a compaction and a salvage do.

import { CairnError, throwIfAborted } from '../errors.js'
import { readAhead } from '../log/read-ahead.js'
import { type BlobName, type Blobs, type Range, chunksIn } from '../log/replica.js'
import type { MediaIndex } from './media-index.js'
import type { ChunkName } from './media-record.js'
import type { MediaReader } from './media-reader.js'
import type { MediaPlace } from './media-rows.js'

/** Every piece that is held, those of unfinished blobs too. Throws where one cannot be read. */
export async function copyMedia(
  media: MediaIndex,
  reader: MediaReader,
  write: (name: ChunkName, chunk: Uint8Array) => Promise<void>
): Promise<void> {
  for (const { hash } of media) {
    for (const { size, from, to } of stretches(media.rowsOf(hash))) {
      let chunk = from
      for await (const bytes of readAhead(reader.read({ hash, size }, from), 1)) {
        await write({ hash, size, chunk }, bytes)
        if (++chunk === to) break
      }
    }
  }
}

interface Stretch extends Range {
  readonly size: number
}

/** The pieces that rows are of, each once. */
function* stretches(rows: readonly MediaPlace[]): Generator<Stretch> {
  let [size, end] = [0, 0]
  for (const row of rows) {
    if (row.size !== size) [size, end] = [row.size, 0]
    const [from, to] = [Math.max(end, row.from), row.from + row.count]
    if (to <= from) continue
    yield { size, from, to }
    end = to
  }
}

export interface SavedMedia {
  /** Photos and files that the new file holds whole. */
  readonly held: number
  /** Those that the file once held whole, and of which a part is gone. */
  readonly lost: number
}

interface SaveOptions {
  readonly signal: AbortSignal | undefined
  /** Told the bytes of each piece. */
  readonly onRead: (byteLength: number) => void
}

/** Takes over whatever is sound; of a broken blob the pieces before the break, for the next sync. */
export async function saveMedia(
  media: MediaIndex,
  reader: MediaReader,
  target: Blobs,
  options: SaveOptions
): Promise<void> {
  for (const { hash, size } of media) {
    throwIfAborted(options.signal, 'Nothing was changed; the new file was not made.')
    await save({ hash, size }, reader, target, options)
  }
}

/** What a file holds of what another one listed. */
export function savedMedia(saved: MediaIndex, listed: MediaIndex): SavedMedia {
  let [held, lost] = [0, 0]
  for (const { size, chunks } of saved) if (chunks === chunksIn(size)) held++
  for (const { hash, size, chunks } of listed) {
    const whole = chunksIn(size)
    if (chunks === whole && saved.get(hash, size)?.chunks !== whole) lost++
  }
  return { held, lost }
}

async function save(
  name: BlobName,
  reader: MediaReader,
  target: Blobs,
  { signal, onRead }: SaveOptions
): Promise<void> {
  const writer = await target.write(name, { signal })
  try {
    for await (const chunk of readAhead(reader.read(name, writer.next, { signal }), 1)) {
      onRead(chunk.byteLength)
      await writer.append(chunk)
    }
    await writer.finish()
  } catch (error) {
    if (!(error instanceof CairnError && error.code.startsWith('MEDIA_'))) throw error
  } finally {
    await writer.close()
  }
}
