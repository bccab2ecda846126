// What a photo is called in an archive: its attachment's name, so far as every file system takes it,
// the beginning of its hash, so that two never get the same, and the ending that its media type says.

import type { MediaVariant } from './log/entry.js'

/** Characters of a name that are kept; with hash and ending it stays far below 255 bytes. */
const NAME_LENGTH = 50

const ENDINGS: Readonly<Record<string, string>> = {
  'application/geo+json': 'geojson',
  'application/gpx+xml': 'gpx',
  'application/json': 'json',
  'application/pdf': 'pdf',
  'audio/aac': 'aac',
  'audio/amr': 'amr',
  'audio/flac': 'flac',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
  'audio/webm': 'weba',
  'audio/x-m4a': 'm4a',
  'audio/x-wav': 'wav',
  'image/avif': 'avif',
  'image/gif': 'gif',
  'image/heic': 'heic',
  'image/heif': 'heif',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'image/tiff': 'tif',
  'image/webp': 'webp',
  'text/csv': 'csv',
  'text/plain': 'txt',
  'video/3gpp': '3gp',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm'
}

export class ArchiveNames {
  /** In small letters: Windows and macOS take `A` and `a` for one. */
  private readonly taken = new Set<string>()

  /** A name that no other photo in this archive has. */
  nameFor(name: string | undefined, { hash, type }: MediaVariant): string {
    const ending = endingOf(type)
    const stem = safeStem(name, ending)
    const short = `${stem}-${hash.slice(0, 8)}.${ending}`
    // A member can make two hashes begin alike.
    const unique = this.taken.has(short.toLowerCase()) ? `${stem}-${hash}.${ending}` : short
    this.taken.add(unique.toLowerCase())
    return unique
  }
}

function endingOf(type: string): string {
  const [essence = ''] = type.toLowerCase().split(';')
  return Object.hasOwn(ENDINGS, essence.trim()) ? ENDINGS[essence.trim()]! : 'bin'
}

/** Never empty, a folder, hidden, or one of the names that Windows keeps for devices. */
function safeStem(name: string | undefined, ending: string): string {
  const text = typeof name === 'string' ? name.normalize('NFC') : ''
  const bare = text.toLowerCase().endsWith(`.${ending}`) ? text.slice(0, -ending.length - 1) : text
  const safe = Array.from(bare.replace(/[<>:"/\\|?*\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '_'))
    .slice(0, NAME_LENGTH)
    .join('')
    .replace(/^[.\s~-]+|[.\s]+$/g, '')
  return safe === '' ? 'photo' : safe
}
