// The map's place on the screen: asks the server for what lies in its box at its zoom, and shows it.

import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Box, ConfigurationFile, MapAnswer } from '../wire/api'
import { colorOf } from './format'
import { useAnswer } from './hooks'
import { FieldMap } from './map'
import { get } from './server'
import { useWords } from './words'

export interface Place {
  readonly lat: number
  readonly lon: number
}

export interface MapViewProps {
  readonly configuration: ConfigurationFile
  /** The filters as they stand in an address. */
  readonly query: string
  readonly chosen: Place | null
  /** Undefined: no place is being chosen. */
  readonly pin: Place | null | undefined
  /** Changes where the map's size does. */
  readonly layout: string
  readonly onPoint: (id: string) => void
  readonly onPick: (place: Place) => void
  readonly onBox: (box: Box, center: Place) => void
}

export function MapView(props: MapViewProps): JSX.Element {
  const { configuration, query, chosen, pin, layout } = props
  const words = useWords()
  const element = useRef<HTMLDivElement>(null)
  const map = useRef<FieldMap | null>(null)
  const latest = useRef(props)
  latest.current = props
  const [view, setView] = useState<{ box: Box; zoom: number } | null>(null)

  useEffect(() => {
    if (element.current === null) return
    const moved = (): void => {
      const field = map.current
      if (field === null) return
      setView({ box: field.box(0.2), zoom: field.zoom })
      latest.current.onBox(field.box(0), field.center)
    }
    const field = new FieldMap(element.current, {
      onMove: moved,
      onPoint: (id) => latest.current.onPoint(id),
      onPick: (lat, lon) => latest.current.onPick({ lat, lon })
    })
    map.current = field
    moved()
    void fitAll(field, '').catch(() => undefined)
    const watch = new ResizeObserver(() => field.resize())
    watch.observe(element.current)
    return () => {
      watch.disconnect()
      field.remove()
    }
  }, [])

  const path =
    view && `/api/map?${query}&zoom=${view.zoom}&box=${view.box.map((x) => x.toFixed(6)).join(',')}`
  const { answer } = useAnswer<MapAnswer>(path, ['changed'])

  useEffect(() => {
    if (answer === null) return
    map.current?.show(answer, {
      color: (category) => colorOf(configuration, category),
      countOf: (count) => words.clusterOf(count)
    })
  }, [answer, configuration, words])
  useEffect(() => map.current?.choose(chosen), [chosen?.lat, chosen?.lon, layout])
  useEffect(() => {
    map.current?.setPicking(pin !== undefined)
    map.current?.setPin(pin ?? null)
  }, [pin?.lat, pin?.lon, pin === undefined])

  return (
    <section class='map' aria-label={words.map}>
      <div class='map-canvas' ref={element} />
      <div class='crosshair' aria-hidden='true' hidden={pin === undefined} />
      <button
        type='button'
        class='whole-world'
        onClick={() => map.current && void fitAll(map.current, query).catch(() => undefined)}
      >
        {words.wholeWorld}
      </button>
      <small class='credit'>Natural Earth</small>
    </section>
  )
}

/** Shows all that match. */
async function fitAll(map: FieldMap, query: string): Promise<void> {
  const { points, clusters } = await get<MapAnswer>(`/api/map?${query}&zoom=3`)
  const boxes = [
    ...clusters.map(({ box }) => box),
    ...points.map(({ lat, lon }) => [lon, lat, lon, lat] as const)
  ]
  if (boxes.length === 0) return
  map.fit([
    Math.min(...boxes.map(([west]) => west)),
    Math.min(...boxes.map(([, south]) => south)),
    Math.max(...boxes.map(([, , east]) => east)),
    Math.max(...boxes.map(([, , , north]) => north))
  ])
}
