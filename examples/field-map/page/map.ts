// The map as one object that the screen steers: it shows what the server answered, and tells where
// it was moved to, what was clicked, and which place was picked. Points are drawn on one canvas;
// clusters and marks with a sign are few, and elements.

import L from 'leaflet'
import 'leaflet/dist/leaflet.css'
import type { Box, MapAnswer, MapCluster, MapPoint } from '../wire/api'
import { landLayer } from './land'

export interface MapListener {
  readonly onMove: () => void
  readonly onPoint: (id: string) => void
  readonly onPick: (lat: number, lon: number) => void
}

export interface Look {
  readonly color: (category: string) => string
  readonly countOf: (count: number) => string
}

const MAX_ZOOM = 18
const CENTER_AT_FIRST: L.LatLngTuple = [0, -40]

export class FieldMap {
  readonly #map: L.Map
  readonly #marks: L.LayerGroup
  readonly #canvas: L.Canvas
  readonly #pin: L.Marker
  #chosen: L.Marker | null = null
  #picking = false

  constructor(
    element: HTMLElement,
    private readonly listener: MapListener
  ) {
    this.#canvas = L.canvas({ padding: 0.3 })
    this.#map = L.map(element, {
      center: CENTER_AT_FIRST,
      zoom: 2,
      minZoom: 1.5,
      zoomSnap: 0.5,
      maxZoom: MAX_ZOOM,
      worldCopyJump: true,
      maxBoundsViscosity: 1,
      maxBounds: [
        [-85.06, -Infinity],
        [85.06, Infinity]
      ],
      attributionControl: false,
      zoomControl: false,
      zoomAnimation: !window.matchMedia('(prefers-reduced-motion: reduce)').matches,
      renderer: this.#canvas
    })
    L.control.zoom({ position: 'topright' }).addTo(this.#map)
    L.control.scale({ imperial: false, position: 'bottomright' }).addTo(this.#map)
    landLayer().addTo(this.#map)
    this.#marks = L.layerGroup().addTo(this.#map)
    const icon = L.divIcon({
      className: 'pin',
      html: '<span></span>',
      iconSize: [30, 38],
      iconAnchor: [15, 37]
    })
    this.#pin = L.marker([0, 0], { icon, draggable: true, keyboard: false, zIndexOffset: 1000 })
    this.#pin.on('dragend', () => this.#pick(this.#pin.getLatLng()))
    this.#map.on('moveend', () => listener.onMove())
    this.#map.on('click', ({ latlng }) => {
      if (this.#picking) this.#pick(latlng)
    })
  }

  get zoom(): number {
    return this.#map.getZoom()
  }

  /** What is to be seen, and a little around it, so that the next small move shows it at once. */
  box(padding: number): Box {
    const bounds = this.#map.getBounds().pad(padding)
    return [bounds.getWest(), clamp(bounds.getSouth()), bounds.getEast(), clamp(bounds.getNorth())]
  }

  get center(): { lat: number; lon: number } {
    const { lat, lng } = this.#map.getCenter().wrap()
    return { lat, lon: lng }
  }

  show({ points, clusters }: MapAnswer, look: Look): void {
    this.#marks.clearLayers()
    for (const cluster of clusters) {
      for (const lon of this.#copies(cluster.lon)) this.#addCluster(cluster, lon, look)
    }
    for (const point of points) {
      for (const lon of this.#copies(point.lon)) this.#addPoint(point, lon, look)
    }
  }

  /** Rings the one that is looked at; brings it into view where it is not. */
  choose(place: { lat: number; lon: number } | null): void {
    this.#chosen?.remove()
    this.#chosen = null
    if (place === null) return
    const { lat, lon } = place
    const icon = L.divIcon({ className: 'ring', iconSize: [30, 30] })
    // A marker, because those lie above everything that is drawn, and clusters are markers, too.
    const options = { icon, interactive: false, keyboard: false, zIndexOffset: 900 }
    this.#chosen = L.marker([lat, lon], options).addTo(this.#map)
    if (!this.#map.getBounds().pad(-0.05).contains([lat, lon])) this.#map.panTo([lat, lon])
  }

  /** While a place is being chosen: clicks choose it, and the middle is marked. */
  setPicking(picking: boolean): void {
    this.#picking = picking
    this.#map.getContainer().classList.toggle('picking', picking)
    if (!picking) this.#pin.remove()
  }

  setPin(place: { lat: number; lon: number } | null): void {
    if (place === null || !this.#picking) this.#pin.remove()
    else this.#pin.setLatLng([place.lat, place.lon]).addTo(this.#map)
  }

  fit([west, south, east, north]: Box): void {
    const bounds = L.latLngBounds([south, west], [north, east])
    this.#map.fitBounds(bounds, { padding: [40, 40], maxZoom: 12 })
  }

  /** After the space for it has changed. */
  resize(): void {
    this.#map.invalidateSize({ pan: false })
  }

  remove(): void {
    this.#map.remove()
  }

  #addPoint(point: MapPoint, lon: number, look: Look): void {
    const { id, lat, title, forked, deleted } = point
    const color = look.color(point.category)
    const marker = forked
      ? L.marker([lat, lon], {
          icon: L.divIcon({
            className: 'fork-mark',
            html: mark('≠', color),
            iconSize: [26, 26]
          }),
          keyboard: false
        })
      : L.circleMarker([lat, lon], {
          radius: 7,
          color: '#fff',
          weight: 2,
          fillColor: color,
          fillOpacity: deleted ? 0.35 : 0.95
        })
    if (title !== '') marker.bindTooltip(plain(title), { direction: 'top', offset: [0, -8] })
    marker.on('click', (event) => {
      L.DomEvent.stop(event)
      this.listener.onPoint(id)
    })
    marker.addTo(this.#marks)
  }

  #addCluster(cluster: MapCluster, lon: number, look: Look): void {
    const { lat, count, category, forked, box } = cluster
    const size = Math.round(30 + 5 * Math.log10(count))
    const round = mark(compact(count), look.color(category))
    round.title = look.countOf(count)
    if (forked) round.append(mark('≠', '', 'i'))
    const icon = L.divIcon({
      className: 'cluster',
      html: round,
      iconSize: [size, size]
    })
    const marker = L.marker([lat, lon], { icon, keyboard: false })
    marker.on('click', (event) => {
      L.DomEvent.stop(event)
      const [west, south, east, north] = box
      const shift = lon - cluster.lon
      const bounds = L.latLngBounds([south, west + shift], [north, east + shift])
      const closest = this.#map.getBoundsZoom(bounds.pad(0.2))
      const zoom = Math.min(MAX_ZOOM, Math.max(this.zoom + 2, Math.min(closest, this.zoom + 5)))
      this.#map.setView(bounds.getCenter(), zoom)
    })
    marker.addTo(this.#marks)
  }

  #pick(latlng: L.LatLng): void {
    const { lat, lng } = latlng.wrap()
    this.listener.onPick(lat, lng)
  }

  /** The world repeats itself to both sides: a place is drawn wherever it can be seen. */
  #copies(lon: number): number[] {
    const bounds = this.#map.getBounds().pad(0.3)
    return [lon - 360, lon, lon + 360].filter((x) => x >= bounds.getWest() && x <= bounds.getEast())
  }
}

function compact(count: number): string {
  if (count < 10_000) return String(count)
  return `${Math.round(count / 1000)}k`
}

function clamp(lat: number): number {
  return Math.max(-90, Math.min(90, lat))
}

/** An element, because the page's policy allows no styles inside of HTML. */
function mark(text: string, color: string, name: 'span' | 'i' = 'span'): HTMLElement {
  const element = document.createElement(name)
  element.textContent = text
  if (color !== '') element.style.setProperty('--c', color)
  return element
}

/** What people typed is text, never HTML. */
function plain(text: string): HTMLElement {
  const element = document.createElement('span')
  element.textContent = text
  return element
}
