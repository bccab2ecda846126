// Tags as small numbers, so that a filter by tag compares numbers in memory. Every key has a code,
// and so has every value of a key, as long as there is room: 65,536 codes, of which one key takes
// at most a thousand, so that names and notes do not eat them up. What finds no room gets one of
// 256 shared codes, by hash: those only say where to look, and the row decides.

import type { Tags } from '../log/entry.js'
import { isTagScalar, type TagCondition, type TagScalar } from './filter.js'

const SHARED_CODES = 256
const MAX_CODES = 65_536
const MAX_VALUES_PER_KEY = 1000

interface KeyCodes {
  readonly present: number
  readonly values: Map<TagScalar, number>
}

/** A condition in codes. */
export interface CodeCondition {
  /** Any of these must be there; for `absent`, none of them. */
  readonly codes: ReadonlySet<number>
  /** Where it is a single one: this; -1 otherwise. */
  readonly only: number
  readonly absent: boolean
  /** A row can have the codes and still not match. */
  readonly verify: boolean
}

/** As in the column file: key, its code, and the values with theirs. */
export type SavedCodes = readonly (readonly [string, number, readonly TagScalar[], Uint32Array])[]

export class TagCodes {
  readonly #keys = new Map<string, KeyCodes>()
  #next = SHARED_CODES

  /** Appends the codes of a version's tags. */
  encode(tags: Tags, codes: number[]): void {
    for (const key in tags) {
      const known = this.#keys.get(key) ?? this.#add(key)
      codes.push(known?.present ?? sharedCode(key))
      const value: unknown = tags[key]
      if (!Array.isArray(value)) this.#encodeValue(key, known, value, codes)
      else for (const item of value as unknown[]) this.#encodeValue(key, known, item, codes)
    }
  }

  /** Null where no observation can match. */
  condition(condition: TagCondition): CodeCondition | null {
    const known = this.#keys.get(condition.key)
    if ('present' in condition) {
      const absent = !condition.present
      if (known !== undefined) return conditionOf([known.present], absent, false)
      if (!this.#isFull) return absent ? conditionOf([], absent, false) : null
      // Others share the code: that it is there says nothing, so nothing is left out by it.
      return conditionOf(absent ? [] : [sharedCode(condition.key)], absent, true)
    }
    const codes: number[] = []
    let verify = false
    for (const value of condition.values) {
      const code = known?.values.get(value)
      if (code !== undefined) codes.push(code)
      else if (this.#isFull || (known !== undefined && isCrowded(known))) {
        codes.push(sharedCode(condition.key, value))
        verify = true
      }
    }
    return codes.length === 0 ? null : conditionOf(codes, false, verify)
  }

  save(): SavedCodes {
    return [...this.#keys].map(([key, { present, values }]) => [
      key,
      present,
      [...values.keys()],
      Uint32Array.from(values.values())
    ])
  }

  static load(saved: SavedCodes): TagCodes {
    const codes = new TagCodes()
    for (const [key, present, values, numbers] of saved) {
      codes.#keys.set(key, { present, values: new Map(values.map((v, i) => [v, numbers[i]!])) })
      codes.#next = Math.max(codes.#next, present + 1, ...numbers.map((n) => n + 1))
    }
    return codes
  }

  get #isFull(): boolean {
    return this.#next >= MAX_CODES
  }

  #add(key: string): KeyCodes | undefined {
    if (this.#isFull) return undefined
    const known = { present: this.#next++, values: new Map<TagScalar, number>() }
    this.#keys.set(key, known)
    return known
  }

  #encodeValue(key: string, known: KeyCodes | undefined, value: unknown, codes: number[]): void {
    // A broken writer's value is there, and equals nothing that can be asked for.
    if (!isTagScalar(value)) return
    let code = known?.values.get(value)
    if (code === undefined && known !== undefined && !this.#isFull && !isCrowded(known)) {
      code = this.#next++
      known.values.set(value, code)
    }
    codes.push(code ?? sharedCode(key, value))
  }
}

function conditionOf(codes: readonly number[], absent: boolean, verify: boolean): CodeCondition {
  return { codes: new Set(codes), only: codes.length === 1 ? codes[0]! : -1, absent, verify }
}

function isCrowded({ values }: KeyCodes): boolean {
  return values.size >= MAX_VALUES_PER_KEY
}

/** FNV-1a over key, type and value. */
function sharedCode(key: string, value?: TagScalar): number {
  const text = value === undefined ? key : `${key}\0${typeof value}\0${String(value)}`
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 16)) & (SHARED_CODES - 1)
}
