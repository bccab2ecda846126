// Where the view of a device lies: beside its feeds, or, where that folder cannot be written, in a
// folder for temporary files for as long as the device is open. The view is made from the feeds
// then, each time anew.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ViewFolder {
  readonly path: string
  /** To be called when the view has been closed. */
  leave(): Promise<void>
}

/** Only its owner can read a temporary one, for what lies in it is not encrypted. */
export async function viewFolder(dir: string, readOnly: boolean): Promise<ViewFolder> {
  if (!readOnly) return { path: join(dir, 'view'), leave: async () => undefined }
  const path = await mkdtemp(join(tmpdir(), 'cairnlog-view-'))
  return { path, leave: () => rm(path, { recursive: true, force: true }) }
}
