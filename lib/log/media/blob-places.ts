// Where the whole files of blobs lie. A file gets its place, is set aside or goes only while nobody
// else does that with the same blob, and what leads to it is looked at again just before: the file
// that somebody found damaged may have been replaced by a sound one meanwhile.

import { rm } from 'node:fs/promises'
import { NamedMutexes } from '../named-mutexes.js'
import type { BlobName } from '../replica.js'
import type { BlobFolder } from './blob-folder.js'
import { fileBytes } from './blob-format.js'
import type { Inventory } from './inventory.js'

export type BlobState = 'here' | 'missing' | 'damaged'

export class BlobPlaces {
  /** Held never for long, so a put waits for no link. */
  private readonly mutexes = new NamedMutexes()

  constructor(
    private readonly folder: BlobFolder,
    private readonly inventory: () => Promise<Inventory>,
    private readonly readOnly: boolean
  ) {}

  /** Without reading it: a file that is gone, cut or grown is noticed. */
  async state(name: BlobName): Promise<BlobState> {
    const inventory = await this.inventory()
    if (inventory.isWhole(name) && (await this.found(name)) !== fileBytes(name.size)) {
      await this.mutexes.alone(name.hash, () => this.look(name, inventory))
    }
    if (inventory.isWhole(name)) return 'here'
    return inventory.isDamaged(name) ? 'damaged' : 'missing'
  }

  /**
   * Gives a file that is whole and on the disk its place, also over one that is there. False where
   * it is not to stay, as is asked when it is there: then it goes.
   */
  async give(from: string, name: BlobName, stays: () => boolean): Promise<boolean> {
    const inventory = await this.inventory()
    return this.mutexes.alone(name.hash, async () => {
      await this.folder.move(from, this.folder.whole(name))
      if (stays()) {
        inventory.whole(name)
        return true
      }
      inventory.gone(name)
      await rm(this.folder.whole(name), { force: true })
      return false
    })
  }

  /** Sets aside what was found damaged, where it is still what lies there. */
  async setAside(name: BlobName, isStill: () => Promise<boolean>): Promise<void> {
    const inventory = await this.inventory()
    await this.mutexes.alone(name.hash, async () => {
      if (await isStill()) await this.moveAside(name, inventory)
    })
  }

  /** Removes the whole file, where `isStill` says that it is to go; false where it says no. */
  async take(name: BlobName, isStill: () => Promise<boolean>): Promise<boolean> {
    const inventory = await this.inventory()
    return this.mutexes.alone(name.hash, async () => {
      if (!(await isStill())) return false
      inventory.gone(name)
      await rm(this.folder.whole(name), { force: true })
      return true
    })
  }

  private async look(name: BlobName, inventory: Inventory): Promise<void> {
    if (!inventory.isWhole(name)) return
    const bytes = await this.found(name)
    if (bytes === null) inventory.gone(name)
    else if (bytes !== fileBytes(name.size)) await this.moveAside(name, inventory)
  }

  /** What cannot be moved is known as damaged until the device is closed, and found so again. */
  private async moveAside(name: BlobName, inventory: Inventory): Promise<void> {
    inventory.damaged(name)
    if (this.readOnly) return
    await this.folder.move(this.folder.whole(name), this.folder.in('damaged', name)).catch(() => {})
  }

  private found(name: BlobName): Promise<number | null> {
    return this.folder.bytes(this.folder.whole(name))
  }
}
