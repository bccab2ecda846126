// The list beside the map: what matches, newest change first, more of it as one reads on.

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Box, ConfigurationFile, ListAnswer, ListRow, Status } from '../wire/api'
import { categoryName, colorOf, day, plainDeviceName } from './format'
import { useAnswer } from './hooks'
import { useLanguage, useWords } from './words'

const PAGE = 60
const MOST = 200

export interface ListProps {
  readonly query: string
  readonly box: Box | null
  readonly filtered: boolean
  readonly shown: boolean
  readonly status: Status
  readonly configuration: ConfigurationFile
  readonly open: (id: string) => void
  readonly add: () => void
}

export function List(props: ListProps): JSX.Element {
  const { query, box, filtered, status, configuration, open, add } = props
  const words = useWords()
  const [limit, setLimit] = useState(PAGE)
  const [offset, setOffset] = useState(0)
  const place = box === null ? '' : `&box=${box.map((x) => x.toFixed(6)).join(',')}`
  useEffect(() => {
    setLimit(PAGE)
    setOffset(0)
  }, [query, place])
  const path = `/api/list?${query}${place}&offset=${offset}&limit=${limit}`
  const { answer } = useAnswer<ListAnswer>(path, ['changed'])
  const total = answer?.total ?? 0
  const shownTo = Math.min(offset + limit, total)
  const nothing = filtered ? words.nothingFound : words.nothingYet

  const onScroll = ({ currentTarget }: { currentTarget: HTMLElement }): void => {
    const { scrollTop, scrollHeight, clientHeight } = currentTarget
    const nearEnd = scrollHeight - scrollTop - clientHeight < 400
    if (nearEnd && shownTo < total && limit < MOST) setLimit(Math.min(limit + PAGE, MOST))
  }
  return (
    <section class='list' id='list' aria-label={words.observations} tabIndex={-1}>
      <div class='list-head'>
        <h2 aria-live='polite'>
          {words.count(total)}
          {answer?.complete === false && <small> {words.reading}</small>}
        </h2>
        <button type='button' class='main' onClick={add}>
          + {words.add}
        </button>
      </div>
      <ul onScroll={onScroll}>
        {answer?.rows.map((row) => (
          <li key={row.id}>
            <Row row={row} status={status} configuration={configuration} open={open} />
          </li>
        ))}
        {answer !== null && total === 0 && answer.complete && <li class='nothing'>{nothing}</li>}
        {total > MOST && limit >= MOST && (
          <li class='pages'>
            <button
              type='button'
              aria-label={words.earlier}
              disabled={offset === 0}
              onClick={() => setOffset(Math.max(0, offset - MOST))}
            >
              ‹
            </button>
            <span>{words.ofTotal(shownTo, total)}</span>
            <button
              type='button'
              aria-label={words.later}
              disabled={shownTo >= total}
              onClick={() => setOffset(offset + MOST)}
            >
              ›
            </button>
          </li>
        )}
      </ul>
    </section>
  )
}

function Row({
  row,
  status,
  configuration,
  open
}: {
  readonly row: ListRow
  readonly status: Status
  readonly configuration: ConfigurationFile
  readonly open: (id: string) => void
}): JSX.Element {
  const words = useWords()
  const language = useLanguage()
  const { id, title, category, device, updatedAt, located, forked, deleted } = row
  return (
    <button type='button' class='list-row' onClick={() => open(id)} data-id={id}>
      <span class='dot' style={{ background: colorOf(configuration, category) }} />
      <span class='list-title'>{title || words.unnamed}</span>
      <span class='quiet'>
        {categoryName(configuration, category, language)} · {plainDeviceName(status, device)} ·{' '}
        {day(updatedAt, language)}
      </span>
      {(forked || deleted || !located) && (
        <span class='badges'>
          {forked && <span class='badge fork'>≠ {words.forkedBadge}</span>}
          {deleted && <span class='badge'>{words.deletedBadge}</span>}
          {!located && <span class='badge'>{words.noPlaceBadge}</span>}
        </span>
      )}
    </button>
  )
}
