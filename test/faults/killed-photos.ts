// The photos of the kill tests: what a process said that it took in must be there, byte by byte, on
// its own device and on every other that has synced since with the file that it went into.

import type { Device, DeviceSyncReport } from '../../lib/main.js'
import { hash } from '../../lib/log/crypto.js'
import { toHex } from '../../lib/log/feed-id.js'

interface KnownPhoto {
  readonly hash: string
  readonly size: number
  readonly owner: string
  /** The file that it is known to be in. */
  path: string | null
}

/** Photos looked at after each kill, the newest. */
const LOOKED_AT = 12

export class KilledPhotos {
  private readonly known: KnownPhoto[] = []

  /** What a process said before it was killed. */
  hear(owner: string, path: string, words: readonly string[]): void {
    for (const word of words) {
      const [what, name = '', size] = word.split(' ')
      if (what === 'synced') this.areIn(path, owner)
      if (what !== 'photo') continue
      this.known.push({ hash: name, size: Number(size), owner, path: null })
    }
  }

  /** A sync of a device with a file has ended. */
  async check(
    device: Device,
    owner: string,
    path: string,
    report: DeviceSyncReport
  ): Promise<void> {
    const [refused] = report.media.refused
    if (refused !== undefined) throw new Error(`${path}: ${refused.message}`)
    this.areIn(path, owner)
    const due = this.known.filter((each) => each.owner === owner || each.path === path)
    for (const { hash: name, size } of due.slice(-LOOKED_AT)) {
      const bytes = await device.media.get({ hash: name, size, type: 'image/jpeg' }).bytes()
      const isSame = bytes.byteLength === size && toHex(hash(bytes)) === name
      if (!isSame) throw new Error(`photo ${name} on ${owner} is not what it was`)
    }
  }

  private areIn(path: string, owner: string): void {
    for (const each of this.known) if (each.owner === owner) each.path = path
  }
}
