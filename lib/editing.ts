// How what was recorded is replaced, deleted and restored: one set of rules for observations and
// for documents. An edit replaces what its user saw, so an edit that arrived meanwhile stays a fork.
// What was recorded was recorded: what keeps the view behind is told by the next read, not by a write.

import { throwIfAborted, type CairnError } from './errors.js'
import type { Head } from './index/heads.js'
import type { View } from './index/public.js'
import { fromUuid, toUuid } from './index/uuid.js'
import { compareHeads } from './index/winner.js'
import { CHECKPOINT_INTERVAL } from './log/checkpoint.js'
import { isVersion, typeOf, type VersionEntry, type VersionRef } from './log/entry.js'
import type { Log } from './log/log.js'
import { parseVersion, sameVersion } from './log/version.js'
import { nextVersion, type OwnFields, type Replaced } from './version-entries.js'

/** Entries that `createMany` appends at once. */
const BATCH = CHECKPOINT_INTERVAL

export interface CreateManyOptions {
  signal?: AbortSignal
  /** Called after each batch with how many have been created. */
  onProgress?: (progress: { created: number }) => void
}

/** As much of what was shown as an edit replaces. */
interface Shown {
  readonly id: string
  readonly versionId: string
  readonly forks?: readonly { readonly versionId: string }[]
}

/** The versions that an edit replaces, the one whose content goes on first. */
type Versions<E extends VersionEntry> = readonly [Replaced<E>, ...Replaced<E>[]]

/** What an edit finds: what it replaces, and all heads, winner first. */
interface Found<E extends VersionEntry> {
  readonly replaced: Versions<E>
  readonly heads: readonly Replaced<E>[]
}

/** What is edited by these rules. */
interface Editable<E extends VersionEntry, Content> {
  /** Name of the kind of a document; empty for an observation. */
  readonly type: string
  /** What an app calls one. */
  readonly word: string
  /** Winner first. */
  heads(id: string): Promise<readonly Replaced<E>[]>
  /** What the app decided of it. */
  contentOf(entry: E): Content
  entryOf(own: OwnFields, content: Content): E
  /** Whether it says nothing, as another writer's deletion may. */
  isEmpty(entry: E): boolean
  notFound(id: string): CairnError
}

export class Editing<E extends VersionEntry, Content> {
  constructor(
    private readonly log: Log,
    private readonly view: View,
    private readonly assertOpen: () => void,
    private readonly of: Editable<E, Content>
  ) {}

  async upToDate(): Promise<void> {
    this.assertOpen()
    await this.view.update()
  }

  /** Resolves to the version's name. */
  async write(entry: E): Promise<VersionRef> {
    this.assertOpen()
    const [ref] = await this.log.write([entry])
    if (ref === undefined) throw new Error('one entry was written and has no name')
    if (this.view.isWatched) await this.refresh()
    return ref
  }

  /** Shows what was recorded, where that can be done. */
  async refresh(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.view.update(options).catch(() => undefined)
  }

  /** Whole batches before a wrong item stay. Resolves to how many. */
  async writeMany<Input>(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    make: (input: Input) => E,
    { signal, onProgress }: CreateManyOptions = {}
  ): Promise<number> {
    this.assertOpen()
    let created = 0
    let batch: E[] = []
    const append = async (): Promise<void> => {
      throwIfAborted(signal, `${created} have been recorded.`)
      await this.log.write(batch)
      created += batch.length
      batch = []
      onProgress?.({ created })
    }
    for await (const input of inputs) {
      batch.push(named(created + batch.length, () => make(input)))
      if (batch.length === BATCH) await append()
    }
    if (batch.length > 0) await append()
    await this.refresh({ signal })
    return created
  }

  /** Replaces what was shown, or with a bare id the winner; resolves to the heads, winner first. */
  async update(
    target: Shown | string,
    change: (base: Content) => Content
  ): Promise<readonly Replaced<E>[]> {
    return this.#edit(target, async (found) =>
      this.#replace(found, change(this.of.contentOf(found.replaced[0].entry)), false)
    )
  }

  /** Deleting what is deleted writes nothing. */
  async delete(target: Shown | string): Promise<readonly Replaced<E>[]> {
    return this.#edit(target, async (found) => {
      const { replaced, heads } = found
      if (heads.length === 1 && heads[0]?.entry.deleted === true) return heads
      return this.#replace(found, this.of.contentOf(replaced[0].entry), true)
    })
  }

  /** With the content that the deletion replaced. What is not deleted stays as it is. */
  async restore(target: Shown | string): Promise<readonly Replaced<E>[]> {
    return this.#edit(target, async (found) => {
      const { replaced, heads } = found
      if (heads[0]?.entry.deleted === false) return heads
      const last = await this.#beforeDeletion(replaced[0].entry)
      return this.#replace(found, this.of.contentOf(last), false)
    })
  }

  /** One after the other for each id, so that an edit finds what the one before has written. */
  async #edit<T>(target: Shown | string, work: (found: Found<E>) => Promise<T>): Promise<T> {
    this.assertOpen()
    const { id, versions } = namedBy(target, this.of.word)
    return this.log.writer.edits.alone(id, async () => work(await this.#find(id, versions)))
  }

  async #replace(
    { replaced, heads }: Found<E>,
    content: Content,
    deleted: boolean
  ): Promise<readonly Replaced<E>[]> {
    const entry = this.of.entryOf(nextVersion(this.log, replaced, deleted), content)
    const ref = await this.write(entry)
    try {
      await this.view.update()
      return await this.of.heads(toUuid(entry.id))
    } catch {
      const others = heads.filter(
        (head) => !entry.links.some((link) => sameVersion(link, head.ref))
      )
      return [{ ref, entry, clock: entry.clock }, ...others].sort(compareLogged)
    }
  }

  async #find(id: string, versions: readonly VersionRef[] | null): Promise<Found<E>> {
    await this.upToDate()
    const heads = await this.of.heads(id)
    const names = versions ?? heads.slice(0, 1).map(({ ref }) => ref)
    const [first, ...more] = await Promise.all(
      names.map(async (ref) => {
        const head = heads.find((one) => sameVersion(one.ref, ref))
        return head ?? this.#fromLog(ref, id)
      })
    )
    if (first === undefined) throw this.of.notFound(id)
    return { replaced: [first, ...more], heads }
  }

  /** The last version with content: our deletions carry it, another writer's may not. */
  async #beforeDeletion(entry: E): Promise<E> {
    const [link] = entry.links
    if (!entry.deleted || !this.of.isEmpty(entry) || link === undefined) return entry
    const { entry: replaced } = (await this.log.entry(link.feed, link.seq)) ?? {}
    const same = replaced !== undefined && isVersion(replaced) && typeOf(replaced) === this.of.type
    return same ? this.#beforeDeletion(replaced as E) : entry
  }

  /** A version that was shown and has been replaced since. */
  async #fromLog(ref: VersionRef, id: string): Promise<Replaced<E>> {
    const logged = await this.log.entry(ref.feed, ref.seq)
    const { entry } = logged ?? {}
    if (!logged || entry === undefined || !isVersion(entry) || !sameVersion(logged.ref, ref)) {
      throw this.of.notFound(id)
    }
    // A version of something else must not become a version of this.
    if (toUuid(entry.id) !== id || typeOf(entry) !== this.of.type) throw this.of.notFound(id)
    return { ref, entry: entry as E, clock: entry.clock }
  }
}

/** Read at once: what an app was shown is the app's, and may change while others edit. */
function namedBy(
  target: Shown | string,
  word: string
): { id: string; versions: readonly VersionRef[] | null } {
  if (typeof target === 'string') return { id: toUuid(fromUuid(target)), versions: null }
  if (typeof target !== 'object' || target === null) {
    throw new TypeError(`${word}: must be one as it was shown, or its id`)
  }
  const versions = [target, ...(target.forks ?? [])]
  return {
    id: toUuid(fromUuid(target.id)),
    versions: versions.map(({ versionId }) => parseVersion(versionId))
  }
}

function compareLogged(a: Replaced, b: Replaced): number {
  return compareHeads(toHead(a), toHead(b))
}

function toHead({ ref, entry, clock }: Replaced): Head {
  return { version: { ...entry, ref }, clock }
}

/** A TypeError says which of many it is about. */
function named<T>(number: number, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof TypeError) error.message = `item ${number}: ${error.message}`
    throw error
  }
}
