// Small files that must be whole or absent after a power cut: written beside, synced, renamed.

import { lstat, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces the file's content so that a crash leaves the old or the new one. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(content)
    await file.sync()
  } catch (error) {
    await file.close()
    await rm(temporary, { force: true })
    throw error
  }
  await file.close()
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

/** The file's text, or null where there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false
  )
}

/** Makes a new file survive a power cut, with its name and those of the two folders it is in. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  for (const name of [path, dirname(path), dirname(dirname(path))]) await syncFolder(dirname(name))
}

/** Some file systems cannot sync a folder; there the rename is as durable as it gets. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR', 'EACCES', 'EBADF'].includes(code)) throw error
  }
}
