// What the program shows: lists, pages, status, in words and as documents.

import test from 'brittle'
import { inputs } from '../helpers/devices.js'
import { cairnlog, document, laptops, record, succeed } from '../helpers/program.js'

/** A process for every step, on a machine that is busy with others. */
const SLOW = { timeout: 120_000 }

test('list shows the last changed first, filters, and says how many there are', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  await record(cwd, [
    { lat: -1.05, lon: -77.6, tags: { type: 'river', beds: 3 } },
    { tags: { type: 'house', beds: '3' } }
  ])
  const lines = (await succeed(t, 'list --oldest-first', { cwd })).trimEnd().split('\n')
  t.is(lines.length, 3)
  t.ok(lines[0]!.includes('-1.05, -77.6  type=river  beds=3'), lines[0])
  t.ok(/^[0-9a-f-]{8,} +\d{4}-\d\d-\d\d \d\d:\d\d +Laptop 1 +no place +type=house/.test(lines[1]!))
  t.is(lines[2], '2 observations')

  const total = async (options: string): Promise<number> =>
    (await document(`list ${options}`, { cwd })).total
  t.is(await total('--tag type=river --limit 1'), 1)
  t.is(await total('--tag type=river --tag type=house'), 2, 'of one key any value will do')
  t.is(await total('--tag beds=3'), 2, 'the text and the number look alike')
  t.is(await total('--tag beds=* --without-place'), 1)
  t.is(await total('--bbox -78,-2,-76,0'), 1)
  t.is(await total('--near -1.05,-77.6,1000'), 1)
  t.is(await total("--by 'Laptop 1' --since 2020-01-01"), 2)
  t.is((await cairnlog("list --by 'Laptop 9'", { cwd })).code, 2)
  const limited = await document('list --limit 1', { cwd })
  t.is(limited.observations.length, 1)
  t.is(limited.total, 2)
})

test(
  'an id is shown as short as it can be, and any beginning of it that fits one is taken',
  SLOW,
  async (t) => {
    const [cwd] = await laptops(t, 1)
    await record(cwd, inputs(3))
    const { observations } = await document('list', { cwd })
    const ids: string[] = observations.map((o: any) => o.id)
    const text = await succeed(t, 'list', { cwd })
    const short = text.split('\n').map((line) => line.split(' ')[0]!)
    for (const [i, id] of ids.entries()) {
      t.ok(id.startsWith(short[i]!), `${short[i]} of ${id}`)
      t.is(ids.filter((other) => other.startsWith(short[i]!)).length, 1)
    }
    t.is((await document(`show ${short[1]}`, { cwd })).observation.id, ids[1])
    const ambiguous = await cairnlog(`show ${ids[0]!.slice(0, 4)}`, { cwd })
    t.is(ambiguous.code, 2)
    t.ok(ambiguous.stderr.includes('Several observations begin with'))
    t.is((await cairnlog("show 'no id'", { cwd })).code, 2)
    t.is((await document('show ffffffff', { cwd })).error.code, 'OBSERVATION_NOT_FOUND')
  }
)

test('what others recorded cannot command the terminal', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const note = '\u001b[31mred\u001b]0;title\u0007 and \u202eback'
  await record(cwd, [{ tags: { note } }])
  const { observations } = await document('list', { cwd })
  t.is(observations[0].tags.note, note, 'a program gets it as it is')
  for (const line of ['list', `show ${observations[0].id}`]) {
    const text = await succeed(t, line, { cwd })
    t.absent(/(?!\n)\p{Cc}|\u202e/u.test(text), line)
    t.ok(text.includes('red'))
  }
})

test(
  'a full disk under the output is said in two lines, with the code of its kind',
  // A device file that only Linux has.
  { ...SLOW, skip: process.platform !== 'linux' },
  async (t) => {
    const [cwd] = await laptops(t, 1)
    await record(cwd, inputs(3))
    for (const line of ['status', 'list', 'list --all --json']) {
      const { code, stderr } = await cairnlog(line, { cwd, output: '/dev/full' })
      t.is(code, 6, line)
      t.is(
        stderr,
        'cairnlog: The output lies on a medium that is full.\n' +
          'What to do: Free some space or take another stick, then run the command again.\n'
      )
    }
  }
)

test('a reader that has enough ends the list without a word', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  await record(cwd, inputs(5000, { long: 'x'.repeat(100) }))
  const { code, stderr } = await cairnlog('list --all', {
    cwd,
    onStart: (child) => child.stdout!.once('data', () => child.stdout!.destroy())
  })
  t.is(code, 141)
  t.is(stderr, '')
})

test('status tells who and what this device is, and what is only here', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  await record(cwd, inputs(1))
  const text = await succeed(t, 'status', { cwd })
  t.ok(/^Device +Laptop 1, [a-z0-9]{52}$/m.test(text))
  t.ok(/^Observations +1$/m.test(text))
  t.ok(/^Only here +1 entry that no other device is known to hold$/m.test(text))
  const found = await document('status', { cwd })
  t.is(found.onlyHere, 1)
  t.is(found.feeds[0].name, 'Laptop 1')
})
