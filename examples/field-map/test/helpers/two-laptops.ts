// Two laptops of one project, each at its page, and the path of a file between them.

import { join } from 'node:path'
import type { Assertion } from 'brittle'
import type { Page } from 'playwright-core'
import { seedFolder, startApp } from './app.js'
import { openPage } from './page.js'

export interface TwoLaptops {
  readonly one: Page
  readonly two: Page
  readonly file: string
}

export async function twoLaptops(t: Assertion): Promise<TwoLaptops> {
  const { folder, projectKey } = await seedFolder(t, { name: 'Laptop 1' })
  const second = await seedFolder(t, { name: 'Laptop 2', projectKey })
  const one = await openPage(t, await startApp(t, folder))
  const two = await openPage(t, await startApp(t, second.folder))
  await Promise.all([one, two].map((page) => page.waitForSelector('.list')))
  return { one, two, file: join(await t.tmp(), 'territory.cairn') }
}
