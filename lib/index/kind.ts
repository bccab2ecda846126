// A kind of document that an app makes up: its name, what its fields must be, and what documents
// are found and ordered by. These functions are the app's, and they are also run over what other
// devices wrote; one that throws leaves a document without that key, or marks it as invalid, and
// never stops the view.

import { DOCUMENT_TYPE } from '../log/entry-codec.js'
import type { Document } from './document.js'
import type { DocumentFacts } from './document-facts.js'
import { encodeValue, type KeyValue } from './ordered.js'
import { checkBox, type BoundingBox } from './place.js'

/** What an app says of a kind of its own. `F` is the type of its fields. */
export interface Kind<F = Readonly<Record<string, unknown>>> {
  /** 1 to 64 letters, digits, dots, hyphens and underscores. Stays: it is in every entry. */
  readonly name: string
  /** To be raised when what `validate`, `keys` or `bbox` give has changed; 1 unless given. */
  readonly version?: number
  /** Throws where the fields are not right. What others wrote is not refused, but marked. */
  validate?(fields: F): void
  /** By name, what documents can be found and ordered by. */
  readonly keys?: Readonly<Record<string, (document: Document<F>) => KeyValue>>
  /** Where it lies, if anywhere: west, south, east, north. */
  bbox?(document: Document<F>): BoundingBox | readonly number[] | null | undefined
}

/** Any kind at all. */
export type AnyKind = Kind<never>

/** Checks what an app says of a kind. Throws a TypeError that names the field. */
export function defineKind<F = Readonly<Record<string, unknown>>>(kind: Kind<F>): Kind<F> {
  checkKind(kind)
  return kind
}

/** Keys of a kind are numbered, and a number is a byte. */
const MAX_KEYS = 64

/** A kind as the view uses it. */
export class KindIndex {
  readonly name: string
  readonly keyNames: readonly string[]
  /** Two of the same find documents by the same. */
  readonly signature: string

  constructor(private readonly kind: AnyKind) {
    checkKind(kind)
    this.name = kind.name
    this.keyNames = Object.keys(kind.keys ?? {})
    this.signature = JSON.stringify([
      kind.version ?? 1,
      this.keyNames,
      kind.bbox !== undefined,
      kind.validate !== undefined
    ])
  }

  /** Throws what the app's `validate` throws. */
  validate(fields: unknown): void {
    this.kind.validate?.(fields as never)
  }

  /** Whether the app's `validate` objects to it. */
  isInvalid({ deleted, fields }: Document<never>): boolean {
    try {
      if (!deleted) this.validate(fields)
      return false
    } catch {
      return true
    }
  }

  /** What a document is found by, as far as the app's functions give it. */
  facts(document: Document<never>): DocumentFacts {
    let failed = false
    const attempt = <T>(work: () => T, otherwise: T): T => {
      try {
        return work()
      } catch {
        failed = true
        return otherwise
      }
    }
    const invalid = this.isInvalid(document)
    const keys = this.keyNames.map((name) =>
      attempt(() => this.#key(name, document), encodeValue(null))
    )
    const box = attempt(() => this.#box(document), null)
    const forked = document.forks.length > 0
    return { deleted: document.deleted, forked, invalid, failed, box, keys }
  }

  /** What the app's functions object to, in sentences. */
  problems(document: Document<never>): string[] {
    const problems: string[] = []
    const attempt = (what: string, work: () => unknown): void => {
      try {
        work()
      } catch (error) {
        problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    if (!document.deleted) attempt('validate', () => this.validate(document.fields))
    for (const name of this.keyNames) attempt(`keys.${name}`, () => this.#key(name, document))
    attempt('bbox', () => this.#box(document))
    return problems
  }

  #key(name: string, document: Document<never>): Buffer {
    return encodeValue(this.kind.keys![name]!(document))
  }

  #box(document: Document<never>): BoundingBox | null {
    const box = this.kind.bbox?.(document)
    return box === null || box === undefined ? null : checkBox('bbox', box)
  }
}

/** Of `Device.open`: a list of kinds, no two of one name. Throws a TypeError. */
export function checkKinds(kinds: unknown): void {
  if (kinds === undefined) return
  if (!Array.isArray(kinds)) throw new TypeError('kinds: must be a list of kinds')
  for (const kind of kinds as unknown[]) checkKind(kind)
  const names = (kinds as AnyKind[]).map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new TypeError(`kinds: there are two of the name ${twice}`)
}

function checkKind(kind: unknown): void {
  const { name, version, validate, keys, bbox } = (kind ?? {}) as Record<string, unknown>
  if (typeof name !== 'string' || !DOCUMENT_TYPE.test(name)) {
    throw new TypeError('kind: name must be 1 to 64 letters, digits, dots, hyphens, underscores')
  }
  if (name === 'observation') throw new TypeError('kind: observations are a kind already')
  const isFunction = (value: unknown): boolean => typeof value === 'function'
  if (version !== undefined && !Number.isSafeInteger(version)) {
    throw new TypeError(`kind ${name}: version must be a whole number`)
  }
  for (const [what, value] of Object.entries({ validate, bbox })) {
    if (value !== undefined && !isFunction(value)) {
      throw new TypeError(`kind ${name}: ${what} must be a function`)
    }
  }
  if (keys === undefined) return
  const sound = typeof keys === 'object' && keys !== null && Object.values(keys).every(isFunction)
  if (!sound || Object.keys(keys as object).length > MAX_KEYS) {
    throw new TypeError(`kind ${name}: keys must be at most ${MAX_KEYS} functions by name`)
  }
  if ('created' in (keys as object)) {
    throw new TypeError(`kind ${name}: "created" is an order that all kinds have`)
  }
}
