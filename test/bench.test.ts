import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'brittle'
import { observations } from '../bench/generator.js'
import { boxOf } from '../bench/view-queries.js'

const bench = join(dirname(fileURLToPath(import.meta.url)), '../bench/main.js')
const sideBySide = join(dirname(bench), 'peers/main.js')

test(
  'the bench of syncs prints every row with numbers above zero',
  { timeout: 120_000 },
  async (t) => {
    const { stdout } = await promisify(execFile)(process.execPath, [bench, 'sync', '--quick'])
    const rows = rowsOf(stdout).filter((row) => row.length === 9)
    t.alike(
      rows.map(([what, observations]) => `${what}, ${observations}`),
      [
        'device to new file, 1,500',
        'file to empty device, without view, 1,500',
        'file to empty device, with view, 1,500',
        'stock replication, loopback TCP, 1,500',
        'no-op sync, 100',
        '100 new both ways, 100',
        'no-op sync, 1,500',
        '100 new both ways, 1,500'
      ]
    )
    for (const row of rows) {
      const [what = '', , milliseconds = '', , perSecond = '', ratio = '', bytes = '', ...peaks] =
        row
      const nothing = what === 'no-op sync'
      const numbers = [milliseconds, ...peaks, ...(perSecond === '' ? [] : [perSecond, ratio])]
      t.ok(
        numbers.map(toNumber).every((n) => n > 0),
        `${what}: ${numbers.join(', ')}`
      )
      t.ok(nothing ? toNumber(bytes) === 0 : toNumber(bytes) > 0, `${what}: ${bytes} bytes`)
    }
    const targets = rowsOf(stdout).filter((row) => row.length === 4)
    t.is(targets.length, 6, 'targets, whether reached or not')
  }
)

test(
  'the side-by-side bench writes its tables and what bad hands did to our file',
  { timeout: 120_000 },
  async (t) => {
    const out = await t.tmp()
    const ours = ['--systems', 'cairnlog,copy', '--steps', 'record,create,receive,newest']
    const few = ['--counts', '200', '--faults', '1', '--out', out]
    await promisify(execFile)(process.execPath, [sideBySide, ...ours, ...few])
    const document = await readFile(join(out, 'performance.md'), 'utf8')
    const rows = rowsOf(document)
    for (const step of ['Record, in bulk', 'Make a sync file', 'The newest 50']) {
      const [section = ''] = document.split(`## ${step}\n`).slice(1)
      const times = rowsOf(section).find(([system]) => system === 'cairnlog')
      t.ok(toNumber(times?.[1]?.replaceAll('*', '') ?? '') > 0, `${step}: ${times?.join(', ')}`)
    }
    t.alike(
      rows.find(([what]) => what === 'receive it on an empty device, until all is visible'),
      ['receive it on an empty device, until all is visible', '**alone**'],
      'what only shows the floor is not compared with'
    )
    const killed = rows.find(
      ([what, system]) => what?.startsWith('killed') && system === 'cairnlog'
    )
    t.alike(
      killed?.slice(2),
      ['1', '1', '0', '100 %'],
      'a kill while receiving cost the file nothing'
    )
  }
)

test('a bench that does not exist is refused with the list of those that do', async (t) => {
  const failed = await promisify(execFile)(process.execPath, [bench, 'nothing']).catch(
    (error: { code: number; stderr: string }) => error
  )
  t.ok('code' in failed && failed.code === 2 && failed.stderr.includes('Suites: sync'))
})

test('the same seed makes the same observations', (t) => {
  t.alike([...observations(100, 1)], [...observations(100, 1)])
  t.unlike([...observations(100, 1)], [...observations(100, 2)])
})

/** Cells of the tables' rows, without heads and rules. */
function rowsOf(markdown: string): string[][] {
  const rows = markdown.split('\n').filter((line) => line.startsWith('| '))
  return rows
    .map((line) => line.slice(2, -2).split(' | '))
    .map((cells) => cells.map((cell) => cell.trim()))
    .filter(([first = '']) => first !== 'step' && first !== 'target' && !first.startsWith('---'))
}

function toNumber(cell: string): number {
  return Number.parseFloat(cell.replaceAll(',', ''))
}

test('a box takes the part of its area that it says, around its middle', (t) => {
  const area = { width: 360, height: 180, lat: -0.2, lon: -78.5 }
  for (const part of [0.001, 0.01, 0.1]) {
    const [west, south, east, north] = boxOf(area, part)
    const found = ((east - west) * (north - south)) / (area.width * area.height)
    t.ok(Math.abs(found / part - 1) < 1e-3, `${part}: ${found}`)
    t.ok(
      Math.abs((west + east) / 2 - area.lon) < 1e-3 && Math.abs((south + north) / 2 + 0.2) < 1e-3
    )
  }
})
