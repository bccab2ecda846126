// The place in a form: picked on the map, or typed, or taken from the map's middle with a key.

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Place } from './map-view'
import { useWords } from './words'

export interface PlaceFieldsProps {
  readonly place: Place | null
  readonly center: Place | null
  readonly change: (place: Place | null) => void
  /** What is typed is no place, or half of one. */
  readonly setWrong: (wrong: boolean) => void
}

export function PlaceFields({ place, center, change, setWrong }: PlaceFieldsProps): JSX.Element {
  const words = useWords()
  const [lat, setLat] = useState('')
  const [lon, setLon] = useState('')
  // A place from the map replaces what is typed, unless it is what is typed.
  useEffect(() => {
    if (samePlace(parse(lat, lon), place)) return
    setLat(place === null ? '' : place.lat.toFixed(6))
    setLon(place === null ? '' : place.lon.toFixed(6))
    setWrong(false)
  }, [place?.lat, place?.lon])
  const type = (nextLat: string, nextLon: string): void => {
    setLat(nextLat)
    setLon(nextLon)
    const parsed = parse(nextLat, nextLon)
    setWrong(parsed === undefined)
    if (parsed !== undefined) change(parsed)
  }
  return (
    <fieldset>
      <legend>{words.place}</legend>
      <div class='pair'>
        <label>
          {words.latitude}
          <input
            name='lat'
            inputMode='decimal'
            autoComplete='off'
            value={lat}
            aria-describedby='place-hint'
            onInput={(e) => type(e.currentTarget.value, lon)}
          />
        </label>
        <label>
          {words.longitude}
          <input
            name='lon'
            inputMode='decimal'
            autoComplete='off'
            value={lon}
            aria-describedby='place-hint'
            onInput={(e) => type(lat, e.currentTarget.value)}
          />
        </label>
      </div>
      <small id='place-hint'>{words.placeHint}</small>
      <div class='row'>
        <button
          type='button'
          class='small'
          disabled={center === null}
          onClick={() => change(center)}
        >
          {words.useMiddle}
        </button>
        {(lat !== '' || lon !== '') && (
          <button
            type='button'
            class='small'
            onClick={() => {
              type('', '')
            }}
          >
            {words.noPlaceButton}
          </button>
        )}
      </div>
    </fieldset>
  )
}

/** Null: no place. Undefined: not a place. */
function parse(lat: string, lon: string): Place | null | undefined {
  if (lat.trim() === '' && lon.trim() === '') return null
  if (lat.trim() === '' || lon.trim() === '') return undefined
  const place = { lat: number(lat), lon: number(lon) }
  return Math.abs(place.lat) <= 90 && Math.abs(place.lon) <= 180 ? place : undefined
}

function number(text: string): number {
  return Number(text.trim().replace(',', '.'))
}

function samePlace(a: Place | null | undefined, b: Place | null): boolean {
  if (a === undefined) return false
  if (a === null || b === null) return a === b
  return Math.abs(a.lat - b.lat) < 1e-6 && Math.abs(a.lon - b.lon) < 1e-6
}
