// Two laptops and one file between them, as two people at two pages do it.

import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import type { Page } from 'playwright-core'
import { seedFolder, startApp } from './helpers/app.js'
import { villages } from './helpers/villages.js'
import { addObservation, openPage, setUp, startSync, syncWith } from './helpers/page.js'

const LONG = { timeout: 120_000 }

test('a first laptop starts a project, and a second one joins it by an invite', LONG, async (t) => {
  const one = await openPage(t, await startApp(t))
  await setUp(one, 'Aguarico school')
  t.is(await one.innerText('.list h2'), '0 observations')
  await one.click('nav a[href="#/synchronize"]')
  await one.fill('input[name=new-passphrase]', 'river and stone')
  await one.click('text=Make an invite')
  const invite = await one.inputValue('textarea[readonly]')

  const two = await openPage(t, await startApp(t))
  await two.fill('input[name=name]', 'Laptop 2')
  await two.click('text=Join with an invite')
  await two.fill('textarea[name=invite]', invite)
  await two.fill('input[name=passphrase]', 'wrong one')
  await two.click('form button.main')
  await two.waitForSelector('[data-code=INVITE_REFUSED]')
  await two.fill('input[name=passphrase]', 'river and stone')
  await two.click('form button.main')
  await two.waitForSelector('.list')
  const projectOf = async (page: Page): Promise<string> => {
    await page.click('nav a[href="#/synchronize"]')
    return page.innerText('footer code')
  }
  t.is(await projectOf(two), await projectOf(one), 'both work in one project')
})

test('a fork that a file brings is shown side by side, and both tags are kept', LONG, async (t) => {
  const { one, two, file } = await twoLaptops(t)
  await addObservation(one, 'river', 'Aguarico')
  await one.click('nav a[href="#/synchronize"]')
  t.ok((await one.innerText('.only-here h2')).startsWith('1 observation or edit is only on'))
  await createFile(one, file)

  const arrived = await syncWith(two, file)
  t.ok(arrived.includes('from Laptop 1: 1 new'), arrived)
  await rename(two, 'Aguarico', 'Aguarico, big river')
  await rename(one, 'Aguarico', 'Aguarico at the ford')
  await syncWith(two, file)
  const back = await syncWith(one, file)
  t.ok(back.includes('from Laptop 2: 1 edited'), back)

  await openOnly(one)
  await one.waitForSelector('.fork-panel')
  const differing = await one.locator('.fork-panel tr.differs td').allInnerTexts()
  t.alike(differing.sort(), ['Aguarico at the ford', 'Aguarico, big river'], 'side by side')
  await one.click('text=Keep both tags')
  await one.waitForSelector('.fork-panel', { state: 'detached' })
  const title = await one.innerText('.detail h2')
  t.ok(title.includes('at the ford') && title.includes('big river'), title)

  await syncWith(one, file)
  await syncWith(two, file)
  await openOnly(two)
  t.is(await two.innerText('.detail h2'), title, 'the other laptop shows the same')
  t.is(await two.locator('.fork-panel').count(), 0)
  t.is(await two.locator('.history li').count(), 4, 'its whole history is there')
})

test('one of two versions is chosen, and the other stays in the history', LONG, async (t) => {
  const { one, two, file } = await twoLaptops(t)
  await addObservation(one, 'house', 'Old house')
  await createFile(one, file)
  await syncWith(two, file)
  await rename(two, 'Old house', 'House of Rosa')
  await rename(one, 'Old house', 'House of Marta')
  await syncWith(two, file)
  await syncWith(one, file)
  await openOnly(one)
  const column = await one
    .locator('.fork-panel tr.differs td')
    .allInnerTexts()
    .then((names) => names.indexOf('House of Rosa'))
  await one.locator('.fork-panel tr.choose button').nth(column).click()
  await one.waitForSelector('.fork-panel', { state: 'detached' })
  t.is(await one.innerText('.detail h2'), 'House of Rosa')
  t.ok((await one.innerText('.history')).includes('House of Marta'), 'nothing is lost')
})

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
    const said = await one.innerText('[data-code=PROJECT_MISMATCH]')
    t.ok(said.includes('belongs to another project') && said.includes('What to do:'), said)
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
  const said = await two.innerText('[data-code=CONFIGURATION_MISMATCH]')
  t.ok(said.includes('“territory”') && said.includes('“earthquakes”'), said)
  t.is(await digest(file), before, 'not a byte was changed')
})

test('a full stick is told, with how much room is needed', LONG, async (t) => {
  const stick = await t.tmp()
  // Needs root; where nothing can be mounted there is no full stick to be had.
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=65536', 'stick', stick])
  if (mounted.status !== 0) return t.comment('no disk can be mounted here')
  t.teardown(() => spawnSync('umount', ['-l', stick]))
  const { folder } = await seedFolder(t, { name: 'Laptop 1', observations: villages(3_000) })
  const one = await openPage(t, await startApp(t, folder))
  await one.click('nav a[href="#/synchronize"]')
  await one.fill('input[name=path]', join(stick, 'territory.cairn'))
  await one.click('text=Create a sync file')
  const said = await one.innerText('.job [data-code=NO_SPACE]')
  t.ok(/Free some space( \(\d+ MB\))?, then try again/.test(said), said)
  t.is((await readdir(stick)).length, 0, 'nothing half-made is left on it')
})

test('a dropped file is synced, and the updated one carries everything on', LONG, async (t) => {
  const { one, two, file } = await twoLaptops(t)
  await addObservation(one, 'river', 'Cofanes')
  await addObservation(two, 'trail', 'To the salt lick')
  await createFile(one, file)
  await two.click('nav a[href="#/synchronize"]')
  await two.setInputFiles('input[name=dropped]', file)
  await two.waitForSelector('.job[data-state=done]')
  t.ok((await two.innerText('.job')).includes('from Laptop 1: 1 new'))
  const [download] = await Promise.all([
    two.waitForEvent('download'),
    two.click('text=Save the updated file')
  ])
  const updated = join(await t.tmp(), download.suggestedFilename())
  await download.saveAs(updated)
  const report = await syncWith(one, updated)
  t.ok(report.includes('from Laptop 2: 1 new'), report)
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
      await one.click('text=Check and repair this file')
      await one.waitForFunction(() => document.querySelector('.job[data-state=done]') !== null)
    }
    const after = await syncWith(two, file)
    t.absent(/damaged/i.test(after), after)
    await two.click('nav a[href="#/observations"]')
    await two.waitForSelector('.list h2:text-is("3 observations")')
    t.pass('everything arrived')
  }
)

test('a name that leads nowhere is told, and no file is made of it', LONG, async (t) => {
  const { one, file } = await twoLaptops(t)
  await syncWith(one, file)
  const said = await one.innerText('[data-code=FILE_NOT_THERE]')
  t.ok(said.includes('the stick is plugged in'), said)
  await t.exception(readFile(file), /ENOENT/)
  await createFile(one, file)
  await startSync(one, file)
  await one.waitForSelector('.job[data-state=done]')
  await one.click('.job button.link')
  await one.fill('input[name=path]', file)
  await one.click('text=Create a sync file')
  await one.waitForSelector('[data-code=SYNCFILE_EXISTS]')
  await one.click('text=Sync with it instead')
  await one.waitForSelector('.job[data-state=done]')
})

test('laptops that see each other exchange at once', LONG, async (t) => {
  const { one, two } = await twoLaptops(t)
  await addObservation(one, 'river', 'Before they met')
  for (const page of [one, two]) {
    await page.click('nav a[href="#/synchronize"]')
    await page.click('text=Look for laptops')
  }
  await two.fill('input[name=address]', await one.innerText('.own-address'))
  await two.click('button:text-is("Connect")')
  await two.waitForSelector('.peers li[data-state=together]:has-text("Laptop 1")')
  await one.waitForSelector('.peers li[data-state=together]:has-text("Laptop 2")')
  await one.click('nav a[href="#/observations"]')
  await addObservation(one, 'river', 'After they met')
  await two.click('nav a[href="#/observations"]')
  await two.waitForSelector('.list-title:text-is("After they met")')
  t.is(await two.innerText('.list h2'), '2 observations')
})

interface TwoLaptops {
  readonly one: Page
  readonly two: Page
  readonly file: string
}

async function twoLaptops(t: Assertion): Promise<TwoLaptops> {
  const { folder, projectKey } = await seedFolder(t, { name: 'Laptop 1' })
  const second = await seedFolder(t, { name: 'Laptop 2', projectKey })
  const one = await openPage(t, await startApp(t, folder))
  const two = await openPage(t, await startApp(t, second.folder))
  await Promise.all([one, two].map((page) => page.waitForSelector('.list')))
  return { one, two, file: join(await t.tmp(), 'territory.cairn') }
}

async function createFile(page: Page, path: string): Promise<void> {
  await page.click('nav a[href="#/synchronize"]')
  await page.fill('input[name=path]', path)
  await page.click('text=Create a sync file')
  await page.waitForSelector('.job[data-state=done]')
}

async function openOnly(page: Page): Promise<void> {
  await page.click('nav a[href="#/observations"]')
  const back = page.locator('.back')
  if ((await back.count()) > 0) await back.click()
  await page.click('.list-row')
  await page.waitForSelector('.detail h2')
}

async function rename(page: Page, from: string, to: string): Promise<void> {
  await page.click('nav a[href="#/observations"]')
  const back = page.locator('.back')
  if ((await back.count()) > 0) await back.click()
  await page.click(`.list-row:has-text("${from}")`)
  await page.click('button:text-is("Edit")')
  await page.fill('input[name=name]', to)
  await page.click('button:text-is("Save")')
  await page.waitForSelector(`.detail h2:text-is("${to}")`)
}

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
