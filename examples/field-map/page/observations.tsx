// The screen of the observations: the map, and beside it the list, one of them in detail, or a form.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type {
  Box,
  ConfigurationFile,
  Detail as DetailAnswer,
  Filters,
  Observation,
  Status
} from '../wire/api'
import { Detail } from './detail'
import { FilterBar, queryOf } from './filters'
import { Form } from './form'
import { useAnswer, useRested } from './hooks'
import { List } from './list'
import { MapView, type Place } from './map-view'

type Beside =
  | { readonly what: 'list' }
  | { readonly what: 'detail'; readonly id: string }
  | { readonly what: 'form'; readonly observation: Observation | null }

const TYPING_MS = 200

export function Observations({
  status,
  configuration,
  shown
}: {
  readonly status: Status
  readonly configuration: ConfigurationFile
  readonly shown: boolean
}): JSX.Element {
  const [filters, setFilters] = useState<Filters>({})
  const [onlyMap, setOnlyMap] = useState(false)
  const [beside, setBeside] = useState<Beside>({ what: 'list' })
  const [pin, setPin] = useState<Place | null>(null)
  const [box, setBox] = useState<{ box: Box; center: Place } | null>(null)
  const query = queryOf(useRested(filters, TYPING_MS))

  const id = beside.what === 'detail' ? beside.id : null
  const { answer, trouble, again } = useAnswer<DetailAnswer>(
    id === null ? null : `/api/observations/${id}`,
    ['changed']
  )
  const detail = answer !== null && answer.observation.id === id ? answer : null
  const chosen = detail && placeOf(detail.observation)
  const openForm = (observation: Observation | null): void => {
    setPin(observation && placeOf(observation))
    setBeside({ what: 'form', observation })
  }
  const open = (one: string): void => setBeside({ what: 'detail', id: one })
  const wide = (detail?.observation.forks.length ?? 0) > 0

  return (
    <div class={wide ? 'observations wide' : 'observations'}>
      <div class='beside'>
        {/* Kept beneath, so that the list is where it was when one comes back to it. */}
        <div class='list-pane' hidden={beside.what !== 'list'}>
          <FilterBar
            filters={filters}
            status={status}
            configuration={configuration}
            onlyMap={onlyMap}
            change={setFilters}
            changeOnlyMap={setOnlyMap}
          />
          <List
            query={query}
            box={onlyMap && box ? box.box : null}
            filtered={query !== '' || onlyMap}
            shown={shown && beside.what === 'list'}
            status={status}
            configuration={configuration}
            open={open}
            add={() => openForm(null)}
          />
        </div>
        {beside.what === 'detail' && (
          <Detail
            detail={detail}
            trouble={trouble}
            status={status}
            configuration={configuration}
            back={() => setBeside({ what: 'list' })}
            edit={openForm}
            changed={again}
          />
        )}
        {beside.what === 'form' && (
          <Form
            key={beside.observation?.id ?? 'new'}
            observation={beside.observation}
            configuration={configuration}
            place={pin}
            center={box?.center ?? null}
            changePlace={setPin}
            saved={open}
            cancel={() =>
              beside.observation === null
                ? setBeside({ what: 'list' })
                : open(beside.observation.id)
            }
          />
        )}
      </div>
      <MapView
        configuration={configuration}
        query={query}
        chosen={chosen}
        pin={beside.what === 'form' ? pin : undefined}
        layout={wide ? 'wide' : 'narrow'}
        onPoint={(one) => beside.what !== 'form' && open(one)}
        onPick={setPin}
        onBox={(there, center) => setBox({ box: there, center })}
      />
    </div>
  )
}

function placeOf({ lat, lon }: Observation): Place | null {
  return lat === undefined || lon === undefined ? null : { lat, lon }
}
