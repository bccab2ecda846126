// The part of a check that is about photos and files: looks whether each that an entry references is
// here and what its hash says, and then names the observation that shows what is not.

import type { CheckProblem } from './check.js'
import { CairnError, throwIfAborted } from './errors.js'
import type { View } from './index/public.js'
import { toUuid } from './index/uuid.js'
import type { LoggedEntry } from './log/entry.js'
import { shortFeedId } from './log/feed-id.js'
import type { Log } from './log/log.js'
import type { BlobState } from './log/media/blob-store.js'
import { type MediaReference, type Tier, variantsOf } from './log/media/reference.js'
import { verifyBlob } from './log/media/verify-blob.js'
import type { BlobName } from './log/replica.js'

export interface MediaCheckOptions {
  readonly quick: boolean
  readonly signal: AbortSignal | undefined
  /** Photos and files looked at, of all there are. */
  readonly onProgress: (media: { done: number; total: number }) => void
}

/** What was found wrong, by hash and size, until an entry that shows it has been met. */
export class MediaFindings {
  private readonly found = new Map<string, MediaReference & { readonly state: BlobState }>()

  private constructor(private readonly log: Log) {}

  /** What was purged here is not looked for. */
  static async collect(log: Log, view: View, options: MediaCheckOptions): Promise<MediaFindings> {
    const { quick, signal, onProgress } = options
    const { blobs } = log
    const findings = new MediaFindings(log)
    const references = [...view.media]
    for (const [done, reference] of references.entries()) {
      throwIfAborted(signal, 'Nothing was changed.')
      onProgress({ done, total: references.length })
      const { hash, size } = reference
      const state = quick
        ? await blobs.state({ hash, size })
        : await verified(log, { hash, size }, signal)
      if (state === 'here' || (state === 'missing' && blobs.purged.has(hash))) continue
      findings.found.set(keyOf(reference), { ...reference, state })
    }
    onProgress({ done: references.length, total: references.length })
    return findings
  }

  /** What is wrong with what an entry shows; each photo once. */
  async *in({ ref, entry }: LoggedEntry): AsyncGenerator<CheckProblem> {
    if (entry.kind !== 'observation' || this.found.size === 0) return
    for (const attachment of entry.attachments) {
      for (const [tier, variant] of variantsOf(attachment)) {
        const finding = this.found.get(keyOf(variant))
        if (finding === undefined) continue
        this.found.delete(keyOf(variant))
        const observation = toUuid(entry.id)
        const { hash: media } = variant
        const what = `${describe(tier, attachment.name)} of observation ${observation}`
        const { feed, seq } = ref
        yield { ...(await this.words(what, finding)), feed, seq, observation, media }
      }
    }
  }

  private async words(
    what: string,
    { state, device }: MediaReference & { readonly state: BlobState }
  ): Promise<Pick<CheckProblem, 'code' | 'message' | 'nextStep'>> {
    if (state === 'damaged') {
      return {
        code: 'MEDIA_DAMAGED',
        message: `${what} is damaged on this disk; it is not given out.`,
        nextStep: 'Sync with a device or file that has it: that replaces it.'
      }
    }
    const name = (await this.log.hello(device))?.name ?? shortFeedId(device)
    const own = device === this.log.id
    return {
      code: 'MEDIA_MISSING',
      message: `${what} is not here.`,
      nextStep: own
        ? 'This device recorded it. Sync with a device or file that got it from here, or put it again.'
        : `Sync with ${name}, which recorded it, or with a file or device that has it.`
    }
  }
}

/** A disk that fails with it counts as damage to it, and the check goes on. */
async function verified(
  log: Log,
  name: BlobName,
  signal: AbortSignal | undefined
): Promise<BlobState> {
  try {
    return await verifyBlob(log.blobs, name, signal)
  } catch (error) {
    throwIfAborted(signal, 'Nothing was changed.')
    if (!(error instanceof CairnError) || error.code === 'CLOSED') throw error
    return 'damaged'
  }
}

function describe(tier: Tier, name: unknown): string {
  const kind = tier === 'original' ? 'The original' : `The ${tier}`
  return typeof name === 'string' && name !== '' ? `${kind} of "${name.slice(0, 80)}"` : kind
}

function keyOf({ hash, size }: BlobName): string {
  return `${hash}/${size}`
}
