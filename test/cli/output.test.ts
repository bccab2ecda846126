import { stdout } from 'node:process'
import test from 'brittle'
import { Output } from '../../lib/cli/output.js'

test('a list that breaks off is one document all the same, and says why', async (t) => {
  const out = new Output(true, 'list', new AbortController().signal)
  const said = await saidBy(async () => {
    await out.list('items', breaksOff(), () => ({ total: 2 })).catch(() => undefined)
    await out.document({ error: { code: 'ABORTED' } })
  })
  t.alike(JSON.parse(said), {
    cairnlog: 1,
    command: 'list',
    items: [{ id: 1 }, { id: 2 }],
    error: { code: 'ABORTED' }
  })
})

test('lines are for people and documents for programs, never both', async (t) => {
  for (const json of [true, false]) {
    const out = new Output(json, 'status', new AbortController().signal)
    const said = await saidBy(async () => {
      await out.line('a line')
      await out.document({ field: 1 })
    })
    if (json) t.alike(JSON.parse(said), { cairnlog: 1, command: 'status', field: 1 })
    else t.is(said, 'a line\n')
  }
})

async function* breaksOff(): AsyncGenerator<{ id: number }> {
  yield { id: 1 }
  yield { id: 2 }
  throw new Error('broken off')
}

/** What goes to standard output meanwhile. */
async function saidBy(work: () => Promise<void>): Promise<string> {
  const write = stdout.write.bind(stdout)
  let said = ''
  stdout.write = (text: string | Uint8Array): boolean => {
    said += String(text)
    return true
  }
  try {
    await work()
  } finally {
    stdout.write = write
  }
  return said
}
