// Why ours is not first at a step: what profiles of these very steps have shown. The document gives
// a reason only where another system was first.

import type { StepName } from './system.js'

export const REASONS: Partial<Record<StepName, string>> = {
  recordEach:
    'a call appends one block to a signed feed. The signature, the nodes of the hash tree and the reads and writes in RocksDB are most of it, and plain hypercore pays them too; ours adds encryption and the view. SQLite does none of this. For many at once there is `createMany`.',
  record:
    'every observation is encoded, encrypted and hashed into the feed, then read back, decoded and put into the view with its place, times and tags; the view is a good half. Plain hypercore has no view, autobase a list, SQLite and Yjs neither feed nor signature.',
  receive:
    'Yjs reads one document into memory. It verifies nothing, decrypts nothing, and leaves nothing on the new device but that file.',
  hundred:
    'ours waits for the disk several times: for its own entries before they leave it, for what came, for the file. Where the disk is busy that is most of the time, as the processor time shows. Mapeo waits for none.',
  catchUp:
    'plain replication ends when the blocks are there. Ours then decrypts them, and ends when the view is made.',
  rebuild:
    'SQLite and hyperbee 2 are handed rows that are in memory. Ours reads every entry from the feeds, decrypts and decodes it, decides between versions and writes the row; collecting garbage is a fifth of it.',
  all: 'a row of ours carries versions, forks, times and authors besides the observation, and its checksum is compared before it is decoded. Garbage, decoding and checksums are most of the time. SQLite hands out a string that compiled code parses as JSON.',
  get: 'each id is looked up in a tree, and its row read from a file, in calls that are awaited. SQLite answers in the same thread, from pages that are in memory; Mapeo from a cache of LevelDB.',
  box: 'SQLite walks an R-tree in compiled code. Ours compares the places in memory and reads the rows that it found, in JavaScript that runs for the first time in its process.',
  newest:
    'some milliseconds in either case; of ours most is JavaScript that runs for the first time in its process.',
  merge:
    'Yjs merges two documents in memory: nothing is sent, verified or written, and of two edits of one observation one is gone. Ours keeps both, on two disks.'
}
