// The page's words, as texts: each language says everything, and no error is left without a sentence
// and a remedy.

import { readFile } from 'node:fs/promises'
import test from 'brittle'

const source = (path: string): Promise<string> =>
  readFile(new URL(`../../${path}`, import.meta.url), 'utf8')

/**
 * Codes of the library that this page does not meet, or tells otherwise. A code that is newer than
 * the page shows the library's own message, which is a sentence too.
 */
const ELSEWHERE = ['ABORTED', 'CLOSED', 'FILE_EXISTS', 'SUCCESSOR_UNKNOWN']

test('every error that the page can meet has a sentence and a remedy', async (t) => {
  const files = ['page/file-troubles.ts', 'page/laptop-troubles.ts']
  const sentences = (await Promise.all(files.map(source))).join('\n')
  const told = [...sentences.matchAll(/^  ([A-Z_]+): /gm)].map(([, code]) => code ?? '')
  t.is(new Set(told).size, told.length, 'each once')
  const errors = await source('../../lib/errors.ts')
  const codes = [...errors.matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g)].map(([, code]) => code ?? '')
  t.ok(codes.length > 20, `${codes.length} codes of the library`)
  const untold = codes.filter((code) => !told.includes(code) && !ELSEWHERE.includes(code))
  for (const code of untold) t.comment(`${code} shows its own message`)
  t.ok(untold.length <= 3, `${untold.length} new ones without a sentence: ${untold.join(' ')}`)
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
