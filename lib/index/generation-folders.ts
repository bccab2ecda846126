// The folders of generations under the view's: `g` and a number, the highest the newest.

import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER_NAME = /^g([1-9][0-9]{0,14})$/

/** Makes a view's folder, in the place of whatever else a repaired disk may have put there. */
export async function makeFolder(dir: string): Promise<void> {
  const found = await stat(dir).catch(() => null)
  if (found?.isDirectory() === true) return
  await rm(dir, { force: true })
  await mkdir(dir, { recursive: true })
}

/** Numbers of the generations in a view's folder, newest first; none where there is no folder. */
export async function listGenerations(dir: string): Promise<number[]> {
  const names = await readdir(dir).catch(() => [])
  const numbers = names.map((name) => Number(FOLDER_NAME.exec(name)?.[1] ?? 0))
  return numbers.filter((number) => number > 0).sort((a, b) => b - a)
}

export async function removeGeneration(dir: string, number: number): Promise<void> {
  await rm(folderOf(dir, number), { recursive: true, force: true, maxRetries: 3 })
}

export function folderOf(dir: string, number: number): string {
  return join(dir, `g${number}`)
}
