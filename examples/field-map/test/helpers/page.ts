// A page in a real Chromium, of the size of an old laptop's screen. Whatever it does, it must reach
// nothing but its own server, and nothing in it may break: both are asserted of every page.

import { existsSync } from 'node:fs'
import type { Assertion } from 'brittle'
import { type Browser, type Page, chromium } from 'playwright-core'
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

/** Syncs with a file on the Synchronize screen, and gives the text of how it went. */
export async function syncWith(page: Page, path: string): Promise<string> {
  await startSync(page, path)
  await page.waitForSelector('.job[data-state=done], .job[data-state=failed]')
  return page.innerText('.job')
}

export async function startSync(page: Page, path: string): Promise<void> {
  await page.click('nav a[href="#/synchronize"]')
  await page.waitForSelector('input[name=path]')
  // What the last sync said may be shown only a moment after the screen is.
  for (let calm = 0; calm < 3; calm++) {
    await page.waitForTimeout(150)
    const old = page.locator('.job button.link')
    if ((await old.count()) === 0) continue
    await old.click()
    calm = 0
  }
  await page.waitForSelector('.job', { state: 'detached' })
  await page.fill('input[name=path]', path)
  await page.click('.card form button.main')
}
