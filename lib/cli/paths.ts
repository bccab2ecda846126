// Paths that people type, looked at before anything is done with them.

import { lstat, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandError, EXIT } from './failures.js'

export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false
  )
}

/** Throws unless a file can be made there without taking the place of one. */
export async function assertFree(file: string, remedy: string): Promise<void> {
  await assertFolder(dirname(file))
  if (!(await isThere(file))) return
  throw new CommandError(`${file} is there already.`, remedy, EXIT.medium, 'FILE_EXISTS')
}

/** Throws where the folder that a file is to be made in is not there. */
export async function assertFolder(folder: string): Promise<void> {
  const there = await stat(folder).catch(() => null)
  if (there?.isDirectory() === true) return
  throw unusable(`The folder ${folder} is not there.`)
}

/** Bytes of a file that is to be read. */
export async function sizeOf(file: string): Promise<number> {
  const there = await stat(file)
  if (there.isDirectory()) throw unusable(`${file} is a folder. Give a file.`)
  return there.size
}

function unusable(message: string): CommandError {
  const remedy = 'Check the path, and that the stick is plugged in.'
  return new CommandError(message, remedy, EXIT.medium, 'PATH_UNUSABLE')
}
