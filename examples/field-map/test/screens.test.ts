// Both screens with real data: that they are accessible, that 100,000 observations stay smooth, and
// the pictures of them that the README shows (made anew with SCREENSHOTS=1).

import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type Assertion } from 'brittle'
import type { Page } from 'playwright-core'
import { seedFolder, startApp } from './helpers/app.js'
import { createFile, openPage, syncWith } from './helpers/page.js'
import { smallPng } from './helpers/small-png.js'
import { villages } from './helpers/villages.js'

const LONG = { timeout: 180_000 }
const IMAGES = fileURLToPath(new URL('../../../../docs/images/', import.meta.url))
/** IBM's Equal Access checker. */
const CHECKER = createRequire(import.meta.url).resolve('accessibility-checker-engine/ace.js')

/** Bytes of one answer to the map, at most: what an old laptop takes without a pause. */
const SMALL_ANSWER = 100_000
/** Milliseconds; generous, because the machine that tests may be busy with more than this. */
const PROMPT = 4_000

test('the screens are accessible, and look as in the README', LONG, async (t) => {
  const app = await startApp(t, join(await t.tmp(), 'demo'), '--demo')
  const page = await openPage(t, app)
  await page.waitForSelector('.list h2:text-is("1,693 observations")')
  await page.waitForSelector('.cluster')
  await accessible(t, page, 'the list')
  await page.selectOption('select[name=show]', 'forked')
  await page.waitForSelector('.list h2:text-is("1 observation")')
  await page.click('.list-row')
  await page.waitForSelector('.fork-panel')
  await accessible(t, page, 'a fork')
  await picture(page, 'fork')
  await page.click('.back')
  await page.click('text=Clear filters')
  await lookAt(page, 'California')
  await picture(page, 'observations')
  await page.click('.list-head button.main')
  await page.selectOption('select[name=type]', 'earthquake')
  await accessible(t, page, 'the form')
  await page.click('button:text-is("Cancel")')

  const file = join(await t.tmp(), 'territory.cairn')
  await otherLaptopWrites(t, join(app.folder, 'laptop-2'), file)
  const report = await syncWith(page, file)
  t.ok(report.includes('from Laptop 2: 12 new, 3 edited, 2 deleted'), report)
  await accessible(t, page, 'Synchronize')
  // The path of a stick, as people see it.
  await page.evaluate((long) => {
    for (const element of document.querySelectorAll('.job h3, .only-here p')) {
      element.textContent = element.textContent?.replace(long, '/media/usb/territory.cairn') ?? ''
    }
    const field = document.querySelector<HTMLInputElement>('input[name=path]')
    if (field !== null) field.value = '/media/usb/territory.cairn'
  }, file)
  await picture(page, 'synchronize')
})

test('100,000 observations stay smooth', LONG, async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1', observations: villages(100_000) })
  const page = await openPage(t, await startApp(t, folder))
  const sizes: number[] = []
  page.on('response', (response) => {
    if (response.url().includes('/api/map')) void response.body().then((b) => sizes.push(b.length))
  })
  await page.waitForSelector('.list h2:text-is("100,000 observations")', { timeout: 60_000 })
  await page.waitForSelector('.cluster')
  const times: number[] = []
  for (let i = 0; i < 6; i++) {
    const started = Date.now()
    const answered = page.waitForResponse(/api\/map/)
    await page.click(i < 3 ? '.leaflet-control-zoom-in' : '.leaflet-control-zoom-out')
    await answered
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    times.push(Date.now() - started)
    const marks = await page.locator('.cluster').count()
    if (marks > 600) t.fail(`${marks} clusters at once`)
  }
  const started = Date.now()
  await page.fill('input[name=text]', 'comunidad 99999')
  await page.waitForSelector('.list h2:text-is("1 observation")')
  times.push(Date.now() - started)
  t.comment(`milliseconds: ${times.join(' ')}; largest answer ${Math.max(...sizes)} bytes`)
  t.ok(Math.max(...times) < PROMPT, `the slowest took ${Math.max(...times)} ms`)
  t.ok(sizes.length > 0 && Math.max(...sizes) < SMALL_ANSWER, 'never all of them at once')
})

async function accessible(t: Assertion, page: Page, what: string): Promise<void> {
  await page.evaluate(await readFile(CHECKER, 'utf8'))
  const results = await page.evaluate(async () => {
    const { ace } = window as unknown as { ace: { Checker: new () => Checker } }
    const { results: found } = await new ace.Checker().check(document, ['WCAG_2_1'])
    return found.map(({ ruleId, value, message, snippet }) => ({ ruleId, value, message, snippet }))
  })
  t.ok(results.length > 100, `${results.length} checks of ${what}`)
  const problems = results
    .filter(({ value }) => value[0] === 'VIOLATION' && value[1] === 'FAIL')
    .map(({ ruleId, message, snippet }) => `${ruleId}: ${message} ${snippet}`)
  t.alike(problems, [], `the checker finds nothing in ${what}`)
}

interface Checker {
  check(document: Document, guidelines: string[]): Promise<{ results: CheckResult[] }>
}

interface CheckResult {
  ruleId: string
  /** How grave a failure would be, and whether it passed. */
  value: [string, 'PASS' | 'FAIL' | 'POTENTIAL' | 'MANUAL']
  message: string
  snippet: string
}

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(640, 3)
  await page.waitForTimeout(600)
  const small = smallPng(await page.screenshot())
  if (process.env['SCREENSHOTS'] === '1') await writeFile(join(IMAGES, `${name}.png`), small)
}

/** Finds one, opens it, and zooms in on it. */
async function lookAt(page: Page, words: string): Promise<void> {
  await page.fill('input[name=text]', words)
  await page.waitForTimeout(500)
  await page.click('.whole-world')
  await page.waitForTimeout(800)
  await page.fill('input[name=text]', '')
  await page.locator('input[name=text]').blur()
  await page.waitForTimeout(600)
}

async function otherLaptopWrites(t: Assertion, folder: string, file: string): Promise<void> {
  const page = await openPage(t, await startApp(t, folder))
  await createFile(page, file)
}
