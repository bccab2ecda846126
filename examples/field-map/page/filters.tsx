// Which observations are shown: the words and the category at once, the rest unfolded.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ConfigurationFile, Filters, Status } from '../wire/api'
import { deviceName } from './format'
import { inLanguage, useLanguage, useWords } from './words'

export interface FilterBarProps {
  readonly filters: Filters
  readonly status: Status
  readonly configuration: ConfigurationFile
  readonly onlyMap: boolean
  readonly change: (filters: Filters) => void
  readonly changeOnlyMap: (onlyMap: boolean) => void
}

export function FilterBar(props: FilterBarProps): JSX.Element {
  const { filters, status, configuration, onlyMap, change, changeOnlyMap } = props
  const words = useWords()
  const language = useLanguage()
  const [more, setMore] = useState(false)
  const set = (name: keyof Filters) => (event: { currentTarget: { value: string } }) =>
    change(withFilter(filters, name, event.currentTarget.value))
  const hidden = (['device', 'from', 'to'] as const).filter((name) => filters[name]).length
  const any = Object.keys(filters).length > 0 || onlyMap
  return (
    <form
      class='filters'
      role='search'
      aria-label={words.filters}
      onSubmit={(e) => e.preventDefault()}
    >
      <input
        type='search'
        name='text'
        placeholder={words.search}
        aria-label={words.search}
        value={filters.text ?? ''}
        onInput={set('text')}
      />
      <div class='pair'>
        <select
          name='category'
          aria-label={words.category}
          value={filters.category ?? ''}
          onChange={set('category')}
        >
          <option value=''>{words.allCategories}</option>
          {configuration.categories.map(({ id, label }) => (
            <option value={id}>{inLanguage(label, language)}</option>
          ))}
        </select>
        <select
          name='show'
          aria-label={words.show}
          value={filters.show ?? 'present'}
          onChange={set('show')}
        >
          <option value='present'>{words.showPresent}</option>
          <option value='forked'>{`${words.showForked} (${status.forked})`}</option>
          <option value='nowhere'>{`${words.showNowhere} (${status.withoutPlace})`}</option>
          <option value='deleted'>{`${words.showDeleted} (${status.deleted})`}</option>
        </select>
      </div>
      {more && (
        <div class='more'>
          <label>
            {words.laptop}
            <select name='device' value={filters.device ?? ''} onChange={set('device')}>
              <option value=''>{words.allLaptops}</option>
              {status.devices.map(({ id }) => (
                <option value={id}>{deviceName(status, id, words)}</option>
              ))}
            </select>
          </label>
          <div class='pair'>
            <label>
              {words.from}
              <input type='date' name='from' value={filters.from ?? ''} onInput={set('from')} />
            </label>
            <label>
              {words.to}
              <input type='date' name='to' value={filters.to ?? ''} onInput={set('to')} />
            </label>
          </div>
        </div>
      )}
      <div class='row between'>
        <label class='check'>
          <input
            type='checkbox'
            name='only-map'
            checked={onlyMap}
            onChange={(e) => changeOnlyMap(e.currentTarget.checked)}
          />
          {words.onlyMap}
        </label>
        <span class='row'>
          {any && (
            <button
              type='button'
              class='link'
              onClick={() => {
                change({})
                changeOnlyMap(false)
              }}
            >
              {words.clearFilters}
            </button>
          )}
          <button type='button' class='link' aria-expanded={more} onClick={() => setMore(!more)}>
            {words.moreFilters}
            {!more && hidden > 0 && ` (${hidden})`}
          </button>
        </span>
      </div>
    </form>
  )
}

/** As they stand in an address; empty where nothing is asked. */
export function queryOf(filters: Filters): string {
  return new URLSearchParams(Object.entries(filters) as [string, string][]).toString()
}

function withFilter(filters: Filters, name: keyof Filters, value: string): Filters {
  const others = Object.fromEntries(Object.entries(filters).filter(([key]) => key !== name))
  return value === '' || value === 'present' ? others : { ...others, [name]: value }
}
