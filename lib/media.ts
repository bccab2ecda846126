// The photos, recordings and files of a device, `device.media`: what an app puts in, reads out, and
// throws away when the disk is full. An observation's attachments say what there is; this says, for
// each of it, whether it is here. The library makes no smaller pictures: the app puts each variant.

import { Mutex } from 'async-mutex'
import { CairnError } from './errors.js'
import type { View } from './index/public.js'
import type { Attachment, MediaVariant } from './log/entry.js'
import type { Log } from './log/log.js'
import { TIERS, type Tier, variantsOf } from './log/media/reference.js'
import { acquire } from './log/turn.js'
import { checkVariant, contentOf } from './media-content.js'
import { MediaElsewhere } from './media-elsewhere.js'
import type { Puts } from './media-puts.js'
import { purgeMedia } from './media-purge.js'
import { openSource, toChunks } from './media-source.js'
import type {
  AttachmentStatus,
  BestOptions,
  BestVariant,
  MediaContent,
  MediaSource,
  MediaUsage,
  PurgeOptions,
  PurgedMedia,
  PutOptions,
  VariantStatus
} from './media-types.js'
import { usageOf } from './media-usage.js'

/** For each preference, what is shown instead: rather too large than too small. */
export const INSTEAD: Readonly<Record<Tier, readonly Tier[]>> = {
  original: ['original', 'preview', 'thumbnail'],
  preview: ['preview', 'original', 'thumbnail'],
  thumbnail: ['thumbnail', 'preview', 'original']
}

export class Media {
  private readonly elsewhere: MediaElsewhere
  /** One at a time: what one of them gives up, another one may be removing. */
  private readonly purges = new Mutex()

  /** Made by `Device`. */
  constructor(
    private readonly log: Log,
    private readonly view: View,
    private readonly assertOpen: () => void,
    private readonly puts: Puts
  ) {
    this.elsewhere = new MediaElsewhere(log)
  }

  /**
   * Takes in a photo or file, in one pass and never whole in memory. What it resolves to goes into
   * an attachment's variants. The same content again is kept once. Throws TypeError, MEDIA_EMPTY,
   * PATH_UNUSABLE, NO_SPACE, IO_FAILED, DEVICE_READ_ONLY, ABORTED, CLOSED where the device is
   * closed meanwhile, and what a stream throws; then nothing of it is kept.
   */
  async put(source: MediaSource, options: PutOptions): Promise<MediaVariant> {
    this.assertOpen()
    const type = checkType(options?.type)
    try {
      const name = await this.puts.run(options.signal, async (signal) =>
        this.log.blobs.put(toChunks(await openSource(source), signal))
      )
      return { ...name, type }
    } catch (error) {
      // Ended by the closing of the device.
      if (error instanceof CairnError && error.code === 'ABORTED' && !options.signal?.aborted) {
        this.assertOpen()
      }
      throw error
    }
  }

  /** The content of a variant. What is not here, or damaged, is told by the reading. */
  get(variant: MediaVariant): MediaContent {
    this.assertOpen()
    return contentOf(this.log.blobs, checkVariant(variant), this.assertOpen)
  }

  /** For each variant that the attachment lists, whether it is here. */
  async status(attachment: Attachment): Promise<AttachmentStatus> {
    this.assertOpen()
    checkAttachment(attachment)
    await this.view.update()
    const status: Partial<Record<Tier, VariantStatus>> = {}
    for (const tier of TIERS) {
      // Also of what can be no blob: it is listed, and not here.
      if (attachment.variants[tier] !== undefined) status[tier] = { state: 'missing' }
    }
    for (const [tier, variant] of variantsOf(attachment)) {
      status[tier] = await this.statusOf(variant)
    }
    return status
  }

  /**
   * The variant to show: the one that is preferred, or of those that are here the next larger one,
   * or the next smaller. Null where none is here.
   */
  async best(
    attachment: Attachment,
    { prefer = 'original' }: BestOptions = {}
  ): Promise<BestVariant | null> {
    this.assertOpen()
    checkAttachment(attachment)
    if (!TIERS.includes(prefer)) throw new TypeError(`prefer: must be one of ${TIERS.join(', ')}`)
    const variants = new Map(variantsOf(attachment))
    for (const tier of INSTEAD[prefer]) {
      const variant = variants.get(tier)
      if (variant === undefined) continue
      if ((await this.log.blobs.state(variant)) === 'here') return { tier, ...variant }
    }
    return null
  }

  /**
   * Frees the space that some photos and files take here, and remembers not to take them from
   * elsewhere again unless asked (`media: { again: true }`). No feed is touched, nobody else is
   * affected. What no other device has said it holds stays unless `onlyHere` says so. A word may be
   * old: where two devices purge, each trusting the other's, both lose it; name one that never
   * purges as `heldBy`. Resolves to what was freed.
   */
  async purge(options: PurgeOptions): Promise<PurgedMedia> {
    this.assertOpen()
    const release = await acquire(this.purges, options?.signal)
    try {
      this.assertOpen()
      return await purgeMedia(this.log.blobs, this.view, this.elsewhere, options)
    } finally {
      release()
    }
  }

  /** How much space what takes. */
  async usage(): Promise<MediaUsage> {
    this.assertOpen()
    return usageOf(this.log.blobs, this.view)
  }

  private async statusOf(variant: MediaVariant): Promise<VariantStatus> {
    const { blobs } = this.log
    const state = await blobs.state(variant)
    const heldBy = await this.elsewhere.holdersOf(variant.hash)
    const held = heldBy.length > 0 ? { heldBy } : {}
    if (state === 'here') return { state, ...held }
    const device = this.view.media.find(variant)?.device
    const name = device && (await this.log.hello(device))?.name
    return {
      state,
      ...(state === 'missing' && blobs.purged.has(variant.hash) && { purged: true }),
      ...held,
      ...(device !== undefined && { recordedBy: { device, ...(name !== undefined && { name }) } })
    }
  }
}

function checkType(type: unknown): string {
  const isMediaType = typeof type === 'string' && /^[^\s/;]+\/[^\s/;]+(\s*;.*)?$/.test(type)
  if (!isMediaType || type.length > 255) {
    throw new TypeError('type: must be a media type, such as image/jpeg')
  }
  return type
}

function checkAttachment(attachment: unknown): void {
  const { variants } = (attachment ?? {}) as { variants?: unknown }
  if (typeof variants !== 'object' || variants === null) {
    throw new TypeError('attachment: must be { name?, variants }, as an observation lists it')
  }
}
