// The file that says where a store was made, and that whoever opens the store locks. device-file makes
// it by emptying what is there, before it asks for the lock: of two that begin one device at the same
// time the second would spoil the first one's, and the next open would take the store for a copy. So
// it is made here, whole, under another name, and gets its own only where there is none.

import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { randomBytes } from './crypto.js'
import { giveName, isThere, syncFile } from './durable-file.js'
import { toHex } from './feed-id.js'

/** Before the store is opened, where it is new. Durable then: half of it would say that it was copied. */
export function makeDeviceFile(store: any): void {
  const { deviceFile } = store.storage
  const open = deviceFile._open.bind(deviceFile)
  deviceFile._open = async () => {
    if (!(await isThere(deviceFile.filename))) await make(deviceFile)
    await open()
  }
}

async function make({ filename, data, constructor: DeviceFile }: any): Promise<void> {
  const folder = dirname(filename)
  await mkdir(folder, { recursive: true })
  // Beside it: corestore moves what it does not know in a new folder.
  const fresh = `${folder}.${toHex(randomBytes(4))}.new`
  try {
    const file = new DeviceFile(fresh, { data })
    await file.ready()
    await file.close()
    await syncFile(fresh)
    if (await giveName(fresh, filename)) await syncFile(filename)
  } finally {
    await rm(fresh, { force: true })
  }
}
