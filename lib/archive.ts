// `device.exportArchive`: observations and their photos in one zip, for people without this library.
// Streamed: neither a photo nor the list of observations is ever whole in memory. It gets its name
// when it is whole and on the disk.

import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ArchivePhotos } from './archive-photos.js'
import { type ZipEntry, zip } from './archive-zip.js'
import { toCSV } from './csv.js'
import { withSuccession } from './device-filter.js'
import { CairnError, throwIfAborted } from './errors.js'
import type { Counter } from './exchange/progress.js'
import { toGeoJSON } from './geojson.js'
import type { PinnedView } from './index/pinned.js'
import type { QueryOptions, View } from './index/public.js'
import { randomBytes } from './log/crypto.js'
import { giveName, isThere, syncFolder } from './log/durable-file.js'
import { toHex } from './log/feed-id.js'
import type { Log } from './log/log.js'
import { writeAll } from './log/media/chunk-writer.js'
import { TIERS, type Tier } from './log/media/reference.js'
import type { Media } from './media.js'

const STOPPED = 'No archive was made.'

export interface ArchiveProgress {
  /** Observations whose photos have been looked at. */
  readonly observations: Readonly<Counter>
  /** Photos and files in the archive. */
  readonly media: number
  /** Bytes written. */
  readonly bytes: number
}

export interface ExportArchiveOptions {
  /** Which observations; all that are not deleted unless told otherwise. */
  query?: QueryOptions
  /**
   * Which variant of each attachment: `original` unless told otherwise. Where it is not here, the
   * best that is, and a line in `missing.csv`. False: no photos.
   */
  variant?: Tier | false
  signal?: AbortSignal | undefined
  onProgress?: ((progress: ArchiveProgress) => void) | undefined
}

export interface ArchiveReport {
  readonly observations: number
  /** Photos and files in it. */
  readonly media: number
  /** Lines of `missing.csv`: attachments that are not in it as asked. */
  readonly missing: number
  /** Size of the archive. */
  readonly bytes: number
}

/** Throws FILE_EXISTS, PATH_UNUSABLE, NO_SPACE, IO_FAILED, ABORTED; then no archive is there. */
export async function exportArchive(
  log: Log,
  view: View,
  media: Media,
  path: string,
  options: ExportArchiveOptions
): Promise<ArchiveReport> {
  const { signal } = options
  if (typeof path !== 'string' || path === '') throw new TypeError('path: must be a text')
  const { variant = 'original' } = options
  if (variant !== false && !TIERS.includes(variant)) {
    throw new TypeError(`variant: must be one of ${TIERS.join(', ')}, or false`)
  }
  throwIfAborted(signal, STOPPED)
  await view.update({ signal })
  const pinned = view.pin()
  try {
    const query = await withSuccession(log, options.query ?? {})
    return await new Archive(pinned, media, { ...options, query }, variant).write(path)
  } finally {
    pinned.release()
  }
}

class Archive {
  private readonly photos: ArchivePhotos
  private readonly query: QueryOptions
  private readonly seen: Counter = { done: 0, total: 0 }
  private readonly writtenAt = new Date()
  private bytes = 0

  constructor(
    private readonly pinned: PinnedView,
    media: Media,
    private readonly options: ExportArchiveOptions,
    private readonly variant: Tier | false
  ) {
    this.query = options.query ?? {}
    this.photos = new ArchivePhotos(media, variant || 'original', options.signal)
  }

  async write(path: string): Promise<ArchiveReport> {
    // Also says at once what is wrong with the query.
    for await (const _ of this.pinned.query(this.query)) this.seen.total++
    if (await isThere(path)) throw fileExists(path)
    const part = unfinished(path)
    try {
      const file = await open(part, 'wx')
      try {
        await this.writeInto(file)
        await file.sync()
      } finally {
        await file.close()
      }
      if (!(await giveName(part, path))) throw fileExists(path)
      await syncFolder(dirname(path))
    } catch (error) {
      await rm(part, { force: true }).catch(() => {})
      throw translateArchiveError(error, path)
    }
    const { photos, seen, bytes } = this
    return { observations: seen.total, media: photos.count, missing: photos.missing, bytes }
  }

  private async writeInto(file: FileHandle): Promise<void> {
    for await (const piece of zip(this.entries())) {
      throwIfAborted(this.options.signal, STOPPED)
      await writeAll(file, piece, this.bytes)
      this.bytes += piece.byteLength
      this.tell()
    }
  }

  private async *entries(): AsyncGenerator<ZipEntry> {
    for await (const entry of this.contents()) yield { ...entry, lastModified: this.writtenAt }
  }

  private async *contents(): AsyncGenerator<Omit<ZipEntry, 'lastModified'>> {
    const { pinned, query, photos } = this
    yield { name: 'observations.geojson', input: bytesOf(toGeoJSON(pinned.query(query))) }
    const csv = toCSV(() => pinned.query(query), { bom: true })
    yield { name: 'observations.csv', input: bytesOf(csv) }
    if (this.variant === false) return
    for await (const observation of pinned.query(query)) {
      for await (const { name, size, content } of photos.of(observation)) {
        yield { name: `photos/${name}`, input: content, size }
      }
      this.seen.done++
    }
    yield { name: 'photos.csv', input: bytesOf(once(photos.photosTable())) }
    yield { name: 'missing.csv', input: bytesOf(once(photos.missingTable())) }
  }

  private tell(): void {
    const { bytes, photos, seen } = this
    this.options.onProgress?.({ observations: { ...seen }, media: photos.count, bytes })
  }
}

/** What an archive is called until it is whole: nobody else's file, and no other export's. */
function unfinished(path: string): string {
  return `${path}.${toHex(randomBytes(4))}.part`
}

async function* bytesOf(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) yield Buffer.from(text)
}

/** Begins as Excel wants it. */
async function* once(table: string): AsyncGenerator<string> {
  yield `\uFEFF${table}`
}

function fileExists(path: string): CairnError {
  const message = `There is a file ${path} already. It was not touched; choose another name.`
  return new CairnError('FILE_EXISTS', message, { path })
}

function translateArchiveError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? ''
  if (error instanceof CairnError || code === '') return error
  const facts = { path, cause: error }
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) {
    const message = `There is not enough space for ${path}. ${STOPPED} Free some, or leave the originals out.`
    return new CairnError('NO_SPACE', message, facts)
  }
  if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENAMETOOLONG'].includes(code)) {
    const message = `${path} cannot be written. Is its folder there? Folders are never made.`
    return new CairnError('PATH_UNUSABLE', message, facts)
  }
  return new CairnError('IO_FAILED', `${path} could not be written (${code}). ${STOPPED}`, facts)
}
