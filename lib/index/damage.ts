// The view is derived, so whatever is wrong with its files has one remedy: make it anew. This is
// the sign for it inside lib/index; callers of the library never see it thrown.

/** Why a view is made anew without having been asked. */
export type RebuildReason =
  /** There is none, though there are entries. */
  | 'missing'
  /** Its files or a row cannot be read, or the folder was copied. */
  | 'damaged'
  /** A release of this library with another layout, or that understood less, made it. */
  | 'layout'
  /** It stands on entries that the feeds do not have: a crash or a restored backup. */
  | 'position'
  /** It holds documents of a kind that the app registers only now, or with other keys. */
  | 'kinds'

export class ViewDamage extends Error {
  constructor(
    message: string,
    cause?: unknown,
    readonly reason: RebuildReason = 'damaged'
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ViewDamage'
  }
}
