// Looks through everything a device holds and names what is wrong: feed, sequence, observation, and
// what to do about it, so that nobody has to guess from frozen screens and dates like 1970.

import type { Branch, Unreadable } from './aside.js'
import type { Unsettled } from './branches.js'
import { MediaFindings } from './check-media.js'
import { CairnError, throwIfAborted } from './errors.js'
import type { AuditProgress, Discrepancy, View } from './index/public.js'
import { toUuid } from './index/uuid.js'
import { isVersion, type LoggedEntry, type VersionEntry } from './log/entry.js'
import { shortFeedId } from './log/feed-id.js'
import type { Log } from './log/log.js'
import { dateText, isPlausible } from './log/plausible.js'

export type CheckCode =
  | 'COORDINATES_INVALID'
  | 'DATE_IMPLAUSIBLE'
  | 'DOCUMENT_INVALID'
  | 'ENTRY_NEWER'
  | 'ENTRY_UNREADABLE'
  | 'FEED_FORKED'
  | 'MEDIA_DAMAGED'
  | 'MEDIA_MISSING'
  | 'STORE_DAMAGED'
  | 'VIEW_OUT_OF_STEP'

/** One thing that is wrong, and what to do about it. */
export interface CheckProblem {
  readonly code: CheckCode
  /** What is wrong, in a sentence. */
  readonly message: string
  /** What to do, in a sentence. */
  readonly nextStep: string
  /** Feed id of the device that wrote it. */
  readonly feed?: string
  readonly seq?: number
  readonly observation?: string
  /** Of an app's own kind. */
  readonly document?: string
  /** Hash of the photo or file concerned. */
  readonly media?: string
  /** The file concerned, where a branch of a forked feed is kept. */
  readonly path?: string
}

export interface CheckProgress {
  /** Blocks looked at, of all there are. */
  readonly done: number
  readonly total: number
  /** Photos and files; they come first. */
  readonly media: { readonly done: number; readonly total: number }
  /** How far the view has been made once more and compared; that comes last. */
  readonly view: {
    readonly phase: 'reading' | 'writing' | 'comparing'
    /** Entries; of comparing observations and documents. */
    readonly done: number
    readonly total: number
  }
}

export interface CheckOptions {
  signal?: AbortSignal
  onProgress?: (progress: CheckProgress) => void
  /**
   * Of photos and files only whether they are there and as long as they should be; of the view only
   * whether some of what is in the feeds is there.
   */
  quick?: boolean
}

/** Entries of a feed that a quick check looks up in the view: enough to notice a broken one. */
const LOOKUPS_PER_FEED = 100

const REBUILD = 'Call device.rebuildIndex(); nothing is lost.'

export async function* checkDevice(
  log: Log,
  view: View,
  { branches, unreadable }: Unsettled,
  { signal, onProgress, quick = false }: CheckOptions
): AsyncGenerator<CheckProblem> {
  for (const branch of branches) yield forkedFeed(branch)
  for (const file of unreadable) yield unreadableBranch(file)
  yield* checkDocuments(view)
  const ends = [...log.ends()].map(([feed, { length }]) => ({ feed, length }))
  const total = ends.reduce((sum, { length }) => sum + length, 0)
  let before = 0
  let media = { done: 0, total: 0 }
  let audit: AuditProgress = { phase: 'reading', done: 0, total: 0 }
  const tell = (done: number): void => onProgress?.({ done, total, media, view: audit })
  const findings = await MediaFindings.collect(log, view, {
    quick,
    signal,
    onProgress: (now) => {
      media = now
      tell(0)
    }
  })
  for (const { feed, length } of ends) {
    const every = Math.max(1, Math.floor(length / LOOKUPS_PER_FEED))
    try {
      for await (const batch of log.entries(feed, 0, length, { signal })) {
        for (const logged of batch) {
          yield* checkEntry(logged, log.now())
          yield* findings.in(logged)
          if (quick && logged.ref.seq % every === 0) yield* checkShown(logged, view)
        }
        const at = batch.at(-1)?.ref.seq ?? 0
        tell(before + at + 1)
      }
    } catch (error) {
      throwIfAborted(signal, 'Nothing was changed.')
      if (!(error instanceof CairnError) || error.code === 'CLOSED') throw error
      yield {
        code: 'STORE_DAMAGED',
        message: `Feed ${shortFeedId(feed)} cannot be read to its end: ${error.message}`,
        nextStep:
          'Make a new device in another folder and sync it with a file or device that has this feed.',
        feed,
        ...(error.seq !== undefined && { seq: error.seq })
      }
    }
    before += length
    tell(before)
  }
  if (quick) return
  const onAudit = (now: AuditProgress): void => {
    audit = now
    tell(total)
  }
  for await (const found of view.audit({ signal, onProgress: onAudit })) yield outOfStep(found)
}

function forkedFeed({ feed, path }: Branch): CheckProblem {
  return {
    code: 'FEED_FORKED',
    message: `Feed ${shortFeedId(feed)} went on in two ways; the other one is kept in ${path}.`,
    nextStep:
      'On the device that wrote it, sync with that file and call device.branches.reissue(branch); then sync as usual.',
    feed,
    path
  }
}

function unreadableBranch({ path, error }: Unreadable): CheckProblem {
  return {
    code: 'STORE_DAMAGED',
    message: `The other branch of a forked feed was kept in ${path} and cannot be read: ${error.message}`,
    nextStep:
      'Sync with whoever has that branch: it is kept anew. If nobody has it, SyncFile.salvage takes out what is left.',
    path
  }
}

function* checkEntry({ ref, entry }: LoggedEntry, now: number): Generator<CheckProblem> {
  const { feed, seq } = ref
  const where = `Entry ${seq} of feed ${shortFeedId(feed)}`
  if (entry.kind === 'unreadable') {
    const coordinates = /"(lat|lon)"/.test(entry.reason)
    yield {
      code: coordinates ? 'COORDINATES_INVALID' : 'ENTRY_UNREADABLE',
      message: `${where} cannot be used. ${entry.reason}`,
      nextStep: 'Ask whoever uses that device which app wrote it; everything else is unaffected.',
      feed,
      seq
    }
  }
  if (entry.kind === 'unknown') {
    yield {
      code: 'ENTRY_NEWER',
      message: `${where} was written by a newer version.`,
      nextStep: 'Update this app; the entry is kept and will be shown then.',
      feed,
      seq
    }
  }
  if (isVersion(entry)) yield* checkDates(ref, entry, now)
}

function* checkDates(
  { feed, seq }: LoggedEntry['ref'],
  entry: VersionEntry,
  now: number
): Generator<CheckProblem> {
  for (const field of ['createdAt', 'updatedAt'] as const) {
    // Of an edit only its own date is new.
    if (field === 'createdAt' && entry.links.length > 0) continue
    if (field === 'updatedAt' && entry.links.length === 0) continue
    if (isPlausible(entry[field], now)) continue
    yield {
      code: 'DATE_IMPLAUSIBLE',
      message: `${nameOf(entry)} says ${field} ${dateText(entry[field])}, as the clock of that device did.`,
      nextStep:
        'Set the clock of that device; the order of edits does not depend on it. Record a known-good time as trustedAt.',
      feed,
      seq,
      ...placeOf(entry)
    }
  }
}

const FOUND_WRONG: Record<Discrepancy['what'], string> = {
  missing: 'is in a feed and not in the view.',
  different: 'is not shown as the feeds say.',
  'too much': 'is in the view and in no feed.',
  unreadable: 'cannot be read to its end.'
}

function outOfStep({ type, id, what }: Discrepancy): CheckProblem {
  const observation = type === ''
  const name = observation ? `Observation ${id}` : `The ${type} ${id}`
  return {
    code: 'VIEW_OUT_OF_STEP',
    message: `${id === undefined ? 'The view' : name} ${FOUND_WRONG[what]}`,
    nextStep: REBUILD,
    ...(id !== undefined && (observation ? { observation: id } : { document: id }))
  }
}

async function* checkShown({ ref, entry }: LoggedEntry, view: View): AsyncGenerator<CheckProblem> {
  if (!isVersion(entry)) return
  const heads = await view.headsOf(entry)
  if (heads === null || heads.length > 0) return
  yield {
    code: 'VIEW_OUT_OF_STEP',
    message: `${nameOf(entry)} is in a feed and not in the view.`,
    nextStep: REBUILD,
    feed: ref.feed,
    seq: ref.seq,
    ...placeOf(entry)
  }
}

/** What the app's own functions object to in what is shown. */
async function* checkDocuments(view: View): AsyncGenerator<CheckProblem> {
  for (const documents of view.kinds) {
    for await (const { document, problems } of documents.problems()) {
      yield {
        code: 'DOCUMENT_INVALID',
        message: `The ${document.kind} ${document.id} is not as it should be: ${problems.join('; ')}.`,
        nextStep: 'Correct it in the app, or update the app where a newer one wrote it.',
        feed: document.updatedBy,
        document: document.id
      }
    }
  }
}

function nameOf(entry: VersionEntry): string {
  const id = toUuid(entry.id)
  return entry.kind === 'observation' ? `Observation ${id}` : `The ${entry.type} ${id}`
}

function placeOf(entry: VersionEntry): { observation?: string; document?: string } {
  const id = toUuid(entry.id)
  return entry.kind === 'observation' ? { observation: id } : { document: id }
}
