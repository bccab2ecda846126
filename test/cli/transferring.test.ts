// In from other programs and out to them.

import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'brittle'
import { inputs } from '../helpers/devices.js'
import { cairnlog, document, laptops, record, succeed } from '../helpers/program.js'
import { CTRL_C, answering, inTerminal } from '../helpers/terminal.js'

const SLOW = { timeout: 120_000 }
const FEATURES = [
  {
    type: 'Feature',
    id: 'a',
    geometry: { type: 'Point', coordinates: [-77, -1] },
    properties: { code: 'x1' }
  },
  { type: 'Feature', geometry: null, properties: { code: 'x2' } },
  { type: 'Feature', geometry: { type: 'Polygon', coordinates: [] }, properties: { code: 'x3' } }
]

test('import records what is not here yet, and names what cannot be taken', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const file = join(await t.tmp(), 'features.geojson')
  await writeFile(file, JSON.stringify({ type: 'FeatureCollection', features: FEATURES }))
  const first = await cairnlog(`import ${file} --id-property code`, { cwd })
  t.is(first.code, 8)
  t.ok(first.stdout.startsWith('2 of 3 features recorded.\n1 could not be taken:\n  feature 3: '))
  const input = await readFile(file, 'utf8')
  const again = await document('import - --id-property code', { cwd, input })
  t.alike([again.features, again.created, again.skipped], [3, 0, 2])
  await writeFile(file, '{"type": "FeatureCollection", "features": [')
  const broken = await document(`import ${file}`, { cwd })
  t.is(broken.exit, 4)
  t.is(broken.error.code, 'NOT_GEOJSON')
  t.is((await document(`import ${file}.not-there`, { cwd })).error.code, 'PATH_UNUSABLE')
  const folder = await document(`import ${dirname(file)}`, { cwd })
  t.is(folder.error.message, `${dirname(file)} is a folder. Give a file.`)
})

test(
  'a zip holds both forms and the photos; over another one it goes only when asked to',
  SLOW,
  async (t) => {
    const [cwd] = await laptops(t, 1)
    const folder = await t.tmp()
    await writeFile(join(folder, 'DSC_1.jpg'), randomBytes(20_000))
    await succeed(t, `add --tag a=b --photo ${folder}/DSC_1.jpg`, { cwd })
    const file = join(folder, 'all.zip')
    const made = await document(`export ${file}`, { cwd })
    t.alike([made.format, made.observations, made.media, made.missing], ['zip', 1, 1, 0])
    const bytes = await readFile(file)
    for (const name of ['DSC_1.jpg', '.geojson', '.csv']) t.ok(bytes.includes(name), name)
    t.is((await cairnlog(`export ${file}`, { cwd })).code, 6)
    const without = await document(`export ${file} --force --photos none`, { cwd })
    t.is(without.media, 0)
    t.ok((await readFile(file)).byteLength < bytes.byteLength)
    await writeFile(`${file}.new`, 'mine')
    await succeed(t, `export ${file} --force`, { cwd })
    t.is(await readFile(`${file}.new`, 'utf8'), 'mine')
    t.alike((await readdir(folder)).sort(), ['DSC_1.jpg', 'all.zip', 'all.zip.new'])
    t.is((await cairnlog('export - --format zip', { cwd })).code, 2)
  }
)

test('Ctrl-C ends an import that waits for somebody to type', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  const tired = answering(['Reading GeoJSON', CTRL_C])
  const { code, screen } = await inTerminal('import -', { cwd }, tired)
  t.is(code, 130)
  t.ok(screen.includes('Stopped by Ctrl-C.'))
})

test(
  'export writes whole files, by the ending of their names, and not over others',
  SLOW,
  async (t) => {
    const [cwd] = await laptops(t, 1)
    const folder = await t.tmp()
    await record(cwd, inputs(5))
    const file = join(folder, 'all.geojson')
    t.is((await document(`export ${file}`, { cwd })).observations, 5)
    t.is(JSON.parse(await readFile(file, 'utf8')).features.length, 5)
    t.is((await cairnlog(`export ${file}`, { cwd })).code, 6)
    await succeed(t, `export ${file} --force --tag number=3`, { cwd })
    t.is(JSON.parse(await readFile(file, 'utf8')).features.length, 1)
    t.is((await cairnlog(`export ${folder}/all.txt`, { cwd })).code, 2)
    for (const line of [`export ${folder}/no/all.csv`, `export ${folder}/no/all.csv --force`]) {
      const { stderr } = await cairnlog(line, { cwd })
      t.ok(stderr.startsWith(`cairnlog: The folder ${folder}/no is not there.`), stderr)
    }
    t.alike(await readdir(folder), ['all.geojson'])
    await writeFile(`${file}.part`, 'mine')
    await succeed(t, `export ${file} --force`, { cwd })
    t.is(await readFile(`${file}.part`, 'utf8'), 'mine')
    const csv = await succeed(t, 'export - --format csv', { cwd })
    t.is(csv.trimEnd().split('\r\n').length, 6)
  }
)

test('Ctrl-C ends an export into a file that the shell made', SLOW, async (t) => {
  const [cwd] = await laptops(t, 1)
  await record(cwd, inputs(20_000))
  const output = join(await t.tmp(), 'all.csv')
  const whole = await cairnlog('export - --format csv', { cwd, output })
  t.is(whole.code, 0)
  const { size } = await stat(output)
  const onStart = (child: ChildProcess): void => {
    const timer = setInterval(() => {
      if (statSync(output).size === 0) return
      clearInterval(timer)
      child.kill('SIGINT')
    }, 1)
  }
  const { code, stderr } = await cairnlog('export - --format csv', { cwd, output, onStart })
  t.is(code, 130)
  t.ok(stderr.includes('Stopped by Ctrl-C.'))
  t.ok((await stat(output)).size < size)
})
