// Errors as facts for the page, which writes the sentence and the remedy in the reader's language
// (page/words). The library's codes pass as they are; the app has a few of its own.

import { CairnError } from 'cairnlog'
import type { Trouble } from '../wire/api.js'

/** What only this app can know went wrong. */
export type AppCode = 'FILE_NOT_THERE' | 'BUSY' | 'NOT_READY' | 'BAD_REQUEST' | 'SETTINGS_DAMAGED'

export class AppError extends Error {
  constructor(
    readonly code: AppCode,
    message: string,
    readonly path?: string
  ) {
    super(message)
    this.name = 'AppError'
  }
}

export function toTrouble(error: unknown): Trouble {
  if (error instanceof CairnError) {
    const { code, message, path, expected, found, bytesNeeded } = error
    return {
      code,
      message,
      ...(path !== undefined && { path }),
      ...(expected !== undefined && { expected: inWords(expected) }),
      ...(found !== undefined && { found: inWords(found) }),
      ...(bytesNeeded !== undefined && { bytesNeeded })
    }
  }
  if (error instanceof AppError) {
    const { code, message, path } = error
    return { code, message, ...(path !== undefined && { path }) }
  }
  if (error instanceof TypeError) return { code: 'BAD_REQUEST', message: error.message }
  if (hasCode(error, 'ENOSPC')) return { code: 'NO_SPACE', message: 'The disk is full.' }
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return value
  const { name } = (value ?? {}) as { name?: unknown }
  return typeof name === 'string' ? name : JSON.stringify(value)
}
