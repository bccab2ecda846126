// Ranges of damaged bytes whose loss is known and dealt with: whoever verifies a file that was made
// whole again does not report them once more.

import type { VoidRange } from './directory.js'

/** The same bytes in as few ranges as can be. */
export function merged(ranges: readonly VoidRange[]): VoidRange[] {
  const out: { volume: number; offset: number; byteLength: number }[] = []
  for (const range of [...ranges].sort((a, b) => a.volume - b.volume || a.offset - b.offset)) {
    const last = out.at(-1)
    const end = range.offset + range.byteLength
    if (last?.volume === range.volume && last.offset + last.byteLength >= range.offset) {
      last.byteLength = Math.max(last.byteLength, end - last.offset)
    } else out.push({ ...range })
  }
  return out
}

/** Whether one of the ranges, merged before, holds all of `part`. */
export function isWithin(ranges: readonly VoidRange[], part: VoidRange): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    const { volume, offset } = ranges[middle] ?? part
    const isAfter = volume > part.volume || (volume === part.volume && offset > part.offset)
    if (isAfter) high = middle
    else low = middle + 1
  }
  const range = ranges[low - 1]
  if (range?.volume !== part.volume) return false
  return part.offset + part.byteLength <= range.offset + range.byteLength
}
