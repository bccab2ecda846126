// Who holds what, as far as this device knows: its own word, for what survives a power cut here, and
// what it has heard of other devices and written to sticks.

import type { Acknowledgments, Carrier } from './acknowledgments.js'
import { DurableEnds } from './durable-ends.js'
import type { FeedEnds } from './feed-ends.js'
import type { Acknowledgment } from './replica.js'

export class Holdings {
  /** How far each feed survives a power cut here. */
  readonly durable: DurableEnds

  constructor(
    private readonly deviceNow: () => string,
    private readonly ends: FeedEnds,
    private readonly known: Acknowledgments,
    private readonly readOnly: boolean
  ) {
    this.durable = new DurableEnds(ends)
  }

  private get device(): string {
    return this.deviceNow()
  }

  /** Blocks of a feed that some device besides those has said it holds. */
  heldBesides(devices: readonly string[], feed: string): number {
    return this.known.table.heldBesides(devices, feed)
  }

  /** Sync files that own entries were written into, the newest first. */
  get writtenTo(): readonly Carrier[] {
    return this.known.writtenTo
  }

  /** What this device holds durably, and what it has heard of others. */
  rows(): Acknowledgment[] {
    const others = this.known.table.rows().filter(({ device }) => device !== this.device)
    const own = [...this.durable.entries()].map(([feed, length]) => ({ feed, length }))
    return [...others, ...own.map((row) => ({ device: this.device, ...row }))]
  }

  /**
   * Takes what was heard, of devices and feeds that are here: anybody could make up others without end.
   * Of the own entries nobody can hold more than there are.
   */
  hear(rows: readonly Acknowledgment[]): void {
    const own = this.ends.get(this.device)?.length ?? 0
    const credible = ({ device, feed, length }: Acknowledgment): boolean =>
      device !== this.device &&
      this.ends.has(device) &&
      this.ends.has(feed) &&
      (feed !== this.device || length <= own)
    this.known.merge(rows.filter(credible))
  }

  written(carrier: Carrier): void {
    this.known.written(carrier)
  }

  /** Writes down what was heard since the last time. */
  async save(): Promise<void> {
    if (!this.readOnly) await this.known.save()
  }
}
