// Every number that a peer may name is bounded by one of these before anything is done with it.

import { MAX_BLOCK_BYTES } from '../log/block-cipher.js'
import { CHECKPOINT_INTERVAL } from '../log/checkpoint.js'
import { MAX_RUN_BLOCKS } from '../log/run-checks.js'
import { TAIL_BYTES } from '../log/tail.js'

/** Raised when an older version could no longer follow. Different versions below it meet. */
export const PROTOCOL = 'cairnlog/1'

/** Feeds that a peer may announce: each costs about half a kilobyte. */
export const MAX_FEEDS = 65_536

/** Blocks that a feed may have. */
export { MAX_FEED_LENGTH } from '../log/run-checks.js'

/** Heads in one message. */
export const HEADS_AT_ONCE = 256

/** Rows of who holds what in one message. */
export const ACKNOWLEDGMENTS_AT_ONCE = 1024

/** Places in feeds that one question may ask about. */
export const PLACES_AT_ONCE = 256

/** Blocks that a run may hold, and their bytes: as many as a sound feed can have between two cuts. */
export const MAX_BLOCKS: number = MAX_RUN_BLOCKS
export const MAX_ANSWER_BYTES: number = CHECKPOINT_INTERVAL * MAX_BLOCK_BYTES + 2 ** 20

/**
 * An answer travels in pieces of this size: small enough that a slow line shows life several times
 * a minute, and that a waiting head never stands behind a long message.
 */
export const CHUNK_BYTES = 65_536

/** Questions that may be under way at once; a peer that asks more does not wait for answers. */
export const MAX_QUESTIONS = 64

/** Runs of one feed that are asked for ahead, and the size of a run above which only one is. */
export const RUNS_AHEAD = 3
export const LARGE_RUN_BYTES: number = 2 ** 20

/** A run that nobody asked for, and how many of them may wait to be taken in. */
export const MAX_PUSH_BYTES: number = TAIL_BYTES + 1024
export const MAX_PUSHES = 16

/** Photos that one question may ask about, or one message announce. */
export const MEDIA_AT_ONCE = 1024
/** Questions about photos under way at once, and announcements that wait for a slow peer. */
export const MAX_MEDIA_QUESTIONS = 16
export const MAX_MEDIA_NEWS = 8192

/** Names, versions and codes, in bytes. */
export const MAX_TEXT_BYTES = 1024

/**
 * After so many milliseconds without a byte, or without an answer or a chunk of one where it owes
 * one, a peer is given up.
 */
export const SILENCE_MS = 30_000

/** How long a connection of ours may take to say goodbye. */
export const GOODBYE_MS = 2000
