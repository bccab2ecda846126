// Opens the corestore of a device, with what has to be done before RocksDB looks at its files, and
// says whether one that a full disk has stopped could be opened again.

import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import Corestore from 'corestore'
import { CairnError } from '../errors.js'
import { makeDeviceFile } from './device-file.js'
import { translateStoreError } from './store-errors.js'
import { endsInNoise, trimLogsOf } from './torn-log.js'

export interface OpenStoreOptions {
  readonly readOnly?: boolean
  /** Goes on without a log that RocksDB refuses. */
  readonly dropLog?: boolean
}

/** What it takes besides its logs to open a store: a few small files. */
const MARGIN_BYTES: number = 2 ** 20

/** Throws DEVICE_LOCKED, DEVICE_COPIED, DEVICE_DAMAGED, NO_SPACE; DEVICE_ROLLED_BACK: `dropLog`. */
export async function openStore(
  dir: string,
  { readOnly = false, dropLog = false }: OpenStoreOptions
): Promise<any> {
  if (readOnly && (await endsInNoise(join(dir, 'db')))) throw cutOff(dir)
  const store = new Corestore(dir, { manifestVersion: 1, readOnly })
  trimLogsOf(store)
  if (!readOnly) makeDeviceFile(store)
  // It would delete a log that RocksDB refuses, and come back shorter without a word.
  if (!dropLog) store.storage._maybeRecoverLater = () => {}
  try {
    await store.ready()
    return store
  } catch (error) {
    await store.close().catch(() => {})
    throw translateStoreError(error, dir)
  }
}

/** RocksDB would look through what is behind the last whole record, perhaps without end. */
function cutOff(dir: string): CairnError {
  return new CairnError(
    'DEVICE_READ_ONLY',
    `This device was cut off while it wrote, and its folder cannot be mended where it is (${dir}). Copy the folder to a disk that can be written and open it there with onCopied: 'new-feed'; nothing that was durable is lost.`,
    { path: dir }
  )
}

/** Whether the disk has room for what RocksDB writes when it is opened: its logs, as tables. */
export async function hasRoom(dir: string): Promise<boolean> {
  const db = join(dir, 'db')
  let needed = MARGIN_BYTES
  for (const name of await readdir(db)) {
    if (name.endsWith('.log')) needed += (await stat(join(db, name))).size
  }
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize >= needed
}
