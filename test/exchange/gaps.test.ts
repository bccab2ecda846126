import test from 'brittle'
import { Gaps } from '../../lib/exchange/gaps.js'
import { sync } from '../../lib/exchange/sync.js'
import { Project } from '../../lib/log/project.js'
import type { Gap, ReadOptions, Run } from '../../lib/log/replica.js'
import { Author } from '../helpers/author.js'
import { PROJECT_KEY } from '../helpers/fixed.js'
import { createLog } from '../helpers/logs.js'
import { MemoryReplica } from '../helpers/memory-replica.js'

const gap = (from: number, to: number, reason = 'its hash is wrong'): Gap => {
  return { feed: new Author(1).feed, from, to, code: 'SYNCFILE_DAMAGED', reason }
}

function refusedRanges(...list: Gap[]): unknown[] {
  const gaps = new Gaps()
  for (const one of list) gaps.add(one)
  return gaps.refusals().map(({ seq, to }) => [seq, to])
}

test('neighbouring gaps of one reason are told as one', (t) => {
  t.alike(refusedRanges(gap(0, 5), gap(5, 9)), [[0, 9]])
})

test('gaps apart, or of different reasons, are told apart', (t) => {
  t.alike(refusedRanges(gap(0, 5), gap(6, 9)), [
    [0, 5],
    [6, 9]
  ])
  t.alike(refusedRanges(gap(0, 5), gap(5, 9, 'it is missing')), [
    [0, 5],
    [5, 9]
  ])
})

/** Holds the second half of its feeds only, and says so. */
class Damaged extends MemoryReplica {
  override async *read(
    feed: string,
    from: number,
    to: number,
    { onGap }: ReadOptions = {}
  ): AsyncGenerator<Run> {
    for await (const run of super.read(feed, from, to)) {
      if (run.from === 0) onGap?.({ ...gap(0, run.to), feed, offset: 77 })
      else yield run
    }
  }
}

test('a damaged part is in the report with its place, and other feeds are taken', async (t) => {
  const { id: projectId } = new Project(PROJECT_KEY)
  const [there, here] = [new Damaged({ projectId }), await createLog(t)]
  const [damaged, half] = [Author.withEntries(1, 5), Author.withEntries(2, 5)]
  for (const author of [damaged, half]) {
    await there.append(author.run(0, 3))
    await there.append(author.run(3))
  }
  await here.append(half.run(0, 3))
  const report = await sync(here, there)
  t.alike(
    report.refused.map(({ feed, code, seq, to, offset }) => ({ feed, code, seq, to, offset })),
    [{ feed: damaged.feed, code: 'SYNCFILE_DAMAGED', seq: 0, to: 3, offset: 77 }]
  )
  t.is(report.received.entries, 3)
  t.is(here.ends().has(damaged.feed), false)
})
