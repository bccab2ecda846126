import test from 'brittle'
import { readAhead } from '../../lib/log/read-ahead.js'

async function* numbers(count: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) {
      log.push(`give ${i}`)
      yield i
    }
  } finally {
    log.push('stopped')
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all = []
  for await (const item of source) all.push(item)
  return all
}

test('the same items come in the same order', async (t) => {
  for (const depth of [0, 1, 7])
    t.alike(await collect(readAhead(numbers(5), depth)), [0, 1, 2, 3, 4])
  t.alike(await collect(readAhead(numbers(0), 2)), [])
})

test('the next item is asked for before the one at hand is done with', async (t) => {
  const log: string[] = []
  for await (const item of readAhead(numbers(3, log), 1)) {
    await new Promise(setImmediate)
    log.push(`take ${item}`)
  }
  t.alike(log, ['give 0', 'give 1', 'give 2', 'take 0', 'stopped', 'take 1', 'take 2'])
})

test('whoever stops early stops the source', async (t) => {
  const log: string[] = []
  for await (const _ of readAhead(numbers(100, log), 1)) break
  t.is(log.at(-1), 'stopped')
  t.ok(log.length < 6)
})

test('a failure of the source is thrown after the items before it', async (t) => {
  async function* failing(): AsyncGenerator<number> {
    yield 1
    throw new Error('broken')
  }
  const seen: number[] = []
  const reading = async (): Promise<void> => {
    for await (const item of readAhead(failing(), 3)) seen.push(item)
  }
  await t.exception(reading(), /broken/)
  t.alike(seen, [1])
})
