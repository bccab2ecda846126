// One laptop: recording, finding, deleting and bringing back, by mouse and by keys, in both
// languages, and what the page does when its server is gone.

import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'brittle'
import type { Page } from 'playwright-core'
import { seedFolder, startApp } from './helpers/app.js'
import { addObservation, createFile, openPage, outcome, shows, startSync } from './helpers/page.js'
import { villages } from './helpers/villages.js'

const LONG = { timeout: 120_000 }

test('somebody without a mouse records an observation', LONG, async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1' })
  const page = await openPage(t, await startApp(t, folder))
  await page.waitForSelector('.list')
  await tabTo(page, '.list-head button.main')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'type')
  await page.keyboard.type('Riv')
  await tabTo(page, 'input[name=name]')
  await page.keyboard.type('Sinangoé')
  await tabTo(page, 'fieldset button')
  await page.keyboard.press('Enter')
  await tabTo(page, '.observation-form button.main')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.detail h2:text-is("Sinangoé")')
  await shows(t, page, ':focus', /^Sinangoé$/)
  await tabTo(page, '.back', 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.list-row:has-text("Sinangoé")')
  t.absent((await page.innerText('.list-row')).includes('no location'), 'with its place')
})

test('the page speaks Spanish, its errors too, and remembers it', LONG, async (t) => {
  const { folder } = await seedFolder(t, { name: 'Portátil 1', observations: villages(2) })
  const page = await openPage(t, await startApp(t, folder), { locale: 'es-EC' })
  await page.waitForSelector('.list h2:text-is("2 observaciones")')
  t.is(await page.getAttribute('html', 'lang'), 'es')
  await outcome(page, await startSync(page, '/nowhere/at-all.cairn'))
  await shows(t, page, '[data-code=FILE_NOT_THERE]', 'No existe el archivo', 'Qué hacer:')
  await page.click('button:text-is("English")')
  await shows(t, page, 'nav a[aria-current=page]', 'Synchronize')
  await page.reload()
  await page.waitForSelector('nav a:text-is("Synchronize")')
  t.pass('the choice outlives a reload')
})

test('filters narrow the list and the map', LONG, async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1', observations: villages(300) })
  const page = await openPage(t, await startApp(t, folder))
  const count = (text: string): Promise<unknown> =>
    page.waitForSelector(`.list h2:text-is("${text}")`)
  await count('300 observations')
  await page.fill('input[name=text]', 'comunidad 29')
  await count('13 observations')
  await page.fill('input[name=text]', 'COMUNIDÁD 77')
  await count('3 observations')
  await page.selectOption('select[name=category]', 'river')
  await count('1 observation')
  await page.click('text=Clear filters')
  await count('300 observations')
  await page.selectOption('select[name=category]', 'house')
  await count('100 observations')
  await page.click('text=More filters')
  await page.fill('input[name=to]', '2001-01-01')
  await page.waitForSelector('.nothing')
  await page.click('text=Clear filters')
  await page.selectOption('select[name=show]', 'nowhere')
  await count('3 observations')
  await page.click('text=Clear filters')
  await page.check('input[name=only-map]')
  await count('297 observations')
})

test('what was deleted is found and brought back', LONG, async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1' })
  const page = await openPage(t, await startApp(t, folder))
  await addObservation(page, 'sacred', 'Cerro')
  await page.click('.list-row')
  await page.click('button:text-is("Delete")')
  await page.click('[role=alertdialog] button.danger')
  await page.waitForSelector('text=This observation has been deleted.')
  await page.click('.back')
  await page.waitForSelector('.list h2:text-is("0 observations")')
  await page.selectOption('select[name=show]', 'deleted')
  await page.click('.list-row:has-text("Cerro")')
  await page.click('button:text-is("Bring back")')
  await page.waitForSelector('button:text-is("Edit")')
  await shows(t, page, '.history', 'brought it back')
})

test('a form says what is wrong, and keeps what was typed', LONG, async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1' })
  const page = await openPage(t, await startApp(t, folder))
  await page.click('.list-head button.main')
  await page.click('button:text-is("Save")')
  await page.waitForSelector('text=Choose a category.')
  await page.selectOption('select[name=type]', 'house')
  await page.fill('input[name=people]', 'many')
  await page.click('button:text-is("Save")')
  await page.waitForSelector('text=Number of people: a number, please.')
  await page.fill('input[name=people]', '12,5')
  await page.fill('input[name=lat]', '95')
  await page.fill('input[name=lon]', '-77')
  await page.click('button:text-is("Save")')
  await page.waitForSelector('text=Latitude goes from')
  await page.fill('input[name=lat]', '0')
  await page.click('button:text-is("Save")')
  await shows(t, page, '.facts', '12.5', '0.00000, -77.00000')
})

test('a place is picked on the map', LONG, async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1' })
  const page = await openPage(t, await startApp(t, folder))
  await page.click('.list-head button.main')
  await page.selectOption('select[name=type]', 'river')
  await page.click('.map-canvas', { position: { x: 200, y: 300 } })
  await page.waitForSelector('.pin')
  const typed = await page.inputValue('input[name=lat]')
  t.ok(/^-?\d+\.\d{6}$/.test(typed), typed)
  t.is(await page.locator('.pin').count(), 1)
  await page.click('button:text-is("Save")')
  await page.waitForSelector('.detail h2')
  await page.waitForSelector('.pin', { state: 'detached' })
})

test(
  'a server killed in the middle of a sync: the page says so, and comes back',
  LONG,
  async (t) => {
    const file = join(await t.tmp(), 'territory.cairn')
    const full = await seedFolder(t, { name: 'Laptop 1', observations: villages(30_000) })
    const sender = await openPage(t, await startApp(t, full.folder))
    await createFile(sender, file)

    const { projectKey } = full
    const { folder } = await seedFolder(t, { name: 'Laptop 2', projectKey })
    const app = await startApp(t, folder)
    const page = await openPage(t, app)
    await (await startSync(page, file)).locator('progress').first().waitFor()
    await app.kill()
    await page.waitForSelector('.gone')
    await shows(t, page, '.gone', 'What was recorded is safe')
    t.ok(await page.isVisible('.synchronize'), 'the page is all there')
    await app.start()
    await page.waitForSelector('.gone', { state: 'detached', timeout: 30_000 })
    await page.reload()
    await page.waitForSelector('.synchronize')
    const said = await outcome(page, await startSync(page, file), 60_000)
    t.ok(said.startsWith('Synced'), said)
    await page.click('nav a[href="#/observations"]')
    await page.waitForSelector('.list h2:text-is("30,000 observations")', { timeout: 30_000 })
    t.pass('nothing is lost')
  }
)

test('a folder that was copied is refused, and goes on as a new laptop', LONG, async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1', observations: villages(5) })
  const copy = join(await t.tmp(), 'copy')
  await cp(folder, copy, { recursive: true })
  const page = await openPage(t, await startApp(t, copy))
  await page.waitForSelector('[data-code=DEVICE_COPIED]')
  await page.click('button:text-is("Go on as a new laptop")')
  await page.waitForSelector('.list h2:text-is("5 observations")')
  t.pass('with all that was there')
})

/** Presses Tab until something has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, selector: string, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    const there = await page.evaluate((s) => document.activeElement?.matches(s) === true, selector)
    if (there) return
    await page.keyboard.press(key)
  }
  throw new Error(`${selector} cannot be reached by keys`)
}
