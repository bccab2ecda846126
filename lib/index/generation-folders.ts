// The folders of generations under the view's: `g` and a number, the highest the newest.

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER_NAME = /^g([1-9][0-9]{0,14})$/

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
