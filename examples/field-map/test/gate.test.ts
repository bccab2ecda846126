// Who may talk to the server, asked as a stranger's page, another program, or a rebound name would.

import { type IncomingHttpHeaders, request } from 'node:http'
import test from 'brittle'
import { seedFolder, startApp } from './helpers/app.js'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

test('only the page that the server handed out is answered', async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1' })
  const { url } = await startApp(t, folder)
  const { host } = new URL(url)
  const page = await ask(url, 'GET', {})
  const [, token = ''] = /name="token" content="(\w+)"/.exec(page.text) ?? []
  const cookie = (page.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
  t.ok(/HttpOnly; SameSite=Strict/.test(page.headers['set-cookie']?.[0] ?? ''))
  t.ok(page.headers['content-security-policy']?.includes("default-src 'none'"))

  const state = `${url}api/state`
  const status = async (
    method: string,
    headers: Record<string, string>,
    target = state
  ): Promise<number> => (await ask(target, method, headers)).status
  const known = { 'x-field-map-token': token }
  t.is(await status('GET', known), 200, 'with the token')
  t.is(await status('GET', {}), 401, 'without it')
  t.is(await status('GET', { 'x-field-map-token': 'f'.repeat(64) }), 401, 'with another')
  t.is(await status('GET', { cookie }), 200, 'a cookie is good for looking')
  t.is(await status('POST', { cookie }, `${url}api/job/stop`), 401, 'and not for doing')
  t.is(await status('GET', { ...known, host: 'evil.example' }), 403, 'under a rebound name')
  t.is(await status('GET', { ...known, origin: 'http://evil.example' }), 403, 'from elsewhere')
  t.is(await status('GET', { ...known, origin: `http://${host}` }), 200, 'from its own page')
  t.is(
    await status('GET', { ...known, 'sec-fetch-site': 'cross-site' }),
    401,
    'as an image elsewhere'
  )
  t.is(await status('GET', known, `${url}api/../../package.json`), 404, 'no way out of its folder')
})

test('what is no request of the page is refused with a sentence', async (t) => {
  const { folder } = await seedFolder(t, { name: 'Laptop 1' })
  const { url } = await startApp(t, folder)
  const [, token = ''] = /content="(\w{64})"/.exec((await ask(url, 'GET', {})).text) ?? []
  const known = { 'x-field-map-token': token }
  for (const [method, path, body] of [
    ['POST', 'api/observations', '{"draft":{"lat":1}}'],
    ['POST', 'api/observations', 'not json'],
    ['POST', 'api/observations', `{"draft":"${'x'.repeat(2_000_000)}"}`],
    ['POST', 'api/files/sync', '{"path":""}'],
    ['GET', 'api/map?box=1,2,3', ''],
    ['GET', 'api/observations/no-uuid', ''],
    ['POST', 'api/nearby/connect', '{"address":"nowhere"}'],
    ['GET', 'media/abc?type=text/html&size=1', '']
  ] as const) {
    const { status, text } = await ask(`${url}${path}`, method, known, body)
    const { code, message } = JSON.parse(text) as { code: string; message: string }
    t.ok(status === 400 && code === 'BAD_REQUEST' && message !== '', `${path}: ${message}`)
  }
})

/** Not with fetch, which does not let anybody lie about the host. */
function ask(
  url: string,
  method: string,
  headers: Record<string, string>,
  body = ''
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      )
    })
    asked.once('error', reject)
    asked.end(body)
  })
}
