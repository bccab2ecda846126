// What goes wrong with a generation's files means that its folder is damaged, copied or not one of
// ours, and becomes ViewDamage. The exceptions are a folder that another program has open and a full
// disk, where making it anew would not help.

import { CairnError } from '../errors.js'
import { translateStoreError } from '../log/store-errors.js'
import { ViewDamage } from './damage.js'

export type Guard = <T>(work: () => Promise<T>) => Promise<T>

export function guardOf(dir: string): Guard {
  return async (work) => {
    try {
      return await work()
    } catch (error) {
      if (error instanceof ViewDamage) throw error
      const known = translateStoreError(error, dir)
      const worldly = known instanceof CairnError
      if (worldly && (known.code === 'DEVICE_LOCKED' || known.code === 'NO_SPACE')) throw known
      throw new ViewDamage(`The view's files cannot be used: ${messageOf(error)}`, error)
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
