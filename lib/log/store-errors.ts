// Translates what hypercore-storage, RocksDB and device-file throw into our codes: the one place
// that knows their texts.

import { CairnError } from '../errors.js'

interface Foreign {
  code?: string
  message?: string
}

export function translateStoreError(error: unknown, path?: string): unknown {
  if (error instanceof CairnError) return error
  const { code, message = '' } = (error ?? {}) as Foreign
  const facts = { cause: error, ...(path !== undefined && { path }) }
  if (/could not be locked|lock hold by|LOCK: Resource/i.test(message)) {
    return new CairnError(
      'DEVICE_LOCKED',
      `This device's folder is in use by another program${at(path)}. Close that one first.`,
      facts
    )
  }
  if (code === 'DEVICE_FILE' || /device file/i.test(message)) {
    return new CairnError(
      'DEVICE_COPIED',
      `This device's folder was moved, copied or restored${at(path)}. Two copies must not write as one device.`,
      facts
    )
  }
  if (code === 'ENOSPC' || /no space left/i.test(message)) {
    return new CairnError('NO_SPACE', `The disk is full${at(path)}. Nothing was lost.`, facts)
  }
  if (/corrupt|checksum mismatch/i.test(message)) {
    return new CairnError(
      'DEVICE_DAMAGED',
      `This device's store is damaged${at(path)}. Keep the folder, and restore from a sync file into a new one.`,
      facts
    )
  }
  return error
}

function at(path: string | undefined): string {
  return path === undefined ? '' : ` (${path})`
}
