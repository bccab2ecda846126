// How many bytes directories list. A stranger's directory may list one place very often, and each row
// is read again by whoever verifies; an honest one lists no byte twice, and none behind itself.

import type { WritePoint } from './load.js'

/** Whether a row may say that something stands there. */
export type MayList = (volume: number, offset: number, byteLength: number) => boolean

export class ListedBytes {
  private left = 0

  /** Bytes by volume, of those that are there. */
  constructor(private readonly sizes: ReadonlyMap<number, number>) {
    for (const size of sizes.values()) this.left += size
  }

  /** For the rows of a directory that begins at a place. */
  upTo(end: WritePoint): MayList {
    return (volume, offset, byteLength) => {
      const before =
        volume < end.volume || (volume === end.volume && offset + byteLength <= end.offset)
      if (!before) return false
      // What an incomplete file lacks is listed all the same.
      if (offset + byteLength <= (this.sizes.get(volume) ?? 0)) this.left -= byteLength
      return this.left >= 0
    }
  }
}
