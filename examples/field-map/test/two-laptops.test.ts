// Two laptops and one file between them, as two people at two pages do it.

import { join } from 'node:path'
import test from 'brittle'
import type { Page } from 'playwright-core'
import { startApp } from './helpers/app.js'
import {
  addObservation,
  createFile,
  jobOf,
  openPage,
  outcome,
  setUp,
  shows,
  syncWith
} from './helpers/page.js'
import { twoLaptops } from './helpers/two-laptops.js'

const LONG = { timeout: 120_000 }

test('a first laptop starts a project, and a second one joins it by an invite', LONG, async (t) => {
  const one = await openPage(t, await startApp(t))
  await setUp(one, 'Aguarico school')
  await shows(t, one, '.list h2', '0 observations')
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
  await shows(t, one, '.only-here h2', /^1 observation or edit is only on/)
  await createFile(one, file)

  const arrived = await syncWith(two, file)
  t.ok(arrived.includes('from Laptop 1: 1 new'), arrived)
  await changeName(two, 'Aguarico', 'Aguarico, big river')
  await changeName(one, 'Aguarico', 'Aguarico at the ford')
  await syncWith(two, file)
  const back = await syncWith(one, file)
  t.ok(back.includes('from Laptop 2: 1 edited'), back)

  await openOnly(one)
  await one.waitForSelector('.fork-panel')
  await one.waitForSelector('.fork-panel tr.differs td')
  const differing = await one.locator('.fork-panel tr.differs td').allInnerTexts()
  t.alike(differing.sort(), ['Aguarico at the ford', 'Aguarico, big river'], 'side by side')
  await one.click('text=Keep both tags')
  await one.waitForSelector('.fork-panel', { state: 'detached' })
  await shows(t, one, '.detail h2', 'at the ford', 'big river')
  const title = await one.innerText('.detail h2')

  await syncWith(one, file)
  await syncWith(two, file)
  await openOnly(two)
  await shows(t, two, '.detail h2', title)
  await two.locator('.history li').nth(3).waitFor()
  t.is(await two.locator('.history li').count(), 4, 'its whole history is there')
  t.is(await two.locator('.fork-panel').count(), 0)
})

test('one of two versions is chosen, and the other stays in the history', LONG, async (t) => {
  const { one, two, file } = await twoLaptops(t)
  await addObservation(one, 'house', 'Old house')
  await createFile(one, file)
  await syncWith(two, file)
  await changeName(two, 'Old house', 'House of Rosa')
  await changeName(one, 'Old house', 'House of Marta')
  await syncWith(two, file)
  await syncWith(one, file)
  await openOnly(one)
  await one.waitForSelector('.fork-panel tr.differs td')
  const column = await one
    .locator('.fork-panel tr.differs td')
    .allInnerTexts()
    .then((names) => names.indexOf('House of Rosa'))
  await one.locator('.fork-panel tr.choose button').nth(column).click()
  await one.waitForSelector('.fork-panel', { state: 'detached' })
  await shows(t, one, '.detail h2', 'House of Rosa')
  await shows(t, one, '.history', 'House of Marta')
})

test('a dropped file is synced, and the updated one carries everything on', LONG, async (t) => {
  const { one, two, file } = await twoLaptops(t)
  await addObservation(one, 'river', 'Cofanes')
  await addObservation(two, 'trail', 'To the salt lick')
  await createFile(one, file)
  await two.click('nav a[href="#/synchronize"]')
  const job = await jobOf(two, () => two.setInputFiles('input[name=dropped]', file))
  const dropped = await outcome(two, job)
  t.ok(dropped.includes('from Laptop 1: 1 new'), dropped)
  const [download] = await Promise.all([
    two.waitForEvent('download'),
    two.click('text=Save the updated file')
  ])
  const updated = join(await t.tmp(), download.suggestedFilename())
  await download.saveAs(updated)
  const report = await syncWith(one, updated)
  t.ok(report.includes('from Laptop 2: 1 new'), report)
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
  await shows(t, two, '.list h2', '2 observations')
})

/** A detail that was open when the screen was left is open again. */
async function toList(page: Page): Promise<void> {
  await page.click('nav a[href="#/observations"]')
  await page.locator('.list, .detail').and(page.locator(':visible')).first().waitFor()
  const back = page.locator('.back')
  if ((await back.count()) > 0) await back.click()
  await page.waitForSelector('.list')
}

async function openOnly(page: Page): Promise<void> {
  await toList(page)
  await page.click('.list-row')
  await page.waitForSelector('.detail h2')
}

async function changeName(page: Page, from: string, to: string): Promise<void> {
  await toList(page)
  await page.click(`.list-row:has-text("${from}")`)
  await page.click('button:text-is("Edit")')
  await page.fill('input[name=name]', to)
  await page.click('button:text-is("Save")')
  await page.waitForSelector(`.detail h2:text-is("${to}")`)
}
