// Small files that must be whole or absent after a power cut: written beside, synced, renamed.

import { link, lstat, open, readFile, rename, rm, stat } from 'node:fs/promises'
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

/**
 * Renames, and never over a file that is there: false then. Sticks cannot link; there it is checked
 * first. An attempt that stopped half way left the same file under both names.
 */
export async function giveName(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    await rm(from, { force: true })
  } catch (error) {
    if (await isSameFile(from, to)) await rm(from, { force: true })
    else if ((error as NodeJS.ErrnoException).code === 'EEXIST' || (await isThere(to))) return false
    else await rename(from, to)
  }
  return true
}

/** Whether two names lead to one file. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all(
    [a, b].map((path) => stat(path, { bigint: true }).catch(() => null))
  )
  return !!one && !!other && one.ino === other.ino && one.dev === other.dev
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
