// Reads photos and files back out of a sync file, piece by piece. A piece counts when its label is
// one that a member sealed for this place and its payload opens for it; what does not is damage, and
// is told with its place, so that it is dropped and taken again from whoever has it.

import { CairnError, throwIfAborted } from '../errors.js'
import { type BlobName, type ReadOptions, chunksIn } from '../log/replica.js'
import { readOrNull } from './bad-spots.js'
import { RECORD_TYPE } from './format.js'
import type { LoadedFile } from './load.js'
import { decodeChunkLabel, openChunk } from './media-record.js'
import type { ChunkPlace } from './media-rows.js'
import { decodeRecordHeader, isWhole, openLabel, payloadOf, recordBytes } from './record.js'
import { type RecordKeys, keysFor } from './record-keys.js'
import { UNREAD } from './run-reader.js'
import type { Volumes } from './volumes.js'

/** Why a piece cannot be had. */
export interface UnreadableChunk {
  readonly code: 'SYNCFILE_DAMAGED' | 'VOLUME_MISSING'
  readonly reason: string
  /** It should lie where the file has ended. */
  readonly beyond?: boolean
  /** The medium gave no bytes: they may be sound. */
  readonly unread?: boolean
}

export class MediaReader {
  constructor(
    private readonly volumes: Volumes,
    private readonly file: Pick<LoadedFile, 'media'> & { readonly keys: RecordKeys }
  ) {}

  /** The pieces from number `from` on. Throws MEDIA_MISSING, MEDIA_DAMAGED. */
  async *read(
    name: BlobName,
    from: number,
    { signal }: ReadOptions = {},
    onDamaged: (place: ChunkPlace) => void = () => {}
  ): AsyncGenerator<Uint8Array> {
    for (let chunk = from; chunk < chunksIn(name.size); chunk++) {
      throwIfAborted(signal, `${this.volumes.path} was only read.`)
      yield await this.chunk(name, chunk, onDamaged)
    }
  }

  /** One piece, of whichever of its copies is sound. */
  private async chunk(
    name: BlobName,
    number: number,
    onDamaged: (place: ChunkPlace) => void
  ): Promise<Uint8Array> {
    const { path } = this.volumes
    const places = this.file.media.chunk(name.hash, name.size, number)
    let found: UnreadableChunk | null = null
    for (const place of places) {
      const chunk = await this.at(place)
      if (chunk instanceof Uint8Array) return chunk
      if (chunk.code === 'SYNCFILE_DAMAGED') onDamaged(place)
      found ??= chunk
    }
    const what = `Photo or file ${name.hash.slice(0, 8)}`
    if (found?.code === 'SYNCFILE_DAMAGED') {
      throw new CairnError(
        'MEDIA_DAMAGED',
        `${what} is damaged in ${path}: ${found.reason}. It was not taken. Sync the file with a device that has it.`,
        { path, media: name.hash, ...(places[0] && { offset: places[0].offset }) }
      )
    }
    throw new CairnError(
      'MEDIA_MISSING',
      `${what} is not, or not whole, in ${path}${found === null ? '' : `: ${found.reason}`}.`,
      { path, media: name.hash }
    )
  }

  /** The piece at a place. With `whole`, the record's own hash is looked at, too. */
  async at(place: ChunkPlace, whole = false): Promise<Uint8Array | UnreadableChunk> {
    const { volume, offset, byteLength } = place
    const storage = this.volumes.find(volume)
    if (storage === undefined) {
      const path = this.volumes.medium.volumePath(volume)
      return { code: 'VOLUME_MISSING', reason: `volume ${volume}, ${path}, is missing` }
    }
    if (offset + byteLength > (await storage.size())) {
      return { ...damaged('the file ends before it'), beyond: true }
    }
    const record = await readOrNull(storage, offset, byteLength)
    if (record === null) return { ...damaged(UNREAD), unread: true }
    const header = decodeRecordHeader(record)
    if (header?.type !== RECORD_TYPE.media || recordBytes(header) !== byteLength) {
      return damaged('its header is damaged')
    }
    const keys = keysFor(this.file.keys, header)
    const sealed = openLabel(record, header, keys.label)
    const label = sealed && decodeChunkLabel(sealed.content)
    const same =
      label?.hash === place.hash && label.size === place.size && label.chunk === place.chunk
    // The seal on the payload tells whether its bytes are those that were written.
    const chunk = same ? openChunk(payloadOf(record, header), label, keys.media) : null
    if (chunk === null) return damaged('its bytes are not those that were written')
    if (whole && !isWhole(record, header, sealed ?? undefined)) return damaged('its hash is wrong')
    return chunk
  }
}

function damaged(reason: string): UnreadableChunk {
  return { code: 'SYNCFILE_DAMAGED', reason }
}
