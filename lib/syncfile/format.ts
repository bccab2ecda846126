// The numbers of the sync file format, version 1: sizes, magics, limits. docs/sync-file-format.md
// says the same in tables. All integers are little-endian.

import b4a from 'b4a'
import { MAX_BLOCK_BYTES } from '../log/block-cipher.js'
import { CHECKPOINT_INTERVAL } from '../log/checkpoint.js'

/** A reader must know this version to read a file. */
export const READ_VERSION = 1
/** A writer must know this version to write into a file that carries media. */
export const WRITE_VERSION = 2
/** And this one to write into any other. */
export const WRITE_VERSION_WITHOUT_MEDIA = 1

export const EXTENSION = '.cairn'

// Like PNG's signature: a byte that is no text, and line ends that a text transfer would change.
export const SUPERBLOCK_MAGIC: Uint8Array = b4a.from('\x89CAIRN\r\n', 'latin1')
export const RECORD_MAGIC: Uint8Array = b4a.from('CairnRec', 'latin1')
export const TRAILER_MAGIC: Uint8Array = b4a.from('CairnEnd', 'latin1')

export const SUPERBLOCK_BYTES = 256
/**
 * The superblock stands twice, against flipped bytes. Where both are lost with their sector, the
 * trailers repeat what a reader needs.
 */
export const SUPERBLOCK_COPIES = 2
/** Offset of the first record. */
export const FIRST_RECORD: number = SUPERBLOCK_BYTES * SUPERBLOCK_COPIES
export const RECORD_HEADER_BYTES = 80
export const TRAILER_BYTES = 160
export const FILE_ID_BYTES = 16

/** What a record is. Readers skip records of a type that they do not know. */
export const RECORD_TYPE = { segment: 1, directory: 2, media: 3, continuation: 4 } as const

export const KIND = { snapshot: 0, request: 1, answer: 2 } as const
export type Kind = keyof typeof KIND

/** The label of a segment, before it is sealed. */
export const LABEL_BYTES = 152
/** A sealed label of any record. */
export const MAX_LABEL_BYTES = 4096

/** Payload of one segment at most; a longer run continues in the next segment. */
export const MAX_SEGMENT_PAYLOAD: number = 8 * 1024 * 1024
export const MAX_SEGMENT_BLOCKS: number = CHECKPOINT_INTERVAL
/** The label of a piece of a photo or file, before it is sealed. */
export const MEDIA_LABEL_BYTES = 64
/** The label of what ends a volume that is followed by another, before it is sealed. */
export const CONTINUATION_LABEL_BYTES = 8
/** A row of a directory about pieces that stand one behind the other. */
export const MEDIA_ROW_BYTES = 64
/** A larger photo or file is not carried. */
export { MAX_MEDIA_BYTES } from '../log/media/reference.js'
/** What devices say they hold of photos and files: one device, in hashes; all, in bytes. */
export { MAX_PREFIXES as MAX_HELD_PREFIXES } from '../log/media/hash-prefixes.js'
export { MAX_HELD_MEDIA_BYTES } from '../log/media/held-media.js'
/** Rows about media of one file: with all else they fit into a full directory. */
export const MAX_MEDIA_ROWS: number = 768 * 1024
/** A directory of 10,000 feeds takes 2 MiB; one of a million segments 32 MiB. */
export const MAX_DIRECTORY_BYTES: number = 64 * 1024 * 1024
/** Rows of who holds what that a file carries. */
export const MAX_HELD_ROWS = 20_000
/** Largest record of a segment. */
export const MAX_SEGMENT_BYTES: number =
  RECORD_HEADER_BYTES + MAX_LABEL_BYTES + MAX_SEGMENT_PAYLOAD + 4 * MAX_SEGMENT_BLOCKS
/** Largest record of any type. */
export const MAX_RECORD_BYTES: number = MAX_DIRECTORY_BYTES + MAX_LABEL_BYTES + RECORD_HEADER_BYTES

/** FAT32 ends a file at 4 GiB - 1 byte; a volume ends a little before. */
export const DEFAULT_VOLUME_BYTES: number = 4 * 1024 ** 3 - 1024 ** 2
/** Any record but a very large directory fits into the smallest volume. */
export const MIN_VOLUME_BYTES: number = 16 * 1024 ** 2

/** Bytes written between two syncs of the medium: what progress and abort wait for. */
export const SYNC_EVERY_BYTES: number = 16 * 1024 * 1024

/** Directories that point back to each other, before a full one is written. */
export const MAX_DIRECTORY_CHAIN = 64

/** Commits of one file: generations lie below. */
export const MAX_GENERATIONS: number = 2 ** 32

if (MAX_BLOCK_BYTES + 4 > MAX_SEGMENT_PAYLOAD) throw new Error('a block must fit into a segment')
