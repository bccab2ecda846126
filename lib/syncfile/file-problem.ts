// What an open sync file knows to be wrong with itself.

/** Something in the file that is not as it was written, or was never written to its end. */
export interface FileProblem {
  readonly code: 'SYNCFILE_DAMAGED' | 'SYNCFILE_UNFINISHED' | 'VOLUME_MISSING'
  readonly message: string
  /** The volume's path. */
  readonly path: string
  readonly offset?: number
  readonly feed?: string
  readonly from?: number
  readonly to?: number
  /** The photo or file concerned: its hash. */
  readonly media?: string
}

export function isMissing({ code }: FileProblem): boolean {
  return code === 'VOLUME_MISSING'
}
