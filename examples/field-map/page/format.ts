// Values as people read them: dates, places, tags, names of devices and categories.

import type {
  Category,
  Changes,
  ConfigurationFile,
  Field,
  Language,
  Status,
  TagValue,
  Version
} from '../wire/api'
import { inLanguage, type Words } from './words'

export function dateTime(iso: string, language: Language): string {
  return new Date(iso).toLocaleString(localeOf(language), {
    dateStyle: 'medium',
    timeStyle: 'short'
  })
}

export function day(iso: string, language: Language): string {
  return new Date(iso).toLocaleDateString(localeOf(language), { dateStyle: 'medium' })
}

/** As the reader's country writes it, where the browser knows. */
function localeOf(language: Language): string {
  return navigator.languages.find((one) => one.startsWith(language)) ?? language
}

/** A clock that says so was never set, or is far ahead. */
export function isDoubtful(iso: string): boolean {
  const time = Date.parse(iso)
  return time < Date.UTC(2020, 0) || time > Date.now() + 26 * 3_600_000
}

/** Five decimals are about a metre. */
export function degrees(value: number): string {
  return value.toFixed(5)
}

export function categoryOf(
  configuration: ConfigurationFile,
  id: TagValue | undefined
): Category | undefined {
  return configuration.categories.find((category) => category.id === id)
}

/** What has no category of this configuration keeps the word that it was recorded with. */
export function categoryName(
  configuration: ConfigurationFile,
  id: string,
  language: Language
): string {
  return inLanguage(categoryOf(configuration, id)?.label, language) || id || '?'
}

export function colorOf(configuration: ConfigurationFile, id: string): string {
  return categoryOf(configuration, id)?.color ?? '#5b5f5c'
}

export function fieldOf(configuration: ConfigurationFile, key: string): Field | undefined {
  return configuration.fields.find((field) => field.key === key)
}

export function fieldName(
  configuration: ConfigurationFile,
  key: string,
  language: Language
): string {
  return inLanguage(fieldOf(configuration, key)?.label, language) || key
}

export function valueText(
  value: TagValue | undefined,
  field: Field | undefined,
  language: Language
): string {
  if (value === null || value === undefined || value === '') return ''
  if (typeof value === 'object') {
    return value.map((one) => valueText(one, field, language)).join(', ')
  }
  const option = field?.options?.find((one) => one.value === value)
  if (option !== undefined) return inLanguage(option.label, language)
  return typeof value === 'number' ? value.toLocaleString(language) : String(value)
}

/** As its people call it. */
export function plainDeviceName({ devices }: Status, id: string): string {
  return devices.find((device) => device.id === id)?.name ?? id.slice(0, 8)
}

/** The same, saying which one is this. */
export function deviceName(status: Status, id: string, words: Words): string {
  const name = plainDeviceName(status, id)
  return id === status.id ? `${name} (${words.thisLaptop})` : name
}

export function titleOf(configuration: ConfigurationFile, { tags }: Version): string {
  for (const key of configuration.title) {
    const value = tags[key]
    if (value !== undefined && value !== null && value !== '') return String(value)
  }
  return ''
}

/** "12 new, 3 edited, 2 deleted"; empty where nothing changed. */
export function changesText(change: Changes, words: Words): string {
  const { created, edited, deleted, restored } = change
  return [
    created > 0 && words.newOnes(created),
    edited > 0 && words.edited(edited),
    deleted > 0 && words.deleted(deleted),
    restored > 0 && words.restored(restored)
  ]
    .filter((text) => text !== false)
    .join(', ')
}
