// A long stretch that holds nothing sound, as a copy that broke off leaves it: searching it takes a
// while, tells how far it has come, and stops on request.

import { truncate } from 'node:fs/promises'
import test, { type Assertion } from 'brittle'
import { FileStorage } from '../../lib/syncfile/storage.js'
import { SyncFile } from '../../lib/syncfile/syncfile.js'
import type { VerifyProgress } from '../../lib/syncfile/verify.js'
import { createDevice, inputs, syncFilePath } from '../helpers/devices.js'
import { codeOf } from '../helpers/rejection.js'
import { withKey } from '../syncfile/files.js'

const LONG = 256 * 2 ** 20

test('verifying it tells progress', async (t) => {
  const path = await stretched(t)
  const steps: VerifyProgress[] = []
  await using file = await SyncFile.open(path)
  await file.verify({ onProgress: (step) => steps.push(step) })
  t.ok(steps.some(({ done }) => done > 0 && done < LONG / 2))
})

test('salvaging it tells progress, and stops on request', async (t) => {
  const path = await stretched(t)
  const controller = new AbortController()
  const { signal } = controller
  let reached = 0
  const onProgress = ({ done }: VerifyProgress): void => {
    reached = done
    if (done > LONG / 16) controller.abort()
  }
  const target = await syncFilePath(t)
  const options = { ...withKey, signal, onProgress }
  t.is(await codeOf(() => SyncFile.salvage(path, target, options)), 'ABORTED')
  t.ok(reached > 0 && reached < LONG / 2)
})

type Work = (path: string, signal: AbortSignal, t: Assertion) => Promise<unknown>

const works: Record<string, Work> = {
  opening: (path, signal) => SyncFile.open(path, { ...withKey, signal }),
  verifying: async (path, signal) => {
    await using file = await SyncFile.open(path)
    return await file.verify({ signal })
  },
  'syncing with': async (path, signal, t) => (await createDevice(t)).sync(path, { signal }),
  'answering it from': async (path, signal, t) => {
    const device = await createDevice(t)
    return device.createSyncFile(await syncFilePath(t), { for: path, signal })
  }
}

for (const [what, work] of Object.entries(works)) {
  test(`${what} such a file stops on request`, async (t) => {
    const path = await stretched(t)
    const controller = new AbortController()
    const reads = countReads(t, (count) => count === 20 && controller.abort())
    t.is(await codeOf(() => work(path, controller.signal, t)), 'ABORTED')
    t.ok(reads() < 30, `${reads()} reads`)
  })
}

/** Counts reads of any file until the test ends. */
function countReads(t: Assertion, onRead: (count: number) => unknown): () => number {
  const original = Object.getOwnPropertyDescriptor(FileStorage.prototype, 'read')!
  const read = original.value as FileStorage['read']
  let count = 0
  FileStorage.prototype.read = function (this: FileStorage, offset, byteLength) {
    onRead(++count)
    return read.call(this, offset, byteLength)
  }
  t.teardown(() => Object.defineProperty(FileStorage.prototype, 'read', original))
  return () => count
}

async function stretched(t: Assertion): Promise<string> {
  const device = await createDevice(t)
  await device.observations.createMany(inputs(5))
  const path = await syncFilePath(t)
  await device.createSyncFile(path)
  await truncate(path, LONG)
  return path
}
