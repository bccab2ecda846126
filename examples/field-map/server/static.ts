// The page's own files. All of them come from this folder: nothing is fetched from anywhere else.

import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import type { Call, Routes } from './http.js'

const built = (name: string): string => fileURLToPath(new URL(`../page/${name}`, import.meta.url))
const require = createRequire(import.meta.url)

/** Natural Earth, 1:50 million: enough to know a coast by, small enough for an old laptop. */
const WORLD = require.resolve('world-atlas/countries-50m.json')

/** `start` gives the token and sets the cookie of this run. */
export function pageRoutes(start: () => { token: string; cookie: string }): Routes {
  return {
    'GET /': async ({ response }) => {
      const { token, cookie } = start()
      const html = await readFile(built('index.html'), 'utf8')
      response.setHeader('set-cookie', cookie)
      send(response, 'text/html; charset=utf-8')
      response.end(html.replace('%TOKEN%', token))
    },
    'GET /page.js': (call) => file(call, built('page.js'), 'text/javascript'),
    'GET /page.css': (call) => file(call, built('page.css'), 'text/css'),
    'GET /icon.svg': (call) => file(call, built('icon.svg'), 'image/svg+xml'),
    'GET /world.json': (call) => file(call, WORLD, 'application/json')
  }
}

async function file({ response }: Call, path: string, type: string): Promise<void> {
  response.setHeader('content-encoding', 'gzip')
  send(response, type)
  await pipeline(createReadStream(path), createGzip({ level: 1 }), response)
}

function send(response: Call['response'], type: string): void {
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' })
}
