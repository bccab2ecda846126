// Between what stands in a form's fields, which is text, and an observation's tags.

import type { ConfigurationFile, Field, TagValue, Tags } from '../wire/api'

/** By the key of the field. */
export type Values = Readonly<Record<string, string>>

/** What has to be mended before it can be saved. */
export interface Problem {
  readonly key: string
}

export function valuesOf(tags: Tags, { fields }: ConfigurationFile): Values {
  const values: Record<string, string> = {}
  for (const { key } of fields) values[key] = textOf(tags[key])
  return values
}

/** The tags as they were, with what stands in the fields: emptied ones go, untouched ones stay. */
export function tagsFrom(
  fields: readonly Field[],
  values: Values,
  before: Tags
): { tags: Tags } | { problem: Problem } {
  const tags: Record<string, TagValue> = { ...before }
  for (const field of fields) {
    const text = (values[field.key] ?? '').trim()
    if (text === textOf(before[field.key])) continue
    if (text === '') {
      delete tags[field.key]
      continue
    }
    const value = field.type === 'number' ? Number(text.replace(',', '.')) : text
    if (Number.isNaN(value)) return { problem: { key: field.key } }
    tags[field.key] = value
  }
  return { tags }
}

function textOf(value: TagValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? value.join(', ') : String(value)
}
