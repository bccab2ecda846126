// The greatest id of the documents of each kind that have rows. Most that come in are newer than
// all that are there, and need not be looked up.

/** Kinds that are kept in mind: a broken writer could make up any number. */
const MAX_KINDS = 1024

export class LastIds {
  /** Null where it is not known. */
  #ids: Map<string, Buffer> | null = new Map()

  /** What is known of a tree that was just opened: nothing, unless it has no documents. */
  reset(empty: boolean): void {
    this.#ids = empty ? new Map() : null
  }

  /** Whether such a document cannot have a row yet. */
  isBeyond(type: string, id: Buffer): boolean {
    const last = this.#ids?.get(type)
    return this.#ids !== null && (last === undefined || id.compare(last) > 0)
  }

  /** Takes the last of some that were written in order of id. */
  note(type: string, id: Buffer): void {
    if (this.#ids === null || !this.isBeyond(type, id)) return
    this.#ids.set(type, Buffer.from(id))
    if (this.#ids.size > MAX_KINDS) this.#ids = null
  }
}
