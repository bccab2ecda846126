import { readdir } from 'node:fs/promises'
import test from 'brittle'
import { Batch } from '../../lib/index/batch.js'
import { collect, openView } from './helpers.js'
import { feedId, MemorySource, observation, observationId, START } from './memory-source.js'

function filled(): MemorySource {
  const source = new MemorySource()
  for (let n = 0; n < 20; n++) {
    source.append(feedId('a'), observation({ id: observationId(START + n), clock: START + n }))
  }
  return source
}

/** Calls `onWrite` when the view is written next, which then takes a while. */
function slowWrite(onWrite: () => void): void {
  const flush = Object.getOwnPropertyDescriptor(Batch.prototype, 'flush')!
  const write = flush.value as () => Promise<void>
  Batch.prototype.flush = async function (this: Batch): Promise<void> {
    Object.defineProperty(Batch.prototype, 'flush', flush)
    onWrite()
    await new Promise((go) => setTimeout(go, 100))
    await write.call(this)
  }
}

test('closing waits for an audit that writes, and leaves nothing of it', async (t) => {
  const { view, dir } = await openView(t, filled())
  await view.update()
  const closed = new Promise<void>((resolve) => slowWrite(() => resolve(view.close())))
  const audit = t.exception(collect(view.audit()), { code: 'CLOSED' })
  await closed
  t.is((await readdir(dir)).length, 1)
  await audit
})

test('closing does not wait for whoever reads an audit', async (t) => {
  const { view, dir } = await openView(t, filled())
  await view.update()
  const generation = (view as any).upkeep.current()
  generation.shown = { ...generation.shown, tree: { async *range() {} } }
  const audit = view.audit()
  t.is((await audit.next()).value?.what, 'missing')
  await view.close()
  t.is((await readdir(dir)).length, 1)
  await audit.return(undefined)
})
