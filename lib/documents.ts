// Documents of a kind that an app made up, such as tracks: created, edited, deleted and looked at
// like observations, by the same rules, with fields of the app's own.

import { type CreateManyOptions, Editing } from './editing.js'
import { CairnError } from './errors.js'
import { type LoggedDocument, toDocument } from './index/document.js'
import type {
  Document,
  DocumentChange,
  DocumentFilter,
  DocumentQuery,
  DocumentVersion,
  DocumentsView,
  View,
  WatchDocuments
} from './index/public.js'
import type { DocumentEntry } from './log/entry.js'
import type { Log } from './log/log.js'
import { type CheckedPatch, checkPatch, isPlain, plainData } from './observation-input.js'
import { firstVersion } from './version-entries.js'

/** What can be said of a version beside its fields; in a patch null takes it away. */
export interface DocumentDetails {
  /** Who of the people that share the device. */
  author?: string | null
  /** A time better than this computer's clock, such as GPS: a Date, ISO 8601 text, milliseconds. */
  trustedAt?: Date | string | number | null
}

/** Given fields replace the old ones whole; null takes a field away. */
export type DocumentPatch<F> = { [Field in keyof F]?: F[Field] | null }

type Content = Pick<DocumentEntry, 'fields' | 'author' | 'trustedAt' | 'unknown'>

export class Documents<F = Readonly<Record<string, unknown>>> {
  private readonly editing: Editing<DocumentEntry, Content>
  private readonly shown: DocumentsView

  /** Made by `Device`. Throws a TypeError where the kind is not registered. */
  constructor(
    private readonly log: Log,
    view: View,
    private readonly assertOpen: () => void,
    /** Name of the kind. */
    readonly kind: string
  ) {
    const shown = view.documents(kind)
    this.shown = shown
    this.editing = new Editing(log, view, assertOpen, {
      type: kind,
      word: kind,
      heads: (id) => shown.heads(id),
      contentOf,
      entryOf: (own, content) => ({ kind: 'document', type: kind, ...own, ...content }),
      isEmpty: ({ fields }) => Object.keys(fields).length === 0,
      notFound: (id) => notFound(kind, id)
    })
  }

  /** Records one. Throws what `validate` throws, TypeError for what is no plain data, NO_SPACE. */
  async create(fields: F, details: DocumentDetails = {}): Promise<Document<F>> {
    this.assertOpen()
    const entry = this.newEntry(fields, details)
    const ref = await this.editing.write(entry)
    return toDocument<F>([{ ref, entry }], false, this.log.now())
  }

  /** Records many, in batches of 1,024. Resolves to how many. */
  async createMany(
    items: Iterable<F> | AsyncIterable<F>,
    options: CreateManyOptions = {}
  ): Promise<number> {
    return this.editing.writeMany(items, (fields: F) => this.newEntry(fields, {}), options)
  }

  /**
   * Writes a new version with the patch applied. Given a document as it was shown, it replaces what
   * was shown, forks included; given an id, the winner. Throws DOCUMENT_NOT_FOUND, and what
   * `validate` throws.
   */
  async update(
    target: Document<F> | string,
    patch: DocumentPatch<F>,
    details: DocumentDetails = {}
  ): Promise<Document<F>> {
    this.assertOpen()
    const given = Object.entries(checkFields('patch', patch))
    const checked = checkDetails(details)
    const heads = await this.editing.update(target, (base) => {
      const fields: Record<string, unknown> = { ...base.fields }
      for (const [name, value] of given) {
        if (value === null) delete fields[name]
        else fields[name] = value
      }
      this.shown.index.validate(fields)
      return withDetails({ ...base, fields }, checked)
    })
    return this.document(heads)
  }

  /** Marks it deleted; deleting what is deleted does nothing. Throws DOCUMENT_NOT_FOUND. */
  async delete(target: Document<F> | string): Promise<Document<F>> {
    return this.document(await this.editing.delete(target))
  }

  /** Takes a deletion back, with the content that it replaced. Throws DOCUMENT_NOT_FOUND. */
  async restore(target: Document<F> | string): Promise<Document<F>> {
    return this.document(await this.editing.restore(target))
  }

  /** Null where there is none. A deleted one has `deleted: true`. */
  async get(id: string): Promise<Document<F> | null> {
    await this.editing.upToDate()
    return this.shown.get(id)
  }

  /** Streams those that match, from a snapshot. Throws TypeError for a wrong option. */
  async *query(options: DocumentQuery = {}): AsyncGenerator<Document<F>> {
    await this.editing.upToDate()
    yield* this.shown.query(options)
  }

  async count(filter: DocumentFilter = {}): Promise<number> {
    await this.editing.upToDate()
    return this.shown.count(filter)
  }

  /** All versions that are here, newest first. */
  async *history(id: string): AsyncGenerator<DocumentVersion<F>> {
    await this.editing.upToDate()
    yield* this.shown.history(id)
  }

  /** Changes from now on: written here, synced, or from a peer. */
  watch(options: WatchDocuments = {}): AsyncIterableIterator<DocumentChange<F>> {
    this.assertOpen()
    return this.shown.watch(options)
  }

  private newEntry(fields: F, details: DocumentDetails): DocumentEntry {
    const given = checkFields(this.kind, fields)
    this.shown.index.validate(given)
    const content = withDetails({ fields: given }, checkDetails(details))
    return { kind: 'document', type: this.kind, ...firstVersion(this.log), ...content }
  }

  private document(heads: readonly LoggedDocument[]): Document<F> {
    const { index } = this.shown
    return toDocument<F>(heads, index.isInvalid(toDocument<never>(heads)), this.log.now())
  }
}

function contentOf({ fields, author, trustedAt, unknown }: DocumentEntry): Content {
  return {
    fields,
    ...(author !== undefined && { author }),
    ...(trustedAt !== undefined && { trustedAt }),
    ...(unknown !== undefined && { unknown })
  }
}

function checkFields(what: string, fields: unknown): Record<string, unknown> {
  if (!isPlain(fields)) throw new TypeError(`${what}: must be an object`)
  // One that is not given is none.
  const given = Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined))
  return plainData(what, given) as Record<string, unknown>
}

function checkDetails(details: DocumentDetails): CheckedPatch {
  for (const name of Object.keys(details)) {
    if (name !== 'author' && name !== 'trustedAt') {
      throw new TypeError(`${name}: there is no such detail; only author and trustedAt`)
    }
  }
  return checkPatch(details, 'details')
}

function withDetails(content: Content, details: CheckedPatch): Content {
  const { fields, unknown } = content
  const { author, trustedAt } = { ...content, ...details }
  return {
    fields,
    ...(typeof author === 'string' && { author }),
    ...(typeof trustedAt === 'number' && { trustedAt }),
    ...(unknown !== undefined && { unknown })
  }
}

function notFound(kind: string, id: string): CairnError {
  return new CairnError(
    'DOCUMENT_NOT_FOUND',
    `There is no ${kind} ${id} on this device. It may not have been synced yet.`,
    { document: id }
  )
}
