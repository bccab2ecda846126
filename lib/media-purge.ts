// Which of the photos and files here a purge is about, and how much it frees. It touches no feed: what
// was recorded stays recorded, and the attachment goes on saying what there was.

import { throwIfAborted } from './errors.js'
import { isFeedId } from './log/feed-id.js'
import type { View } from './index/public.js'
import type { Attachment } from './log/entry.js'
import type { BlobStore } from './log/media/blob-store.js'
import { TIERS, type MediaReference, type Tier, variantsOf } from './log/media/reference.js'
import { type BlobName, MEDIA_CHUNK, chunksIn } from './log/replica.js'
import type { MediaElsewhere } from './media-elsewhere.js'
import type { MediaAmount, PurgedMedia, PurgeOptions } from './media-types.js'

/** What nobody references may have been put a moment before it is recorded. */
const UNUSED_AFTER_MS = 24 * 60 * 60 * 1000

const WHICH = ['tier', 'before', 'deleted', 'hash', 'unused']
const HOW = ['onlyHere', 'heldBy', 'dryRun', 'signal']

interface Purge {
  readonly tiers: readonly Tier[] | null
  readonly before: number
  readonly deleted: boolean
  readonly unused: boolean
  readonly hashes: ReadonlySet<string> | null
  readonly onlyHere: boolean
  /** Whose word counts; null: anybody's. */
  readonly heldBy: ReadonlySet<string> | null
  readonly dryRun: boolean
  readonly signal: AbortSignal | undefined
}

export async function purgeMedia(
  blobs: BlobStore,
  view: View,
  elsewhere: Pick<MediaElsewhere, 'holdersOf'>,
  options: PurgeOptions
): Promise<PurgedMedia> {
  const purge = checkPurge(options)
  await view.update()
  const asked = purge.unused
    ? await unusedNames(blobs, view, purge)
    : await referencedNames(blobs, view, purge)
  const held = await blobs.held()
  const bytesOf = ({ hash, size }: BlobName): number =>
    Math.min(size, (held.get(hash)?.chunks ?? Infinity) * MEDIA_CHUNK)
  const bytes = new Map(asked.map((name) => [name, bytesOf(name)]))
  const isElsewhere = async ({ hash }: BlobName): Promise<boolean> => {
    const holders = await elsewhere.holdersOf(hash)
    return holders.some(({ device }) => purge.heldBy?.has(device) ?? true)
  }
  const amountOf = (some: readonly BlobName[]): MediaAmount => ({
    media: some.length,
    bytes: some.reduce((sum, name) => sum + (bytes.get(name) ?? 0), 0)
  })
  throwIfAborted(purge.signal, 'Nothing was purged.')
  const names: BlobName[] = []
  const only: BlobName[] = []
  for (const name of asked) {
    throwIfAborted(purge.signal, 'Nothing was purged.')
    // The beginning of what has not arrived is nobody's only copy.
    const isBegun = (held.get(name.hash)?.chunks ?? Infinity) < chunksIn(name.size)
    const may = purge.unused || purge.onlyHere || isBegun || (await isElsewhere(name))
    ;(may ? names : only).push(name)
  }
  const onlyHere = amountOf(only)
  if (purge.dryRun) return { ...amountOf(names), onlyHere }
  // First, so that a sync that begins meanwhile does not bring back what is being removed.
  // What was asked for by its hash alone is not to come either where it is not here.
  if (!purge.unused) {
    const stays = new Set(only.map(({ hash }) => hash))
    const named = isByHashAlone(purge) ? [...(purge.hashes ?? [])] : []
    const gone = new Set([...named, ...names.map(({ hash }) => hash)])
    await blobs.mark([...gone].filter((hash) => !stays.has(hash)))
  }
  // What was put or recorded since the names were collected stays.
  const isStill = async (name: BlobName): Promise<boolean> => {
    if (!purge.unused) return blobs.purged.has(name.hash)
    await view.update()
    return isUnused(blobs, view, name)
  }
  return { ...amountOf(await blobs.drop(names, purge.signal, isStill)), onlyHere }
}

async function isUnused(blobs: BlobStore, view: View, name: BlobName): Promise<boolean> {
  if (view.media.find(name) !== undefined) return false
  const cameAt = await blobs.cameAt(name)
  return cameAt === null || cameAt < Date.now() - UNUSED_AFTER_MS
}

async function referencedNames(blobs: BlobStore, view: View, purge: Purge): Promise<BlobName[]> {
  const held = await blobs.held()
  const damaged = new Map((await blobs.damaged()).map((name) => [name.hash, name]))
  const onlyDeleted = purge.deleted ? await hashesOnlyDeletedShow(view) : null
  const fits = (reference: MediaReference): boolean =>
    (purge.tiers === null || reference.tiers.every((tier) => purge.tiers?.includes(tier))) &&
    reference.createdAt < purge.before &&
    (onlyDeleted === null || onlyDeleted.has(reference.hash)) &&
    (purge.hashes === null || purge.hashes.has(reference.hash))
  const names: BlobName[] = []
  for (const reference of view.media) {
    const { hash, size } = reference
    const isHere = held.get(hash)?.size === size || damaged.get(hash)?.size === size
    if (isHere && fits(reference)) names.push({ hash, size })
  }
  for (const hash of isByHashAlone(purge) ? (purge.hashes ?? []) : []) {
    const name = held.get(hash) ?? damaged.get(hash)
    if (name !== undefined && view.media.find(name) === undefined) names.push(name)
  }
  return names
}

/** Whatever else is asked has to be known of a blob before it fits. */
function isByHashAlone({ tiers, before, deleted }: Purge): boolean {
  return tiers === null && before === Infinity && !deleted
}

async function unusedNames(blobs: BlobStore, view: View, purge: Purge): Promise<BlobName[]> {
  const names: BlobName[] = []
  for (const { hash, size } of await blobs.held()) {
    if (purge.hashes !== null && !purge.hashes.has(hash)) continue
    if (await isUnused(blobs, view, { hash, size })) names.push({ hash, size })
  }
  return names
}

/** Of everything that deleted observations show, what no other one shows. */
async function hashesOnlyDeletedShow(view: View): Promise<Set<string>> {
  const deleted = await hashesShown(view, 'only')
  for (const hash of await hashesShown(view, false)) deleted.delete(hash)
  return deleted
}

async function hashesShown(view: View, deleted: 'only' | false): Promise<Set<string>> {
  const hashes = new Set<string>()
  const add = (attachments: readonly Attachment[]): void => {
    for (const attachment of attachments) {
      for (const [, { hash }] of variantsOf(attachment)) hashes.add(hash)
    }
  }
  for await (const { attachments, forks } of view.query({ deleted })) {
    add(attachments)
    for (const fork of forks) add(fork.attachments)
  }
  return hashes
}

function checkPurge(options: PurgeOptions): Purge {
  const given = Object.keys(options ?? {}).filter(
    (name) => options[name as keyof PurgeOptions] !== undefined
  )
  for (const name of given) {
    if (!WHICH.includes(name) && !HOW.includes(name))
      throw new TypeError(`${name}: there is no such option`)
  }
  const { tier, before, deleted, hash, unused, onlyHere, heldBy, dryRun = false, signal } = options
  if (!given.some((name) => WHICH.includes(name))) {
    throw new TypeError('purge: say which: tier, before, deleted, hash or unused')
  }
  for (const [name, value] of Object.entries({ deleted, unused, onlyHere })) {
    if (value !== undefined && value !== true) throw new TypeError(`${name}: must be true`)
  }
  if (unused && (tier !== undefined || before !== undefined || deleted)) {
    throw new TypeError('unused: what no entry references has no tier, date or observation')
  }
  return {
    tiers: tier === undefined ? null : toTiers(tier),
    before: toTime(before),
    deleted: deleted === true,
    unused: unused === true,
    hashes: hash === undefined ? null : toHashes(hash),
    onlyHere: onlyHere === true,
    heldBy: heldBy === undefined ? null : toDevices(heldBy),
    dryRun,
    signal
  }
}

function toTiers(tier: Tier | readonly Tier[]): readonly Tier[] {
  const tiers = typeof tier === 'string' ? [tier] : tier
  if (!Array.isArray(tiers) || !tiers.every((name: Tier) => TIERS.includes(name))) {
    throw new TypeError(`tier: must be one or some of ${TIERS.join(', ')}`)
  }
  return tiers
}

function toHashes(hash: string | readonly string[]): ReadonlySet<string> {
  const hashes = typeof hash === 'string' ? [hash] : hash
  const sound =
    Array.isArray(hashes) &&
    hashes.every((one) => typeof one === 'string' && /^[0-9a-f]{64}$/.test(one))
  if (!sound) throw new TypeError('hash: must be the hash of a photo or file, or a list of them')
  return new Set(hashes)
}

function toDevices(heldBy: string | readonly string[]): ReadonlySet<string> {
  const ids = typeof heldBy === 'string' ? [heldBy] : heldBy
  if (!Array.isArray(ids) || !ids.every(isFeedId)) {
    throw new TypeError('heldBy: must be the id of a device, or a list of them')
  }
  return new Set(ids)
}

function toTime(value: PurgeOptions['before']): number {
  if (value === undefined) return Infinity
  const time = new Date(value).getTime()
  if (Number.isNaN(time)) {
    throw new TypeError('before: must be a Date, an ISO 8601 text or milliseconds since 1970')
  }
  return time
}
