// The observations of a device: what an app creates, edits, deletes and looks at. Writes go to the
// device's own feed and are visible to the next read; reads come from the view.

import b4a from 'b4a'
import { v7 as uuidv7 } from 'uuid'
import { CairnError, throwIfAborted } from './errors.js'
import type {
  Observation,
  ObservationVersion,
  LoggedObservation,
  QueryOptions,
  View
} from './index/public.js'
import { toObservation } from './index/observation.js'
import { CHECKPOINT_INTERVAL } from './log/checkpoint.js'
import type { ObservationEntry, VersionRef } from './log/entry.js'
import type { Log } from './log/log.js'
import { parseVersion, sameVersion } from './log/version.js'
import {
  type Content,
  type ObservationInput,
  type ObservationPatch,
  applyPatch,
  checkInput
} from './observation-input.js'

/** Observations that `createMany` appends at once. */
const BATCH = CHECKPOINT_INTERVAL

export interface CreateManyOptions {
  signal?: AbortSignal
  /** Called after each batch with how many have been created. */
  onProgress?: (progress: { created: number }) => void
}

/** A version that is to be replaced, with its clock. */
interface Replaced extends LoggedObservation {
  readonly clock: number
}

export class Observations {
  /** Made by `Device`. */
  constructor(
    private readonly log: Log,
    private readonly view: View,
    private readonly assertOpen: () => void
  ) {}

  /** Records an observation. Throws TypeError for a wrong field, BLOCK_TOO_LARGE, NO_SPACE. */
  async create(input: ObservationInput): Promise<Observation> {
    this.assertOpen()
    return this.write(this.newEntry(checkInput(input)))
  }

  /**
   * Records many, from any iterable or async iterable, in batches of 1,024. Resolves to how many.
   * A wrong item throws a TypeError that names it; whole batches before it have been recorded.
   */
  async createMany(
    inputs: Iterable<ObservationInput> | AsyncIterable<ObservationInput>,
    { signal, onProgress }: CreateManyOptions = {}
  ): Promise<number> {
    this.assertOpen()
    let created = 0
    let batch: ObservationEntry[] = []
    const append = async (): Promise<void> => {
      throwIfAborted(signal, `${created} observations have been recorded.`)
      await this.log.write(batch)
      created += batch.length
      batch = []
      onProgress?.({ created })
    }
    for await (const input of inputs) {
      batch.push(this.newEntry(checkItem(input, created + batch.length)))
      if (batch.length === BATCH) await append()
    }
    if (batch.length > 0) await append()
    await this.view.update({ signal })
    return created
  }

  /**
   * Writes a new version with the patch applied. Given an observation as it was shown, the new
   * version replaces what was shown, forks included, so that an edit that arrived since stays a
   * fork; given an id, it replaces the current winner. Throws OBSERVATION_NOT_FOUND.
   */
  async update(target: Observation | string, patch: ObservationPatch): Promise<Observation> {
    this.assertOpen()
    const replaced = await this.replacedBy(target)
    const base = replaced[0].entry
    return this.replace(this.nextEntry(replaced, applyPatch(contentOf(base), patch), false))
  }

  /**
   * Marks it deleted; its content is kept for `restore`. Deleting what is deleted does nothing.
   * Throws OBSERVATION_NOT_FOUND.
   */
  async delete(target: Observation | string): Promise<Observation> {
    this.assertOpen()
    const replaced = await this.replacedBy(target)
    const now = await this.view.heads(typeof target === 'string' ? target : target.id)
    if (now.length === 1 && now[0]?.entry.deleted === true) return toObservation(now)
    return this.replace(this.nextEntry(replaced, contentOf(replaced[0].entry), true))
  }

  /** Null where there is none. A deleted one has `deleted: true`. */
  async get(id: string): Promise<Observation | null> {
    await this.upToDate()
    return this.view.get(id)
  }

  /** Streams observations in order of creation; deleted ones only where asked for. */
  async *query(options: QueryOptions = {}): AsyncGenerator<Observation> {
    await this.upToDate()
    yield* this.view.query(options)
  }

  async count(options: { deleted?: boolean } = {}): Promise<number> {
    await this.upToDate()
    return this.view.count(options)
  }

  /** All versions of an observation that are here, newest first. */
  async *history(id: string): AsyncGenerator<ObservationVersion> {
    await this.upToDate()
    yield* this.view.history(id)
  }

  private async upToDate(): Promise<void> {
    this.assertOpen()
    await this.view.update()
  }

  private newEntry(content: Content): ObservationEntry {
    const wall = this.log.now()
    const clock = this.log.nextClock(wall, [])
    const id = uuidv7({ msecs: clock }, b4a.allocUnsafeSlow(16))
    return {
      kind: 'observation',
      id,
      links: [],
      clock,
      createdAt: wall,
      updatedAt: wall,
      ...content,
      deleted: false
    }
  }

  private nextEntry(
    replaced: readonly [Replaced, ...Replaced[]],
    content: Content,
    deleted: boolean
  ): ObservationEntry {
    const { ref, entry } = replaced[0]
    const wall = this.log.now()
    const createdBy = entry.createdBy ?? ref.feed
    return {
      kind: 'observation',
      id: entry.id,
      links: replaced.map((version) => version.ref),
      clock: this.log.nextClock(
        wall,
        replaced.map((version) => version.clock)
      ),
      createdAt: entry.createdAt,
      updatedAt: wall,
      ...(createdBy !== this.log.id && { createdBy }),
      ...content,
      deleted
    }
  }

  private async write(entry: ObservationEntry): Promise<Observation> {
    const [ref] = await this.log.write([entry])
    if (ref === undefined) throw new Error('one entry was written and has no name')
    return toObservation([{ ref, entry }])
  }

  /** Writes a later version; resolves to the observation as it stands then, forks and all. */
  private async replace(entry: ObservationEntry): Promise<Observation> {
    const written = await this.write(entry)
    return (await this.get(written.id)) ?? written
  }

  /** The versions that a new one replaces, the one whose content goes on first. */
  private async replacedBy(
    target: Observation | string
  ): Promise<readonly [Replaced, ...Replaced[]]> {
    await this.upToDate()
    if (typeof target === 'string') {
      const [winner] = await this.view.heads(target)
      if (winner === undefined) throw notFound(target)
      return [winner]
    }
    const names = shownVersions(target)
    const heads = await this.view.heads(target.id)
    const [shown, ...forks] = await Promise.all(
      names.map(async (ref) => {
        const head = heads.find((h) => sameVersion(h.ref, ref))
        return head ?? this.fromLog(ref, target.id)
      })
    )
    if (shown === undefined) throw notFound(target.id)
    return [shown, ...forks]
  }

  /** A version that was shown and has been replaced since. */
  private async fromLog(ref: VersionRef, id: string): Promise<Replaced> {
    const logged = await this.log.entry(ref.feed, ref.seq)
    const { entry } = logged ?? {}
    if (!logged || entry?.kind !== 'observation' || !sameVersion(logged.ref, ref)) {
      throw notFound(id)
    }
    return { ref, entry, clock: entry.clock }
  }
}

function shownVersions(shown: Observation): VersionRef[] {
  if (typeof shown !== 'object' || shown === null) {
    throw new TypeError('observation: must be an observation or its id')
  }
  return [shown, ...(shown.forks ?? [])].map((version) => parseVersion(version.versionId))
}

function contentOf(entry: ObservationEntry): Content {
  const { lat, lon, tags, metadata, attachments, author, trustedAt, unknown } = entry
  return {
    ...(lat !== undefined && lon !== undefined && { lat, lon }),
    tags,
    attachments,
    ...(metadata !== undefined && { metadata }),
    ...(author !== undefined && { author }),
    ...(trustedAt !== undefined && { trustedAt }),
    ...(unknown !== undefined && { unknown })
  }
}

function checkItem(input: unknown, number: number): Content {
  try {
    return checkInput(input)
  } catch (error) {
    if (error instanceof TypeError) error.message = `item ${number}: ${error.message}`
    throw error
  }
}

function notFound(id: string): CairnError {
  return new CairnError(
    'OBSERVATION_NOT_FOUND',
    `There is no observation ${id} on this device. It may not have been synced yet.`,
    { observation: id }
  )
}
