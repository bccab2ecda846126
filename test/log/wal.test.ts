import test from 'brittle'
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
