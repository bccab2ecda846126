// `sync(a, b)` as apps call it: with devices or with bare replicas.

import { Device } from './device.js'
import type { SyncReport } from './exchange/report.js'
import { type SyncOptions, sync as exchange } from './exchange/sync.js'
import type { Replica } from './log/replica.js'

/**
 * Exchanges what each side lacks, both ways; a device's view is up to date when this resolves.
 * Throws PROJECT_MISMATCH and CONFIGURATION_MISMATCH before a byte is written, ABORTED, NO_SPACE,
 * IO_FAILED; what concerns one feed alone is in `report.refused`.
 */
export async function sync(
  a: Device | Replica,
  b: Device | Replica,
  options: SyncOptions = {}
): Promise<SyncReport> {
  const there = replicaOf(b)
  try {
    if (a instanceof Device && options.receive !== false) return await a.syncWith(there, options)
    return await exchange(replicaOf(a), there, options)
  } finally {
    // `syncWith` brings its own device's view up to date; counting does it for the other one.
    if (b instanceof Device) await b.observations.count()
  }
}

function replicaOf(side: Device | Replica): Replica {
  return side instanceof Device ? side.replica : side
}
