// What goes wrong, as the program says it: two lines, what happened and what to do, and an exit code
// for each kind of failure. The kinds are listed in the README and in docs/command-line.md.

import type { CairnError, CairnErrorCode } from '../main.js'

/** Exit codes, by kind. */
export const EXIT = {
  done: 0,
  /** Nothing that this program foresaw. */
  failed: 1,
  usage: 2,
  /** Another project or configuration; a passphrase or invite that does not fit. */
  project: 3,
  /** No sync file, damaged, newer, or not all of it. */
  file: 4,
  /** The device's folder. */
  device: 5,
  /** Stick, disk, path. */
  medium: 6,
  peer: 7,
  /** Done, and something was refused, or found damaged or not finished. */
  problems: 8
} as const

export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** A failure that this program itself notices. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly remedy: string,
    readonly exitCode: Exit = EXIT.usage,
    readonly code: string = 'USAGE'
  ) {
    super(message)
    this.name = 'CommandError'
  }
}

export interface Failure {
  readonly code: string
  /** What happened: one line. */
  readonly message: string
  /** What to do: one line. */
  readonly remedy: string
  readonly exitCode: number
}

const SYNC_AGAIN = 'Sync again: it goes on where it stopped.'

/** For each code of the library: the kind, and what somebody at a terminal can do. */
const KINDS: Record<CairnErrorCode, readonly [Exit, string]> = {
  ABORTED: [EXIT.failed, 'Run the same command again for the rest.'],
  BASE_MISSING: [EXIT.file, 'Sync with a file or device that has the part before.'],
  BLOCK_TOO_LARGE: [EXIT.usage, 'Record less in one observation; keep long content elsewhere.'],
  CLOSED: [EXIT.failed, 'Run the command again.'],
  CONFIGURATION_MISMATCH: [
    EXIT.project,
    'Take a file made with your configuration, or change yours: cairnlog configuration NAME@VERSION'
  ],
  DEVICE_COPIED: [
    EXIT.device,
    'Use the original folder. If it is gone, run the command again with --new-feed: all is kept.'
  ],
  DEVICE_DAMAGED: [
    EXIT.device,
    'Keep this folder. Run cairnlog init --succeeds ID in another one and sync it.'
  ],
  DEVICE_HANDED_OVER: [EXIT.device, 'Record on the device that carries on for this one.'],
  DEVICE_LOCKED: [EXIT.device, 'Close the other program that uses this folder, then try again.'],
  DEVICE_READ_ONLY: [EXIT.device, 'Make the folder writable, or copy out with: cairnlog create'],
  DEVICE_ROLLED_BACK: [
    EXIT.device,
    'Run the command again with --new-feed, then sync: what others hold of it comes back.'
  ],
  DOCUMENT_NOT_FOUND: [EXIT.usage, 'Sync first, or look for another one.'],
  FEED_FORGED: [EXIT.file, 'Ask where the file comes from; take the feed from another one.'],
  FEED_FORKED: [EXIT.device, 'See cairnlog check; every other feed goes on.'],
  FEED_NOT_ADMITTED: [EXIT.file, 'Ask where the file comes from. Nothing of that feed was taken.'],
  FEED_TOO_LONG: [EXIT.file, 'Ask whose feed it is; up to the limit it was taken.'],
  FILE_EXISTS: [EXIT.usage, 'Choose another name; the file that is there was not touched.'],
  INVITE_REFUSED: [EXIT.project, 'Check the passphrase and the invite, then try again.'],
  IO_FAILED: [EXIT.medium, `Plug the stick in again. ${SYNC_AGAIN}`],
  MEDIA_DAMAGED: [EXIT.file, 'Sync with a file or device that has it whole: it is replaced.'],
  MEDIA_EMPTY: [EXIT.usage, 'Choose another file; this one holds nothing.'],
  MEDIA_FORGED: [EXIT.file, 'Ask where it comes from. It was not taken; everything else was.'],
  MEDIA_MISSING: [EXIT.file, 'Sync with a file or device that has it.'],
  NO_SPACE: [EXIT.medium, 'Free some space or take another stick, then run the command again.'],
  NOT_A_SYNCFILE: [EXIT.file, 'Choose another file; this one was not changed.'],
  OBSERVATION_NOT_FOUND: [EXIT.usage, 'Look for it with cairnlog list, or sync first.'],
  PATH_UNUSABLE: [EXIT.medium, 'Check the path, and that the stick is plugged in.'],
  PEER_CLOSED: [EXIT.peer, 'Nothing is lost. Connect again: it goes on where it broke off.'],
  PEER_INVALID: [EXIT.peer, 'Find out what runs on the other side; everything sound was taken.'],
  PEER_SILENT: [EXIT.peer, 'Check the connection, then connect again.'],
  PROJECT_MISMATCH: [
    EXIT.project,
    'Take a file of your project, or use the folder of a device of that project: --device DIR'
  ],
  SUCCESSOR_UNKNOWN: [EXIT.device, 'Sync with the new device first; make it with --succeeds.'],
  SYNCFILE_DAMAGED: [
    EXIT.file,
    'Take out everything sound with: cairnlog salvage FILE NEW. Or ask for a fresh file.'
  ],
  SYNCFILE_EXISTS: [
    EXIT.medium,
    'Choose another name, or exchange with that file: cairnlog sync FILE'
  ],
  SYNCFILE_LOCKED: [EXIT.medium, 'Wait until the other program is done, then sync again.'],
  SYNCFILE_UNFINISHED: [EXIT.file, 'Sync it again with the device that wrote it.'],
  SYNCFILE_VERSION: [EXIT.file, 'Update cairnlog: the file was written by a newer one.'],
  VOLUME_MISSING: [
    EXIT.file,
    'Put all volumes side by side and give the first one, whose name has no number.'
  ]
}

/** What the system says when a path cannot be used; the library maps what it meets itself. */
const SYSTEM: Record<string, readonly [CairnErrorCode, string]> = {
  ENOENT: ['PATH_UNUSABLE', 'is not there'],
  ENOTDIR: ['PATH_UNUSABLE', 'is not there'],
  EISDIR: ['PATH_UNUSABLE', 'is a folder'],
  EEXIST: ['PATH_UNUSABLE', 'is there already'],
  EACCES: ['PATH_UNUSABLE', 'may not be opened'],
  EPERM: ['PATH_UNUSABLE', 'may not be opened'],
  EROFS: ['PATH_UNUSABLE', 'lies on a medium that cannot be written'],
  ENOSPC: ['NO_SPACE', 'lies on a medium that is full'],
  EDQUOT: ['NO_SPACE', 'lies on a medium that is full'],
  EIO: ['IO_FAILED', 'could not be read or written']
}

/** What to say of an error. */
export function explain(error: unknown): Failure {
  if (error instanceof CommandError) {
    const { code, remedy, exitCode } = error
    return { code, message: oneLine(error.message), remedy, exitCode }
  }
  if (isCairnError(error)) {
    const [exitCode, remedy] = KINDS[error.code]
    return { code: error.code, message: oneLine(error.message), remedy, exitCode }
  }
  if (isMistyped(error)) {
    const remedy = 'See the --help of the command.'
    return { code: 'USAGE', message: oneLine(error.message), remedy, exitCode: EXIT.usage }
  }
  const system = explainSystem(error)
  if (system !== null) return system
  const message = oneLine(error instanceof Error ? error.message : String(error))
  if (error instanceof TypeError && /^[\w .[\]-]+: /.test(message)) {
    const remedy = 'Correct the value; see the --help of the command.'
    return { code: 'USAGE', message, remedy, exitCode: EXIT.usage }
  }
  const remedy = 'This is a mistake in cairnlog. Run it again with DEBUG=cairnlog and report it.'
  return { code: 'INTERNAL', message, remedy, exitCode: EXIT.failed }
}

/** By its name: the class comes with the whole library, which is loaded only when it is needed. */
function isCairnError(error: unknown): error is CairnError {
  return error instanceof Error && error.name === 'CairnError' && 'code' in error
}

/** An argument that cannot be made a value, by commander's word for it. */
function isMistyped(error: unknown): error is Error {
  const { code } = Object(error) as { code?: unknown }
  return error instanceof Error && typeof code === 'string' && code.startsWith('commander.')
}

function explainSystem(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null
  const { code, path } = error as NodeJS.ErrnoException
  const known = SYSTEM[code ?? '']
  if (known === undefined) return null
  const [as, what] = known
  const [exitCode, remedy] = KINDS[as]
  const message = path === undefined ? oneLine(error.message) : `${path} ${what}.`
  return { code: as, message, remedy, exitCode }
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ')
}
