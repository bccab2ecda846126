// Which photos go into an archive: of every attachment the variant that was asked for, or the best
// that is here; and what could not be put in, or not as asked, with who has it.

import { CairnError, throwIfAborted } from './errors.js'
import { ArchiveNames } from './archive-names.js'
import { toTable } from './csv.js'
import type { Observation, ObservationVersion } from './index/public.js'
import type { Attachment, MediaVariant } from './log/entry.js'
import { type Tier, variantsOf } from './log/media/reference.js'
import { MEDIA_CHUNK } from './log/replica.js'
import { INSTEAD, type Media } from './media.js'
import type { BestVariant, VariantStatus } from './media-types.js'

interface ArchivedPhoto {
  /** In the folder `photos/`. */
  readonly name: string
  readonly size: number
  readonly content: AsyncIterable<Uint8Array>
}

/** `included`: which variant is in the archive instead; `heldBy`: who says he has it; `recordedBy`: who had it. */
const MISSING_COLUMNS = ['state', 'included', 'heldBy', 'recordedBy', 'device']
const STOPPED = 'No archive was made.'

export class ArchivePhotos {
  private readonly names = new ArchiveNames()
  /** By hash: what is in the archive already. */
  private readonly included = new Map<string, string>()
  private readonly photoRows: unknown[][] = [
    ['observation', 'name', 'file', 'variant', 'type', 'bytes', 'hash']
  ]
  private readonly missingRows: unknown[][] = [
    ['observation', 'name', 'variant', 'type', 'bytes', 'hash', ...MISSING_COLUMNS]
  ]

  constructor(
    private readonly media: Media,
    private readonly variant: Tier,
    private readonly signal: AbortSignal | undefined
  ) {}

  /** Photos in the archive. */
  get count(): number {
    return this.included.size
  }

  /** Attachments that are not in it as asked. */
  get missing(): number {
    return this.missingRows.length - 1
  }

  /** `photos.csv`: which file belongs to which observation. */
  photosTable(): string {
    return toTable(this.photoRows)
  }

  missingTable(): string {
    return toTable(this.missingRows)
  }

  /** The photos of an observation that are not in the archive yet; of all its heads. */
  async *of(observation: Observation): AsyncGenerator<ArchivedPhoto> {
    const seen = new Set<string>()
    for (const version of [observation, ...observation.forks]) {
      for (const attachment of version.attachments) {
        const key = JSON.stringify(attachment)
        if (seen.has(key)) continue
        seen.add(key)
        yield* this.attachment(version, attachment)
      }
    }
  }

  private async *attachment(
    { id }: ObservationVersion,
    attachment: Attachment
  ): AsyncGenerator<ArchivedPhoto> {
    const variants = new Map(variantsOf(attachment))
    const wanted = INSTEAD[this.variant].find((tier) => variants.has(tier))
    if (wanted === undefined) return
    const [best, content] = await this.bestWithContent(attachment)
    if (best?.tier !== wanted) {
      await this.noteMissing(id, attachment, wanted, variants.get(wanted)!, best?.tier)
    }
    if (best === null) return
    const { tier, type, size, hash } = best
    const known = this.included.get(hash)
    const name = known ?? this.names.nameFor(attachment.name, best)
    this.photoRows.push([id, attachment.name, `photos/${name}`, tier, type, size, hash])
    if (known !== undefined) return
    this.included.set(hash, name)
    yield { name, size, content }
  }

  /** The best that can be read to its end: one found damaged counts as not here after that. */
  private async bestWithContent(
    attachment: Attachment
  ): Promise<readonly [BestVariant | null, AsyncIterable<Uint8Array>]> {
    for (;;) {
      throwIfAborted(this.signal, STOPPED)
      const best = await this.media.best(attachment, { prefer: this.variant })
      if (best === null || this.included.has(best.hash)) return [best, once()]
      try {
        return [best, await this.sound(best)]
      } catch (error) {
        const code = error instanceof CairnError ? error.code : ''
        if (code !== 'MEDIA_DAMAGED' && code !== 'MEDIA_MISSING') throw error
      }
    }
  }

  /** What has begun in a zip cannot be taken back, so all of it is read once before. */
  private async sound(variant: MediaVariant): Promise<AsyncIterable<Uint8Array>> {
    const { signal } = this
    const content = this.media.get(variant)
    if (variant.size <= MEDIA_CHUNK) return once(await content.bytes({ signal }))
    for await (const _ of content.stream({ signal })) throwIfAborted(signal, STOPPED)
    return content.stream({ signal })
  }

  private async noteMissing(
    observation: string,
    attachment: Attachment,
    tier: Tier,
    { hash, size, type }: MediaVariant,
    included: Tier | undefined
  ): Promise<void> {
    const status: VariantStatus | undefined = (await this.media.status(attachment))[tier]
    const state = status?.purged === true ? 'purged' : status?.state
    const { device, name } = status?.recordedBy ?? {}
    const holders = (status?.heldBy ?? []).map((one) => one.name ?? one.device).join('; ')
    const what = [observation, attachment.name, tier, type, size, hash]
    this.missingRows.push([...what, state, included, holders, name, device])
  }
}

async function* once(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}
