import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'brittle'
import { CairnError } from '../../lib/errors.js'
import { translateStoreError } from '../../lib/log/store-errors.js'
import { createLog } from '../helpers/logs.js'
import { codeOf, rejection } from '../helpers/rejection.js'

const texts: Array<[error: object, code: string]> = [
  [new Error('IO error: File descriptor could not be locked'), 'DEVICE_LOCKED'],
  [new Error('IO error: lock hold by current process'), 'DEVICE_LOCKED'],
  [Object.assign(new Error('moved'), { code: 'DEVICE_FILE' }), 'DEVICE_COPIED'],
  [Object.assign(new Error('write'), { code: 'ENOSPC' }), 'NO_SPACE'],
  [new Error('IO error: No space left on device: while appending'), 'NO_SPACE'],
  [Object.assign(new Error('append'), { code: 'SESSION_CLOSED' }), 'CLOSED'],
  [new Error('RocksDB session is closed'), 'CLOSED'],
  [new Error('Corruption: block checksum mismatch'), 'DEVICE_DAMAGED']
]

for (const [foreign, code] of texts) {
  test(`"${(foreign as Error).message}" becomes ${code} with the path and the cause`, (t) => {
    const error = translateStoreError(foreign, '/laptop')
    t.ok(error instanceof CairnError)
    const { code: found, path, cause } = error as CairnError
    t.alike({ code: found, path }, { code, path: '/laptop' })
    t.is(cause, foreign)
  })
}

test('what is not known stays what it is', (t) => {
  const foreign = new Error('something else')
  t.is(translateStoreError(foreign), foreign)
  const own = new CairnError('CLOSED', 'closed: could not be locked')
  t.is(translateStoreError(own), own)
  t.is(translateStoreError(undefined), undefined)
})

test('opening a folder twice is DEVICE_LOCKED, and the first goes on', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  const error = await rejection(createLog(t, { dir }))
  t.is(error.code, 'DEVICE_LOCKED')
  t.ok(error.path?.startsWith(dir))
  await t.execution(log.flush())
})

test('opening a folder that another process has open is DEVICE_LOCKED', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const holder = spawn(process.execPath, [
    fileURLToPath(new URL('../helpers/hold-log.js', import.meta.url)),
    dir
  ])
  t.teardown(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  t.is(await codeOf(() => createLog(t, { dir })), 'DEVICE_LOCKED')

  holder.kill('SIGKILL')
  await once(holder, 'exit')
  await t.execution(createLog(t, { dir }), 'free once that process is gone')
})

test('a copy of a folder is DEVICE_COPIED, and the original still opens', async (t) => {
  const dir = join(await t.tmp(), 'log')
  await (await createLog(t, { dir })).close()
  const copy = `${dir}-copy`
  await cp(dir, copy, { recursive: true })
  t.is(await codeOf(() => createLog(t, { dir: copy })), 'DEVICE_COPIED')
  await t.execution(createLog(t, { dir }))
})

test('a folder that was renamed says so or opens, and never damages anything', async (t) => {
  const dir = join(await t.tmp(), 'log')
  await (await createLog(t, { dir })).close()
  await rename(dir, `${dir}-renamed`)
  const outcome = await createLog(t, { dir: `${dir}-renamed` }).then(
    () => 'opened',
    (error: CairnError) => error.code
  )
  t.ok(['opened', 'DEVICE_COPIED'].includes(outcome), outcome)
})
