// How what was recorded is replaced, deleted and restored: one set of rules for observations and
// for documents. An edit replaces what its user saw, so an edit that arrived meanwhile stays a fork.

import { throwIfAborted, type CairnError } from './errors.js'
import type { View } from './index/public.js'
import { toUuid } from './index/uuid.js'
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
    if (this.view.isWatched) await this.view.update()
    return ref
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
    await this.view.update({ signal })
    return created
  }

  /** Replaces what was shown, or with a bare id the winner; resolves to the id. */
  async update(target: Shown | string, change: (base: Content) => Content): Promise<string> {
    const replaced = await this.#replacedBy(target)
    const content = change(this.of.contentOf(replaced[0].entry))
    return this.#replace(replaced, content, false)
  }

  /** Deleting what is deleted writes nothing. */
  async delete(target: Shown | string): Promise<string> {
    const replaced = await this.#replacedBy(target)
    const id = idOf(target)
    const now = await this.of.heads(id)
    if (now.length === 1 && now[0]?.entry.deleted === true) return id
    return this.#replace(replaced, this.of.contentOf(replaced[0].entry), true)
  }

  /** With the content that the deletion replaced. What is not deleted stays as it is. */
  async restore(target: Shown | string): Promise<string> {
    const replaced = await this.#replacedBy(target)
    const id = idOf(target)
    const now = await this.of.heads(id)
    if (now[0]?.entry.deleted === false) return id
    const last = await this.#beforeDeletion(replaced[0].entry)
    return this.#replace(replaced, this.of.contentOf(last), false)
  }

  async #replace(
    replaced: readonly [Replaced<E>, ...Replaced<E>[]],
    content: Content,
    deleted: boolean
  ): Promise<string> {
    const entry = this.of.entryOf(nextVersion(this.log, replaced, deleted), content)
    await this.write(entry)
    await this.view.update()
    return toUuid(entry.id)
  }

  /** The versions that a new one replaces, the one whose content goes on first. */
  async #replacedBy(target: Shown | string): Promise<readonly [Replaced<E>, ...Replaced<E>[]]> {
    await this.upToDate()
    if (typeof target === 'string') {
      const [winner] = await this.of.heads(target)
      if (winner === undefined) throw this.of.notFound(target)
      return [winner]
    }
    if (typeof target !== 'object' || target === null) {
      throw new TypeError(`${this.of.word}: must be one as it was shown, or its id`)
    }
    const versions = [target, ...(target.forks ?? [])]
    const names = versions.map(({ versionId }) => parseVersion(versionId))
    const heads = await this.of.heads(target.id)
    const [shown, ...forks] = await Promise.all(
      names.map(async (ref) => {
        const head = heads.find((h) => sameVersion(h.ref, ref))
        return head ?? this.#fromLog(ref, target.id)
      })
    )
    if (shown === undefined) throw this.of.notFound(target.id)
    return [shown, ...forks]
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

function idOf(target: Shown | string): string {
  return typeof target === 'string' ? target : target.id
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
