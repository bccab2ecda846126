// All observations of the device as summaries in memory, so that the map and the list answer within
// milliseconds at 100,000 of them. Read once with query() and kept up to date with watch(): the
// library's public ways, nothing else.

import type { Device, Observation } from 'cairnlog'
import type {
  Box,
  ConfigurationFile,
  Filters,
  ListAnswer,
  ListRow,
  MapAnswer
} from '../wire/api.js'
import { cluster, within } from './clusters.js'
import { type Summary, matcher, summarize } from './summary.js'

export class Overview {
  readonly #summaries = new Map<string, Summary>()
  /** Newest change first; made when it is asked for. */
  #sorted: Summary[] | null = null
  #complete = false
  readonly #changes: AsyncIterable<{ observation: Observation | null }>
  readonly #leave = new AbortController()

  constructor(
    private readonly device: Device,
    private readonly configuration: ConfigurationFile,
    /** Hears every observation that changed, or null where many did. */
    private readonly onChange: (observation: Observation | null) => void,
    private readonly onTrouble: (error: unknown) => void
  ) {
    // Collects from here on, so that what changes while it is read is not missed.
    this.#changes = device.observations.watch({ deleted: true, signal: this.#leave.signal })
  }

  /** Ends when the observations that are there now have been read; then follows what changes. */
  async load(): Promise<void> {
    await this.#read()
    // Only now: what is read may be older than a change that was told meanwhile.
    void this.#follow().catch(this.onTrouble)
  }

  get withoutPlace(): number {
    let count = 0
    for (const { lat, deleted } of this.#summaries.values()) {
      if (lat === undefined && !deleted) count++
    }
    return count
  }

  map(filters: Filters, box: Box, zoom: number): MapAnswer {
    return cluster(this.#matching(filters), box, zoom)
  }

  list(filters: Filters, box: Box | null, offset: number, limit: number): ListAnswer {
    const here = box === null ? () => true : within(box)
    const rows: ListRow[] = []
    let total = 0
    for (const summary of this.#matching(filters)) {
      if (!here(summary)) continue
      if (total >= offset && rows.length < limit) rows.push(toRow(summary))
      total++
    }
    return { rows, total, complete: this.#complete }
  }

  close(): void {
    this.#leave.abort()
  }

  *#matching(filters: Filters): Generator<Summary> {
    const matches = matcher(filters)
    this.#sorted ??= [...this.#summaries.values()].sort(
      (a, b) => b.updated - a.updated || (a.id < b.id ? 1 : -1)
    )
    for (const summary of this.#sorted) if (matches(summary)) yield summary
  }

  async #follow(): Promise<void> {
    for await (const { observation } of this.#changes) {
      if (observation === null) {
        await this.#read()
        continue
      }
      this.#put(observation)
      this.onChange(observation)
    }
  }

  async #read(): Promise<void> {
    for await (const observation of this.device.observations.query({ deleted: true })) {
      if (this.#leave.signal.aborted) return
      this.#put(observation)
    }
    this.#complete = true
    this.onChange(null)
  }

  #put(observation: Observation): void {
    this.#summaries.set(observation.id, summarize(observation, this.configuration))
    this.#sorted = null
  }
}

function toRow(summary: Summary): ListRow {
  const { id, title, category, device, updated, lat, lon, forked, deleted } = summary
  return {
    id,
    title,
    category,
    device,
    updatedAt: new Date(updated).toISOString(),
    located: lat !== undefined,
    ...(lat !== undefined && lon !== undefined && { lat, lon }),
    forked,
    deleted
  }
}
