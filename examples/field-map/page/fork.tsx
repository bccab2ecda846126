// A fork: the versions side by side, with what differs marked, and the ways to make one of them.

import type { JSX } from 'preact'
import type {
  ConfigurationFile,
  Draft,
  Observation,
  Photo,
  Status,
  Tags,
  Version
} from '../wire/api'
import { dateTime, degrees, deviceName, fieldName, fieldOf, valueText } from './format'
import { useAction } from './hooks'
import { post } from './server'
import { TroubleBox } from './trouble-box'
import { useLanguage, useWords } from './words'

export interface ForkProps {
  readonly observation: Observation
  readonly status: Status
  readonly configuration: ConfigurationFile
  readonly changed: () => void
}

export function Fork({ observation, status, configuration, changed }: ForkProps): JSX.Element {
  const words = useWords()
  const language = useLanguage()
  const { trouble, busy, run } = useAction()
  const versions: readonly Version[] = [observation, ...observation.forks]
  const alive = versions.filter(({ deleted }) => !deleted)
  const keys = [...new Set(versions.flatMap(({ tags }) => Object.keys(tags)))]
  const write = (path: string, draft?: Draft): void =>
    run(async () => {
      await post(`/api/observations/${observation.id}${path}`, { shown: observation, draft })
      changed()
    })
  const choose = (version: Version): void =>
    version.deleted ? write('/delete') : write('', contentOf(version))
  const text = (version: Version, key: string): string =>
    valueText(version.tags[key], fieldOf(configuration, key), language) || words.empty
  const place = ({ lat, lon }: Version): string =>
    lat === undefined || lon === undefined ? words.empty : `${degrees(lat)}, ${degrees(lon)}`

  const row = (label: string, values: readonly string[]): JSX.Element => (
    <tr class={new Set(values).size > 1 ? 'differs' : ''} key={label}>
      <th scope='row'>{label}</th>
      {values.map((value) => (
        <td>{value}</td>
      ))}
    </tr>
  )
  return (
    <section class='fork-panel' aria-label={words.forkTitle}>
      <h3>
        <span aria-hidden='true'>≠ </span>
        {words.forkTitle}
      </h3>
      <p>{words.forkText}</p>
      <div class='scroll'>
        <table>
          <thead>
            <tr>
              <td />
              {versions.map((version, i) => (
                <th scope='col' key={version.versionId}>
                  {i === 0 ? words.shownNow : words.otherVersion}
                  <small>
                    {deviceName(status, version.updatedBy, words)}
                    <br />
                    {dateTime(version.updatedAt, language)}
                  </small>
                  {version.deleted && <span class='badge'>{words.deletedBadge}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {keys
              .filter(
                (key) => key !== 'type' || new Set(versions.map((v) => text(v, key))).size > 1
              )
              .map((key) =>
                row(
                  fieldName(configuration, key, language),
                  versions.map((version) => text(version, key))
                )
              )}
            {row(words.place, versions.map(place))}
            <tr class='choose'>
              <th scope='row'>{words.decision}</th>
              {versions.map((version) => (
                <td key={version.versionId}>
                  <button type='button' disabled={busy} onClick={() => choose(version)}>
                    {words.chooseThis}
                  </button>
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
      {alive.length > 1 && (
        <button type='button' class='main' disabled={busy} onClick={() => write('', merged(alive))}>
          {words.keepBoth}
        </button>
      )}
      <TroubleBox trouble={trouble} />
    </section>
  )
}

function contentOf({ tags, lat, lon, attachments }: Version): Draft {
  return { tags, lat: lat ?? null, lon: lon ?? null, attachments }
}

/** What all of them say: texts that differ stand one after the other, other values as a list. */
function merged(versions: readonly Version[]): Draft {
  const tags: Record<string, Tags[string]> = {}
  for (const { tags: others } of versions) {
    for (const [key, value] of Object.entries(others)) tags[key] = together(tags[key], value)
  }
  const photos = new Map<string, Photo>()
  for (const { attachments } of versions) {
    for (const photo of attachments) photos.set(JSON.stringify(photo.variants), photo)
  }
  const [first] = versions
  const located = versions.find(({ lat }) => lat !== undefined) ?? first
  return {
    tags,
    lat: located?.lat ?? null,
    lon: located?.lon ?? null,
    attachments: [...photos.values()]
  }
}

function together(one: Tags[string] | undefined, other: Tags[string]): Tags[string] {
  if (one === undefined || one === null || one === '') return other
  if (other === null || other === '' || other === one) return one
  if (typeof one === 'string' && typeof other === 'string') {
    return one.split(' / ').includes(other) ? one : `${one} / ${other}`
  }
  const list = [one, other].flatMap((value) => (typeof value === 'object' ? value : [value]))
  return [...new Set(list)]
}
