// One observation: what it says, where, by whom, its photos, its versions where people forked it,
// and its history.

import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type {
  ConfigurationFile,
  Detail as DetailAnswer,
  Observation,
  Status,
  Trouble
} from '../wire/api'
import { Fork } from './fork'
import {
  categoryName,
  colorOf,
  dateTime,
  degrees,
  deviceName,
  fieldName,
  fieldOf,
  isDoubtful,
  titleOf,
  valueText
} from './format'
import { History } from './history'
import { useAction } from './hooks'
import { Photos } from './photos'
import { post } from './server'
import { TroubleBox } from './trouble-box'
import { useLanguage, useWords } from './words'

export interface DetailProps {
  readonly detail: DetailAnswer | null
  readonly trouble: Trouble | null
  readonly status: Status
  readonly configuration: ConfigurationFile
  readonly back: () => void
  readonly edit: (observation: Observation) => void
  readonly changed: () => void
}

export function Detail(props: DetailProps): JSX.Element {
  const { detail, trouble, status, configuration, back, edit, changed } = props
  const words = useWords()
  const heading = useRef<HTMLHeadingElement>(null)
  const { trouble: failed, busy, run } = useAction()
  const [sure, setSure] = useState(false)
  const id = detail?.observation.id
  useEffect(() => {
    heading.current?.focus()
    setSure(false)
  }, [id])
  const act = (what: 'delete' | 'restore', shown: Observation): void =>
    run(async () => {
      await post(`/api/observations/${shown.id}/${what}`, { shown })
      setSure(false)
      changed()
    })
  return (
    <section class='detail' aria-label={words.details}>
      <button type='button' class='link back' onClick={back}>
        ‹ {words.back}
      </button>
      <TroubleBox trouble={trouble ?? failed} />
      {detail !== null && (
        <>
          <Title configuration={configuration} observation={detail.observation} heading={heading} />
          {detail.observation.deleted && <p class='notice'>{words.isDeleted}</p>}
          {detail.observation.forks.length > 0 && (
            <Fork
              observation={detail.observation}
              status={status}
              configuration={configuration}
              changed={changed}
            />
          )}
          <Photos photos={detail.photos} status={status} />
          <Facts observation={detail.observation} status={status} configuration={configuration} />
          <div class='row actions'>
            {detail.observation.deleted ? (
              <button
                type='button'
                class='main'
                disabled={busy}
                onClick={() => act('restore', detail.observation)}
              >
                {words.restore}
              </button>
            ) : (
              <button type='button' class='main' onClick={() => edit(detail.observation)}>
                {words.edit}
              </button>
            )}
            {!detail.observation.deleted && !sure && (
              <button type='button' onClick={() => setSure(true)}>
                {words.delete}
              </button>
            )}
          </div>
          {sure && (
            <div class='notice' role='alertdialog' aria-label={words.delete}>
              <p>{words.deleteSure}</p>
              <p class='row'>
                <button
                  type='button'
                  class='danger'
                  disabled={busy}
                  onClick={() => act('delete', detail.observation)}
                >
                  {words.delete}
                </button>
                <button type='button' onClick={() => setSure(false)}>
                  {words.cancel}
                </button>
              </p>
            </div>
          )}
          <History history={detail.history} status={status} configuration={configuration} />
        </>
      )}
    </section>
  )
}

function Title({
  observation,
  configuration,
  heading
}: {
  readonly observation: Observation
  readonly configuration: ConfigurationFile
  readonly heading: { current: HTMLHeadingElement | null }
}): JSX.Element {
  const words = useWords()
  const language = useLanguage()
  const category = String(observation.tags['type'] ?? '')
  return (
    <div class='detail-title'>
      <p class='kind'>
        <span class='dot' style={{ background: colorOf(configuration, category) }} />
        {categoryName(configuration, category, language)}
      </p>
      <h2 ref={heading} tabIndex={-1}>
        {titleOf(configuration, observation) || words.unnamed}
      </h2>
    </div>
  )
}

/** Every tag, also those that the configuration does not know: nothing is hidden. */
function Facts({
  observation,
  status,
  configuration
}: {
  readonly observation: Observation
  readonly status: Status
  readonly configuration: ConfigurationFile
}): JSX.Element {
  const words = useWords()
  const language = useLanguage()
  const { tags, lat, lon, createdAt, createdBy, author } = observation
  const shown = Object.entries(tags).filter(([key, value]) => key !== 'type' && value !== null)
  return (
    <dl class='facts'>
      {shown.map(([key, value]) => (
        <div key={key}>
          <dt>{fieldName(configuration, key, language)}</dt>
          <dd>{valueText(value, fieldOf(configuration, key), language)}</dd>
        </div>
      ))}
      <div>
        <dt>{words.place}</dt>
        <dd>
          {lat === undefined || lon === undefined
            ? words.noPlace
            : `${degrees(lat)}, ${degrees(lon)}`}
        </dd>
      </div>
      <div>
        <dt>{words.recordedBy}</dt>
        <dd>
          {author !== undefined && `${author}, `}
          {deviceName(status, createdBy, words)}
          <br />
          {dateTime(createdAt, language)}
          {isDoubtful(createdAt) && <em class='doubt'> ⚠ {words.doubtfulDate}</em>}
        </dd>
      </div>
    </dl>
  )
}
