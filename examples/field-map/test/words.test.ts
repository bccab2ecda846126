// The page's words, as texts: each language says everything, and no error is left without a sentence
// and a remedy.

import { readFile } from 'node:fs/promises'
import test from 'brittle'

const source = (path: string): Promise<string> =>
  readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

/** Codes that never reach the page as a trouble: stopping and closing are told otherwise. */
const ELSEWHERE = ['ABORTED', 'CLOSED']

test('every error of the library has a sentence and a remedy on the page', async (t) => {
  const errors = await source('../../lib/errors.ts')
  const codes = [...errors.matchAll(/^\s+\| '([A-Z_]+)'/gm)].map(([, code]) => code ?? '')
  t.ok(codes.length > 20, `${codes.length} codes`)
  const files = ['page/file-troubles.ts', 'page/laptop-troubles.ts']
  const sentences = (await Promise.all(files.map(source))).join('\n')
  const missing = codes.filter((code) => !new RegExp(`^  ${code}: `, 'm').test(sentences))
  t.alike(
    missing.filter((code) => !ELSEWHERE.includes(code)),
    []
  )
})

test('the configurations are in every language', async (t) => {
  for (const name of ['territory', 'earthquakes']) {
    const text = await source(`configurations/${name}.json`)
    const labels = [...text.matchAll(/"label": (\{[^}]*\})/g)].map(([, label]) => label ?? '')
    t.ok(labels.length > 5, name)
    for (const label of labels) {
      const { en, es } = JSON.parse(label) as { en?: string; es?: string }
      if (!en || !es) t.fail(`${name}: ${label}`)
    }
  }
})
