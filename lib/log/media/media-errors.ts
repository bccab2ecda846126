// What goes wrong with photos and files, in our words.

import { CairnError } from '../../errors.js'
import type { BlobName } from '../replica.js'
import { translateStoreError } from '../store-errors.js'

export function missing({ hash }: BlobName): CairnError {
  return new CairnError(
    'MEDIA_MISSING',
    `This photo or file (${short(hash)}) is not on this device. Sync with a device or file that has it.`,
    { media: hash }
  )
}

export function damaged({ hash }: BlobName, path: string): CairnError {
  return new CairnError(
    'MEDIA_DAMAGED',
    `This photo or file (${short(hash)}) is damaged on this device's disk and was not given out. Sync with a device or file that has it: that heals it.`,
    { media: hash, path }
  )
}

export function forged({ hash, size }: BlobName, found: string): CairnError {
  return new CairnError(
    'MEDIA_FORGED',
    `What came for a photo or file (${short(hash)}) is not it: ${found}. It was thrown away.`,
    { media: hash, expected: size }
  )
}

export function empty(): CairnError {
  return new CairnError(
    'MEDIA_EMPTY',
    'The photo or file ended without a byte, so there is nothing to keep. Was it written to the end?'
  )
}

export function full(path: string): CairnError {
  return new CairnError(
    'NO_SPACE',
    `There is no room for this photo or file: the disk of ${path} is full but for the little that entries and a purge need. Nothing of it was kept; free space, or purge what others hold.`,
    { path }
  )
}

/** Node's errors about the media folder as ours. */
export function translateMediaError(error: unknown, path: string): unknown {
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'EDQUOT' || code === 'EFBIG') {
    const message = `There is no room for this photo or file (${path}). Nothing of it was kept.`
    return new CairnError('NO_SPACE', message, { path, cause: error })
  }
  if (['EIO', 'ENXIO', 'ENODEV', 'ESTALE', 'EREMOTEIO'].includes(code)) {
    const message = `The disk failed with a photo or file (${path}). Everything else is unaffected.`
    return new CairnError('IO_FAILED', message, { path, cause: error })
  }
  return translateStoreError(error, path)
}

function short(hash: string): string {
  return hash.slice(0, 8)
}
