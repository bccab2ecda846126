// What can be wrong with a file or its stick: each is told with a sentence and a remedy, and with a way
// on where there is one.

import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import { readSettings } from '../server/settings.js'
import { seedFolder, startApp, startAppWithStick } from './helpers/app.js'
import {
  addObservation,
  createFile,
  jobOf,
  openPage,
  outcome,
  shows,
  startCreate,
  startSync,
  syncWith
} from './helpers/page.js'
import { twoLaptops } from './helpers/two-laptops.js'
import { villages } from './helpers/villages.js'

const LONG = { timeout: 120_000 }

test(
  'a file of another project is refused with what to do, and stays as it is',
  LONG,
  async (t) => {
    const { one, file } = await twoLaptops(t)
    const stranger = await seedFolder(t, { name: 'Stranger', observations: [{ tags: {} }] })
    const other = await openPage(t, await startApp(t, stranger.folder))
    await createFile(other, file)
    const before = await digest(file)
    await syncWith(one, file)
    const code = '[data-code=PROJECT_MISMATCH]'
    await shows(t, one, code, 'belongs to another project', 'What to do:')
    t.is(await digest(file), before, 'not a byte was changed')
    t.ok(await one.isVisible('header'), 'the page is all there')
  }
)

test('a file of another configuration is refused with both names', LONG, async (t) => {
  const { folder, projectKey } = await seedFolder(t, { name: 'Laptop 1' })
  const configuration = 'earthquakes'
  const other = await seedFolder(t, { name: 'Laptop 2', projectKey, configuration })
  const one = await openPage(t, await startApp(t, folder))
  const two = await openPage(t, await startApp(t, other.folder))
  const file = join(await t.tmp(), 'territory.cairn')
  await createFile(one, file)
  const before = await digest(file)
  await syncWith(two, file)
  await shows(t, two, '[data-code=CONFIGURATION_MISMATCH]', '“territory”', '“earthquakes”')
  t.is(await digest(file), before, 'not a byte was changed')

  const anew = await outcome(
    two,
    await jobOf(two, () => two.click('text=Work with “territory” from now on'))
  )
  t.ok(anew.startsWith('Synced'), anew)
  await shows(t, two, 'footer strong', 'territory')
  t.is((await readSettings(other.folder))?.configuration, 'territory', 'also at the next start')
  await two.click('nav a[href="#/observations"]')
  await two.click('.list-head button.main')
  await two.waitForSelector('select[name=type] option[value=river]', { state: 'attached' })
})

test('a full stick is told, with how much room is needed', LONG, async (t) => {
  const stick = await t.tmp()
  // Needs root; where nothing can be mounted there is no full stick to be had.
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=65536', 'stick', stick])
  if (mounted.status !== 0) return t.comment('no disk can be mounted here')
  t.teardown(() => spawnSync('umount', ['-l', stick]))
  const { folder } = await seedFolder(t, { name: 'Laptop 1', observations: villages(3_000) })
  const one = await openPage(t, await startApp(t, folder))
  const said = await outcome(one, await startCreate(one, join(stick, 'territory.cairn')))
  t.ok(/Free some space( \(\d+ MB\))?, then try again/.test(said), said)
  t.is((await readdir(stick)).length, 0, 'nothing half-made is left on it')
})

test(
  'a damaged file is told as such; a repair restores what a laptop has of it',
  LONG,
  async (t) => {
    const { one, two, file } = await twoLaptops(t)
    for (const name of ['A', 'B', 'C']) await addObservation(one, 'river', name)
    await createFile(one, file)
    const bytes = await readFile(file)
    bytes[bytes.length >> 1]! ^= 0xff
    await writeFile(file, bytes)
    const said = await syncWith(two, file)
    t.ok(/damaged/i.test(said), said)
    await syncWith(one, file)
    if ((await one.locator('text=Check and repair this file').count()) > 0) {
      const repair = await jobOf(one, () => one.click('text=Check and repair this file'))
      await outcome(one, repair)
    }
    const after = await syncWith(two, file)
    t.absent(/damaged/i.test(after), after)
    await two.click('nav a[href="#/observations"]')
    await two.waitForSelector('.list h2:text-is("3 observations")')
    t.pass('everything arrived')
  }
)

test('a file past repair: what is sound in it goes into a new one', LONG, async (t) => {
  const { one, two, file } = await twoLaptops(t)
  for (const name of ['A', 'B', 'C']) await addObservation(one, 'river', name)
  await createFile(one, file)
  // Its beginning is gone, on both of the places where it is kept, and its end.
  const bytes = await readFile(file)
  bytes.fill(0, 0, 512)
  await writeFile(file, bytes.subarray(0, bytes.length - 100))
  const broken = await digest(file)
  const said = await syncWith(two, file)
  t.ok(said.includes('What to do:'), said)
  const saved = join(await t.tmp(), 'saved.cairn')
  t.is(await two.inputValue('input[name=into]'), '~/territory-saved.cairn')
  await two.fill('input[name=into]', saved)
  const saving = await jobOf(two, () => two.click('button:text-is("Save what is sound")'))
  const report = await outcome(two, saving)
  t.ok(report.includes('from Laptop 1: 3 new') && report.includes('Nothing in it was lost'), report)
  t.is(await digest(file), broken, 'the damaged one is as it was')
  t.ok((await syncWith(one, saved)).includes('Synced with'), 'the new one goes on')
})

test('a stick pulled out during a sync is told, and nothing is lost', LONG, async (t) => {
  const { folder, projectKey } = await seedFolder(t, {
    name: 'Laptop 1',
    observations: villages(1_000)
  })
  const second = await seedFolder(t, {
    name: 'Laptop 2',
    projectKey,
    observations: villages(3_000)
  })
  const stick = join(await t.tmp(), 'stick')
  await mkdir(stick)
  const file = join(stick, 'territory.cairn')
  const one = await openPage(t, await startApp(t, folder))
  await createFile(one, file)
  const { size } = await stat(file)

  const two = await openPage(t, await startAppWithStick(t, second.folder, stick, 200_000))
  await syncWith(two, file)
  const remedy = 'What to do: Plug it in'
  await shows(t, two, '[data-code=IO_FAILED]', 'perhaps it was pulled out', remedy)
  t.ok(await two.isVisible('header'), 'the page is all there')
  await two.click('nav a[href="#/observations"]')
  await two.waitForSelector('.list h2:text-is("4,000 observations")')
  t.ok((await stat(join(`${stick}.pulled`, 'territory.cairn'))).size > size, 'it was half written')

  await rename(`${stick}.pulled`, stick)
  const again = await syncWith(two, file)
  t.ok(again.includes('3,000 entries written') && again.includes('was cut off'), again)
  t.absent(/damaged/i.test(again), 'which alarms nobody')
  t.ok((await syncWith(one, file)).includes('from Laptop 2: 3,000 new'), 'all of it is there')
})

test('a name that leads nowhere is told, and no file is made of it', LONG, async (t) => {
  const { one, file } = await twoLaptops(t)
  await syncWith(one, file)
  await shows(t, one, '[data-code=FILE_NOT_THERE]', 'the stick is plugged in')
  await t.exception(readFile(file), /ENOENT/)
  await createFile(one, file)
  const synced = await startSync(one, file)
  await outcome(one, synced)
  await synced.locator('button.link').click()
  await synced.waitFor({ state: 'detached' })
  await outcome(one, await startCreate(one, file))
  await shows(t, one, '.job [data-code=SYNCFILE_EXISTS]')
  const instead = await jobOf(one, () => one.click('text=Sync with it instead'))
  t.ok((await outcome(one, instead)).startsWith('Synced'))
})

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
