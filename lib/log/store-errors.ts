// Translates what hypercore-storage, RocksDB and device-file throw into our codes: the one place
// that knows their texts.

import { CairnError } from '../errors.js'

interface Foreign {
  code?: string
  message?: string
  cause?: unknown
}

export function translateStoreError(error: unknown, path?: string): unknown {
  if (error instanceof CairnError) return error
  const { code } = (error ?? {}) as Foreign
  const message = messagesOf(error)
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
  if (code === 'SESSION_CLOSED' || /RocksDB session is closed/.test(message)) {
    return new CairnError('CLOSED', `The device was closed meanwhile${at(path)}.`, facts)
  }
  if (code === 'ENOSPC' || /no space left/i.test(message)) {
    return new CairnError(
      'NO_SPACE',
      `The disk is full${at(path)}. Nothing that was recorded before is lost. Free some space, then it goes on.`,
      facts
    )
  }
  if (/sequence number is being set backwards/i.test(message)) {
    return new CairnError(
      'DEVICE_ROLLED_BACK',
      `The last writes of this device${at(path)} are there and out of order, so it is unknown where it stopped. Open it with onCopied: 'new-feed' to go on under a fresh feed.`,
      facts
    )
  }
  if (['EROFS', 'EACCES', 'EPERM'].includes(code ?? '') || /read-only file system/i.test(message)) {
    return readOnlyError(path, error)
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

/** hypercore-storage says that a batch failed, and in its cause why. */
function messagesOf(error: unknown): string {
  const { message = '', cause } = (error ?? {}) as Foreign
  return cause === undefined || cause === error ? message : `${message} ${messagesOf(cause)}`
}

export function readOnlyError(path?: string, cause?: unknown): CairnError {
  return new CairnError(
    'DEVICE_READ_ONLY',
    `This device's folder${at(path)} cannot be written, so nothing can be recorded or received here. What it holds can be read, and written to a sync file elsewhere.`,
    { ...(cause !== undefined && { cause }), ...(path !== undefined && { path }) }
  )
}

function at(path: string | undefined): string {
  return path === undefined ? '' : ` (${path})`
}
