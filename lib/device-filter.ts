// The filter `device`, as a device is asked it: an id stands for whoever writes there, and so for its
// confirmed predecessors and successors too.

import { checkDevices, type Filter } from './index/filter.js'
import type { Log } from './log/log.js'
import { areOne, idsOf } from './log/succession.js'

/** The same question with every id of those whom it asks for. Throws a TypeError. */
export async function withSuccession<T extends Filter>(log: Log, options: T): Promise<T> {
  if (options?.device === undefined) return options
  const devices = [...checkDevices(options.device)]
  const ids = await Promise.all(devices.map((device) => idsOf(log, device)))
  return { ...options, device: ids.flat() }
}

/** Says of one device after another whether it is asked for: a successor may appear at any time. */
export function successionOf(
  log: Log,
  device: NonNullable<Filter['device']>
): (creator: string) => Promise<boolean> {
  const devices = checkDevices(device)
  return async (creator) => {
    for (const one of devices) if (await areOne(log, one, creator)) return true
    return false
  }
}
