import test from 'brittle'
import { Pool } from '../../lib/log/pool.js'

interface Item {
  readonly name: string
  closed: boolean
}

function poolOf(limit: number): { pool: Pool<Item>; log: string[]; items: Item[] } {
  const log: string[] = []
  const items: Item[] = []
  const pool = new Pool<Item>(limit, {
    async open(name) {
      await soon()
      log.push(`open ${name}`)
      const item = { name, closed: false }
      items.push(item)
      return item
    },
    async close(item) {
      item.closed = true
      await soon()
      log.push(`close ${item.name}`)
    }
  })
  return { pool, log, items }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what was used least recently is closed when too many are open', async (t) => {
  const { pool, log } = poolOf(2)
  for (const name of ['a', 'b', 'a', 'c', 'a']) await pool.use(name, soon)
  t.alike(log, ['open a', 'open b', 'open c', 'close b'])
  t.is(pool.count, 2)
})

test('nothing is closed while it is used, however many are', async (t) => {
  const { pool, items } = poolOf(2)
  const names = Array.from({ length: 20 }, (_, i) => `${i}`)
  const closedInUse: boolean[] = []
  await Promise.all(
    names.map((name) =>
      pool.use(name, async (item) => {
        for (let i = 0; i < Number(name); i++) await soon()
        closedInUse.push(item.closed)
      })
    )
  )
  t.absent(closedInUse.includes(true))
  t.is(items.filter(({ closed }) => !closed).length, 2)
  t.is(pool.count, 2)
})

test('what somebody is about to use is not closed, at whatever moment he comes', async (t) => {
  const closedInUse: number[] = []
  for (let ticks = 0; ticks < 12; ticks++) {
    const pool = new Pool<{ closed: boolean }>(1, {
      open: async () => ({ closed: false }),
      close: async (item) => void (item.closed = true)
    })
    await pool.use('a', async () => {})
    const other = pool.use('b', async () => {})
    for (let i = 0; i < ticks; i++) await Promise.resolve()
    await pool.use('a', async (item) => {
      if (item.closed) closedInUse.push(ticks)
    })
    await other
  }
  t.alike(closedInUse, [])
})

test('those who use one at the same time share it, and a closed one is opened anew', async (t) => {
  const { pool, log } = poolOf(1)
  const used = await Promise.all(['a', 'a', 'b', 'a'].map((name) => pool.use(name, async (i) => i)))
  t.is(used[0], used[1])
  t.is((await pool.use('a', async (item) => item)).closed, false)
  // One of a name is never opened before the one before is closed.
  let open = 0
  for (const line of log.filter((each) => each.endsWith('a'))) {
    open += line.startsWith('open') ? 1 : -1
    t.ok(open === 0 || open === 1, line)
  }
})

test('what could not be opened is tried again by whoever comes next', async (t) => {
  let tries = 0
  const pool = new Pool<number>(1, {
    async open() {
      if (++tries === 1) throw new Error('not yet')
      return tries
    },
    async close() {}
  })
  await t.exception(
    pool.use('a', async () => {}),
    /not yet/
  )
  t.is(await pool.use('a', async (item) => item), 2)
})

test('drained, it gives back all that is open, and knows of none', async (t) => {
  const { pool, log } = poolOf(3)
  for (const name of ['a', 'b']) await pool.use(name, soon)
  t.alike(
    (await pool.drain()).map(({ name }) => name),
    ['a', 'b']
  )
  t.is(pool.count, 0)
  t.alike(log, ['open a', 'open b'], 'closing them is not its business')
})
