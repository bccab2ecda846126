// Photos: taken in by a form, shown, carried by a file as the sync is told to, and said to be missing
// where they are not.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type Assertion } from 'brittle'
import type { Page } from 'playwright-core'
import { seedFolder, startApp } from './helpers/app.js'
import { createFile, openPage, shows, syncWith } from './helpers/page.js'

const LONG = { timeout: 120_000 }

test('a photo is added, shown, and carried to the other laptop', LONG, async (t) => {
  const { one, two, file } = await withPhoto(t)
  const width = await shownWidth(one)
  t.ok(width > 100, 'the browser draws it')
  await syncWith(one, file)
  const report = await syncWith(two, file)
  t.ok(/Images: 3 received, 0 written/.test(report), report)
  await two.click('nav a[href="#/observations"]')
  await two.click('.list-row')
  t.is(await shownWidth(two), width, 'the same picture')
})

test('a sync without images says what was left out, and the photo where it is', LONG, async (t) => {
  const { one, two, file } = await withPhoto(t)
  await syncWith(one, file)
  await two.click('nav a[href="#/synchronize"]')
  await two.selectOption('select[name=images]', 'none')
  const report = await syncWith(two, file)
  t.ok(/3 images were left out/.test(report), report)
  await two.click('nav a[href="#/observations"]')
  await two.click('.list-row')
  await shows(t, two, '.photo-missing', 'has not arrived yet', 'Laptop 1 has it')

  await two.click('nav a[href="#/synchronize"]')
  await two.selectOption('select[name=images]', 'small')
  await syncWith(two, file)
  await two.click('nav a[href="#/observations"]')
  t.ok((await shownWidth(two)) > 100, 'small ones are enough to see it')
})

interface Photographed {
  readonly one: Page
  readonly two: Page
  readonly file: string
}

/** Laptop 1 has recorded a place with a photo, and made a sync file. */
async function withPhoto(t: Assertion): Promise<Photographed> {
  const { folder, projectKey } = await seedFolder(t, { name: 'Laptop 1' })
  const second = await seedFolder(t, { name: 'Laptop 2', projectKey })
  const one = await openPage(t, await startApp(t, folder))
  const two = await openPage(t, await startApp(t, second.folder))
  const dir = await t.tmp()
  const file = join(dir, 'territory.cairn')
  await createFile(one, file)
  await one.click('nav a[href="#/observations"]')
  await one.click('.list-head button.main')
  await one.selectOption('select[name=type]', 'threat')
  const photo = join(dir, 'spill.png')
  await writeFile(photo, await paint(one))
  await one.setInputFiles('input[name=photo]', photo)
  await one.waitForSelector('.photo-small img')
  await one.click('button:text-is("Save")')
  await one.waitForSelector('.detail .photos img')
  return { one, two, file }
}

/** Pixels; 0 where the browser could not draw it. */
async function shownWidth(page: Page): Promise<number> {
  await page.waitForFunction(
    () => document.querySelector<HTMLImageElement>('.photos img')?.complete === true
  )
  return page.$eval('.photos img', (image) => (image as HTMLImageElement).naturalWidth)
}

/** A picture of 1,600 by 900, painted by the browser itself. */
async function paint(page: Page): Promise<Buffer> {
  const url = await page.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = 1600
    canvas.height = 900
    const context = canvas.getContext('2d')!
    context.fillStyle = '#35658a'
    context.fillRect(0, 0, 1600, 900)
    context.fillStyle = '#222'
    context.arc(800, 450, 300, 0, 7)
    context.fill()
    return canvas.toDataURL('image/png')
  })
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
}
