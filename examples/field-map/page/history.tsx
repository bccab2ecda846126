// Every version of an observation that is here: who did what, when, and what it changed.

import type { JSX } from 'preact'
import type { ConfigurationFile, Status, Version } from '../wire/api'
import { dateTime, degrees, deviceName, fieldName, fieldOf, isDoubtful, valueText } from './format'
import { type Words, useLanguage, useWords } from './words'

export interface HistoryProps {
  /** Newest first. */
  readonly history: readonly Version[]
  readonly status: Status
  readonly configuration: ConfigurationFile
}

export function History({ history, status, configuration }: HistoryProps): JSX.Element {
  const words = useWords()
  const language = useLanguage()
  const byName = new Map(history.map((version) => [version.versionId, version]))
  const changes = (version: Version): string[] => {
    const before = byName.get(version.links[0] ?? '')
    if (before === undefined || version.deleted || before.deleted) return []
    const text = ({ tags }: Version, key: string): string =>
      valueText(tags[key], fieldOf(configuration, key), language) || words.empty
    const keys = [...new Set([...Object.keys(before.tags), ...Object.keys(version.tags)])]
    const changed = keys
      .filter((key) => text(before, key) !== text(version, key))
      .map(
        (key) =>
          `${fieldName(configuration, key, language)}: ${text(before, key)} → ${text(version, key)}`
      )
    const [was, is] = [placeText(before, words), placeText(version, words)]
    return was === is ? changed : [...changed, `${words.place}: ${was} → ${is}`]
  }
  return (
    <section class='history' aria-label={words.history}>
      <h3>{words.history}</h3>
      <ol>
        {history.map((version) => (
          <li key={version.versionId}>
            <strong>
              {version.author !== undefined && `${version.author}, `}
              {deviceName(status, version.updatedBy, words)}
            </strong>{' '}
            {deed(version, byName, words)}
            <span class='quiet'>
              {' '}
              <time dateTime={version.updatedAt}>{dateTime(version.updatedAt, language)}</time>
              {isDoubtful(version.updatedAt) && <em class='doubt'> ⚠ {words.doubtfulDate}</em>}
            </span>
            {changes(version).map((change) => (
              <span class='change'>{change}</span>
            ))}
          </li>
        ))}
      </ol>
    </section>
  )
}

function deed(
  { deleted, links }: Version,
  known: ReadonlyMap<string, Version>,
  words: Words
): string {
  if (deleted) return words.didDelete
  if (links.length === 0) return words.didCreate
  if (links.length > 1) return words.didMerge
  return known.get(links[0] ?? '')?.deleted === true ? words.didRestore : words.didEdit
}

function placeText({ lat, lon }: Version, words: Words): string {
  return lat === undefined || lon === undefined ? words.empty : `${degrees(lat)}, ${degrees(lon)}`
}
