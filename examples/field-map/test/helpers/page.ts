// A page in a real Chromium, of the size of an old laptop's screen. Whatever it does, it must reach
// nothing but its own server, and nothing in it may break: both are asserted of every page.

import { existsSync } from 'node:fs'
import type { Assertion } from 'brittle'
import { type Browser, type Locator, type Page, chromium } from 'playwright-core'
import type { Job } from '../../wire/api.js'
import type { TestApp } from './app.js'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** What a browser says of a server that is not there, or that refuses: the page tells it itself. */
const EXPECTED = /^Failed to load resource:/

export interface PageOptions {
  readonly locale?: string
}

export async function openPage(
  t: Assertion,
  app: TestApp,
  { locale = 'en-GB' }: PageOptions = {}
): Promise<Page> {
  const browser = await borrow(t)
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    locale,
    acceptDownloads: true
  })
  const astray: string[] = []
  const broken: string[] = []
  context.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(app.url) && !/^(?:data|blob):/.test(url)) astray.push(url)
  })
  context.on('weberror', (error) => broken.push(String(error.error())))
  context.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) broken.push(message.text())
  })
  t.teardown(
    () => {
      if (astray.length > 0) throw new Error(`requests left the computer: ${astray.join(' ')}`)
      if (broken.length > 0) throw new Error(`the page broke: ${broken.join('\n')}`)
    },
    { order: -2 }
  )
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  await page.goto(app.url)
  return page
}

let shared: { readonly browser: Promise<Browser>; users: number } | null = null

/** One browser for all pages of a test, gone when the last of them is. */
async function borrow(t: Assertion): Promise<Browser> {
  const mine = (shared ??= { browser: launch(), users: 0 })
  mine.users++
  t.teardown(async () => {
    if (--mine.users > 0) return
    shared = null
    await (await mine.browser).close()
  })
  return mine.browser
}

/** The one that Debian packages; names are resolved nowhere, so that nothing could get out. */
async function launch(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`There is no ${CHROMIUM}: apt-get install chromium, or set CHROMIUM.`)
  }
  const args = ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']
  return chromium.launch({ executablePath: CHROMIUM, args })
}

/** The first run, by hand. */
export async function setUp(page: Page, name: string): Promise<void> {
  await page.fill('input[name=name]', name)
  await page.click('form button.main')
  await page.waitForSelector('.list')
}

export async function addObservation(page: Page, type: string, name: string): Promise<void> {
  await page.click('.list-head button.main')
  await page.selectOption('select[name=type]', type)
  await page.fill('input[name=name]', name)
  await page.click('text=Use the middle of the map')
  await page.click('button:text-is("Save")')
  await page.waitForSelector(`.detail h2:text-is("${name}")`)
  await page.click('.back')
}

/**
 * Asserts that an element has these texts in it, as soon as it has: a page shows things a moment after
 * they happened.
 */
export async function shows(
  t: Assertion,
  page: Page,
  selector: string,
  ...texts: readonly (string | RegExp)[]
): Promise<void> {
  let found = page.locator(selector)
  for (const text of texts) found = found.filter({ hasText: text })
  const there = await found
    .first()
    .waitFor()
    .then(
      () => true,
      () => false
    )
  if (!there)
    t.comment(`${selector}: ${(await page.locator(selector).allInnerTexts()).join(' | ')}`)
  t.ok(there, `${selector} shows ${texts.join(', ')}`)
}

/** Starts an exchange, and gives its card: that of an earlier one may still be shown. */
export async function jobOf(page: Page, start: () => Promise<unknown>): Promise<Locator> {
  const before = await page.evaluate(() => fetch('/api/job').then((answer) => answer.json()))
  const { id = '' } = (before as { job: Job | null }).job ?? {}
  await start()
  const card = page.locator(`.job:not([data-job="${id}"])`)
  return page.locator(`.job[data-job="${await card.getAttribute('data-job')}"]`)
}

/** The exchange has ended well or not; gives the text of how it went. */
export async function outcome(page: Page, job: Locator, timeout = 30_000): Promise<string> {
  await job.and(page.locator('[data-state=done], [data-state=failed]')).waitFor({ timeout })
  return job.innerText()
}

/** Syncs with a file on the Synchronize screen, and gives the text of how it went. */
export async function syncWith(page: Page, path: string): Promise<string> {
  return outcome(page, await startSync(page, path))
}

export async function startSync(page: Page, path: string): Promise<Locator> {
  await page.click('nav a[href="#/synchronize"]')
  await page.fill('input[name=path]', path)
  return jobOf(page, () => page.click('.card form button.main'))
}

/** Creates a file on the Synchronize screen. */
export async function createFile(page: Page, path: string): Promise<void> {
  const job = await startCreate(page, path)
  const said = await outcome(page, job)
  if ((await job.getAttribute('data-state')) !== 'done') throw new Error(said)
}

export async function startCreate(page: Page, path: string): Promise<Locator> {
  await page.click('nav a[href="#/synchronize"]')
  await page.fill('input[name=path]', path)
  return jobOf(page, () => page.click('text=Create a sync file'))
}
