// What must hold before a device may go on writing its feed: the folder is of this project, and the
// store has not fallen behind what HEAD says was made durable.

import b4a from 'b4a'
import { CairnError } from '../errors.js'
import type { FeedEnd, FeedStore } from './feed-store.js'
import type { HeadFile } from './head-file.js'
import type { Project } from './project.js'

export function assertSameProject(head: HeadFile, project: Project, dir: string): void {
  if (head.projectId === project.id) return
  throw new CairnError(
    'PROJECT_MISMATCH',
    `The device in ${dir} belongs to project ${head.projectId.slice(0, 8)}, and the key given is that of project ${project.id.slice(0, 8)}. Open it with its own project key, or make a new device in another folder.`,
    { path: dir, expected: project.id, found: head.projectId }
  )
}

export async function assertNotRolledBack(
  dir: string,
  head: HeadFile | null,
  feed: string,
  store: FeedStore,
  ends: ReadonlyMap<string, FeedEnd>
): Promise<void> {
  const length = ends.get(feed)?.length ?? 0
  // A new device dies between its hello and its first HEAD at the worst.
  if (head === null && length <= 1) return
  const behind = head === null || head.feed !== feed || head.length > length
  if (!behind) {
    const rootHash = head.length === 0 ? head.rootHash : await store.rootHash(feed, head.length)
    if (b4a.equals(rootHash, head.rootHash)) return
  }
  throw new CairnError(
    'DEVICE_ROLLED_BACK',
    `The device in ${dir} holds ${length} of its own blocks, and its HEAD file says ${head?.length ?? 'nothing'}. It was restored from a backup or damaged; writing on would fork its feed. Make a new device in another folder and sync it.`,
    { path: dir, feed, expected: head?.length ?? null, found: length }
  )
}
