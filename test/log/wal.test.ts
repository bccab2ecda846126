import { join } from 'node:path'
import test from 'brittle'
import { readHeadFile } from '../../lib/log/head-file.js'
import type { Log } from '../../lib/log/log.js'
import { createLog, storeOf } from '../helpers/logs.js'
import { observation } from '../helpers/author.js'

test('a head is disclosed only once its entries are durable', async (t) => {
  const log = await createLog(t)
  const { wal } = storeOf(log) as unknown as { wal: { syncNow(): Promise<void> } }
  let synced = 0
  const syncNow = wal.syncNow.bind(wal)
  wal.syncNow = async () => {
    await syncNow()
    synced = log.ends().get(log.id)?.length ?? 0
  }
  for (let n = 1; n <= 3; n++) {
    await log.write([observation(1, n)])
    const end = await log.disclose(log.id)
    t.is(end?.length, n + 1)
    t.is(synced, n + 1)
    await log.disclose(log.id)
  }
  await log.write([observation(1, 9)])
  synced = 0
  for await (const run of log.disclosedRuns(log.id, 0, 4)) t.is(run.to, 5)
  t.is(synced, 5, 'what is read out was made durable first')
})

test('growth is told, own and received', async (t) => {
  const log = await createLog(t)
  const grown: string[] = []
  const stop = log.onGrowth((feed) => grown.push(feed))
  await log.write([observation(1, 1)])
  stop()
  await log.write([observation(1, 2)])
  t.alike(grown, [log.id])
})

test('a few entries become durable without the tables being written out, once that has been done', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const before = await createLog(t, { dir })
  await before.close()
  const log = await createLog(t, { dir })
  const flushes = countFlushes(log)
  await log.write([observation(1, 1)])
  await log.disclose(log.id)
  t.is(flushes(), 1, 'what was there before is written out once')
  for (let n = 2; n <= 4; n++) {
    await log.write([observation(1, n)])
    if (n === 3) await log.disclose(log.id)
    await log.settle()
  }
  t.is(flushes(), 1)
  await log.write([observation(1, 5)])
  await log.flush()
  await log.write([observation(1, 6)])
  await log.disclose(log.id)
  t.is(
    flushes(),
    2,
    'whoever asks for it has it written out, and the next entry goes on from there'
  )
})

test('after a sync of the log that failed everything is written out before the next one is believed', async (t) => {
  const log = await createLog(t)
  await log.write([observation(1, 1)])
  await log.disclose(log.id)
  const { wal } = storeOf(log) as unknown as { wal: { file: { datasync(): Promise<void> } } }
  // As Linux does: the second one would say that all is well.
  const { file } = wal
  const datasync = file.datasync.bind(file)
  file.datasync = async () => {
    file.datasync = datasync
    throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  }
  const flushes = countFlushes(log)
  await log.write([observation(1, 2)])
  await t.exception(log.disclose(log.id), /EIO/)
  t.is(flushes(), 0)
  t.is((await log.disclose(log.id))?.length, 3)
  t.is(flushes(), 1)
  await log.write([observation(1, 3)])
  await log.disclose(log.id)
  t.is(flushes(), 1, 'from there on the log is enough again')
})

test('writing an entry does not wait for others to become durable', async (t) => {
  const dir = join(await t.tmp(), 'log')
  const log = await createLog(t, { dir })
  const { db } = storageOf(log)
  const flush = db.flush.bind(db)
  let goOn = (): void => {}
  db.flush = async () => {
    await new Promise<void>((resolve) => (goOn = resolve))
    await flush()
  }
  await log.write([observation(1, 1)])
  const flushed = log.flush()
  await log.write([observation(1, 2)])
  goOn()
  await flushed
  const head = await readHeadFile(join(dir, 'HEAD'))
  t.is(head?.length, 2, 'HEAD says no more than what was flushed')
  t.is(log.ends().get(log.id)?.length, 3)
  db.flush = flush
})

function countFlushes(log: Log): () => number {
  const { db } = storageOf(log)
  const flush = db.flush.bind(db)
  let count = 0
  db.flush = () => {
    count++
    return flush()
  }
  return () => count
}

function storageOf(log: Log): { db: { flush(): Promise<void> } } {
  const { store } = storeOf(log) as unknown as { store: { storage: { db: any } } }
  return store.storage
}
