// Which feed is this device's own, and whether it may go on writing it. One feed has one writer: a
// folder that was copied, restored from a backup or has lost its end must not write on, or its feed
// would fork. On request it goes on under a fresh feed, which names the old one.

import { cp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import b4a from 'b4a'
import { CairnError } from '../errors.js'
import { HASH_BYTES, randomBytes } from './crypto.js'
import type { FeedEnds } from './feed-ends.js'
import { isFeedId, toFeedId, toHex } from './feed-id.js'
import { FeedStore } from './feed-store.js'
import { isReadOnly } from './folder.js'
import { type ForkedFeed, type HeadFile, readHeadFile, writeHeadFile } from './head-file.js'
import type { Project } from './project.js'

/** What to do when this folder may not write its feed on. */
export type OnCopied = 'refuse' | 'new-feed'

export interface Identity {
  readonly store: FeedStore
  readonly ends: FeedEnds
  readonly feed: string
  readonly label: string
  /** Id of the feed that this folder began with. */
  readonly first: string
  readonly predecessor: string | null
  readonly headPath: string
  /** Own length that HEAD stands for. */
  readonly flushed: number
  /** The own clock as HEAD has it; null where HEAD does not say. */
  readonly headClock: number | null
  /** Feeds that this device wrote and that forked. */
  readonly forked: readonly ForkedFeed[]
}

export interface IdentityOptions {
  readonly project: Project
  readonly onCopied: OnCopied
  /** The feed that a new device's feed continues: a claim. */
  readonly succeeds: string | null
}

/** Label of the feed that a folder begins with. */
const FIRST_LABEL = '0'

/**
 * Opens the store in `dir` and finds the own feed. Throws PROJECT_MISMATCH, DEVICE_LOCKED,
 * DEVICE_COPIED, DEVICE_ROLLED_BACK, DEVICE_DAMAGED.
 */
export async function openIdentity(
  dir: string,
  { project, onCopied, succeeds }: IdentityOptions
): Promise<Identity> {
  const headPath = join(dir, 'HEAD')
  let head = await readHeadFile(headPath)
  if (head !== null) assertSameProject(head, project, dir)
  const renew = async (): Promise<void> => {
    head = freshHead(project, head)
    await writeHeadFile(headPath, head)
  }
  const feeds = join(dir, 'feeds')
  const readOnly = await isReadOnly(dir)
  const store = await FeedStore.open(feeds, { readOnly }).catch(async (error: unknown) => {
    const code = error instanceof CairnError ? error.code : null
    if (code === 'DEVICE_COPIED' && head === null && (await forgetUnborn(feeds))) {
      return FeedStore.open(feeds)
    }
    const known = code === 'DEVICE_COPIED' || code === 'DEVICE_ROLLED_BACK'
    if (!known || onCopied !== 'new-feed') throw error
    await renew()
    if (code === 'DEVICE_ROLLED_BACK') await dropLog(dir, feeds)
    // The file that says on which disk this store was made; corestore makes a new one.
    else await rm(join(feeds, 'CORESTORE'), { force: true })
    return FeedStore.open(feeds)
  })
  try {
    const ends = await store.ends()
    let identity = await identify(store, ends, head, headPath, succeeds)
    // What is only read may be anything: a backup, a copy, an image.
    const behind = readOnly ? null : await rolledBack(dir, head, identity)
    if (behind !== null) {
      if (onCopied !== 'new-feed') throw behind
      await renew()
      identity = await identify(store, ends, head, headPath, succeeds)
    }
    return identity
  } catch (error) {
    await store.close()
    throw error
  }
}

async function identify(
  store: FeedStore,
  ends: FeedEnds,
  head: HeadFile | null,
  headPath: string,
  succeeds: string | null
): Promise<Identity> {
  const label = head?.label ?? FIRST_LABEL
  const feed = toFeedId((await store.ownKeyPair(label)).publicKey)
  const first = toFeedId((await store.ownKeyPair(FIRST_LABEL)).publicKey)
  const predecessor = head === null ? succeeds : head.predecessor
  const flushed = head?.length ?? 0
  // Nothing has been written yet where there is no HEAD.
  const headClock = head === null ? 0 : (head.clock ?? null)
  const forked = head?.forked ?? []
  return { store, ends, feed, label, first, predecessor, headPath, flushed, headClock, forked }
}

/** The own feed, which HEAD names, has forked: decides on a fresh one, which continues it. */
export async function renewIdentity(
  { store, ends, headPath }: Pick<Identity, 'store' | 'ends' | 'headPath'>,
  project: Project,
  forked: ForkedFeed
): Promise<Identity> {
  const old = await readHeadFile(headPath)
  const head = { ...freshHead(project, old), forked: [...(old?.forked ?? []), forked] }
  await writeHeadFile(headPath, head)
  return identify(store, ends, head, headPath, null)
}

/** Puts the log that RocksDB refuses aside, in case somebody can read it, and opens without. */
async function dropLog(dir: string, feeds: string): Promise<void> {
  const db = join(feeds, 'db')
  for (const name of await readdir(db)) {
    if (name.endsWith('.log')) await cp(join(db, name), join(dir, 'lost', name))
  }
  const store = await FeedStore.open(feeds, { dropLog: true }).catch(() => null)
  await store?.close()
}

/**
 * Removes a store that was cut off while it was made: without a HEAD nothing has left it, and where
 * there is no more in it than its own hello nothing is lost, either. It begins anew, with other
 * keys, so that it does no harm if it was a copy after all. False where there is more in it.
 */
async function forgetUnborn(feeds: string): Promise<boolean> {
  // Not beside it: corestore removes from its folder what it does not know.
  const [device, aside] = [join(feeds, 'CORESTORE'), `${feeds}.CORESTORE`]
  await rename(device, aside)
  const store = await FeedStore.open(feeds).catch(() => null)
  const lengths = store && [...(await store.ends()).values()].map(({ length }) => length)
  await store?.close()
  const unborn = lengths !== null && lengths.every((length) => length <= 1) && lengths.length <= 1
  if (unborn) {
    await rm(feeds, { recursive: true })
    await rm(aside)
  } else {
    await rm(device, { force: true })
    await rename(aside, device)
  }
  return unborn
}

/** A head that says: begin a new feed. Written before anything is done about it. */
function freshHead(project: Project, old: HeadFile | null): HeadFile {
  const predecessor = old?.feed ?? old?.predecessor ?? null
  return {
    projectId: project.id,
    // Random, so that two copies of one folder do not begin the same new feed.
    label: toHex(randomBytes(16)),
    feed: null,
    length: 0,
    rootHash: b4a.alloc(HASH_BYTES),
    predecessor: isFeedId(predecessor) ? predecessor : null,
    ...(old?.clock !== undefined && { clock: old.clock }),
    ...(old?.forked !== undefined && { forked: old.forked })
  }
}

function assertSameProject(head: HeadFile, project: Project, dir: string): void {
  if (head.projectId === project.id) return
  throw new CairnError(
    'PROJECT_MISMATCH',
    `The device in ${dir} belongs to project ${head.projectId.slice(0, 8)}, and the key given is that of project ${project.id.slice(0, 8)}. Open it with its own project key, or make a new device in another folder.`,
    { path: dir, expected: project.id, found: head.projectId }
  )
}

/** Why the own feed must not be written on; null where it may. */
async function rolledBack(
  dir: string,
  head: HeadFile | null,
  { store, ends, feed }: Identity
): Promise<CairnError | null> {
  const length = ends.get(feed)?.length ?? 0
  // A new device dies between its hello and its first HEAD at the worst.
  if (head === null && length <= 1) return null
  if (head !== null && head.feed === null) return null
  const behind = head === null || head.feed !== feed || head.length > length
  if (!behind) {
    const rootHash = head.length === 0 ? head.rootHash : await store.rootHash(feed, head.length)
    if (b4a.equals(rootHash, head.rootHash)) return null
  }
  return new CairnError(
    'DEVICE_ROLLED_BACK',
    `The device in ${dir} holds ${length} of its own blocks, and its HEAD file says ${head?.length ?? 'nothing'}. It was restored from a backup or damaged; writing on would fork its feed. Open it with onCopied: 'new-feed' to go on under a fresh feed; nothing that is here is lost.`,
    { path: dir, feed, expected: head?.length ?? null, found: length }
  )
}
