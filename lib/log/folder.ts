// The folder that a device lies in: made where it is not there, and whether it can be written.

import { access, constants, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CairnError } from '../errors.js'
import { isThere } from './durable-file.js'
import { translateStoreError } from './store-errors.js'

/** Throws DEVICE_READ_ONLY, NO_SPACE, PATH_UNUSABLE. */
export async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true })
  } catch (error) {
    const known = translateStoreError(error, dir)
    if (known instanceof CairnError) throw known
    const message = `There can be no device in ${dir}, for it is no folder.`
    throw new CairnError('PATH_UNUSABLE', message, { path: dir, cause: error })
  }
}

/**
 * Whether the folder holds a device and cannot be written: a burned disc, a stick with its switch
 * set, another user's folder.
 */
export async function isReadOnly(dir: string): Promise<boolean> {
  if (!(await isThere(join(dir, 'feeds', 'db', 'CURRENT')))) return false
  for (const folder of [dir, join(dir, 'feeds'), join(dir, 'feeds', 'db')]) {
    try {
      await access(folder, constants.W_OK)
    } catch {
      return true
    }
  }
  return false
}
