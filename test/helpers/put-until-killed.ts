// A program of its own that puts photos until it is killed; prints a line for each that is whole.

import { openBlobs, chunked, content } from './blobs.js'

const [, , dir = '', from = '0'] = process.argv
const blobs = await openBlobs(dir)
for (let seed = Number(from); ; seed++) {
  const { hash, size } = await blobs.put(chunked(content(300_000 + seed, seed + 1)))
  process.stdout.write(`${hash} ${size}\n`)
}
