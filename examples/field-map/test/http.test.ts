// What the server does with readers that leave, and with content that cannot be read.

import { once } from 'node:events'
import { type IncomingMessage, get } from 'node:http'
import { Readable } from 'node:stream'
import test, { type Assertion } from 'brittle'
import { type Routes, serve, stream } from '../server/http.js'
import { AppError } from '../server/trouble.js'

test('what a page no longer wants to read is let go of', { timeout: 10_000 }, async (t) => {
  let pieces = 0
  let answered: Promise<void> | undefined
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield (pieces++, new Uint8Array(1024 * 1024))
    } finally {
      t.pass('the file behind it is closed')
    }
  }
  t.plan(3)
  const response = await ask(t, {
    'GET /photo': ({ response }) => {
      answered = stream(response, { 'content-type': 'image/png' }, Readable.from(endless()))
      return answered
    }
  })
  t.is(response.headers['content-type'], 'image/png')
  await once(response, 'readable')
  response.destroy()
  await answered
  t.ok(pieces < 100, 'no more is read than the page takes')
})

test('content that cannot be read is told as a trouble', async (t) => {
  const response = await ask(t, {
    'GET /photo': ({ response }) => stream(response, {}, unreadable())
  })
  t.is(response.statusCode, 400)
  t.alike(JSON.parse(await textOf(response)), {
    code: 'FILE_NOT_THERE',
    message: 'It is gone.'
  })
})

function unreadable(): Readable {
  return new Readable({
    read() {
      this.destroy(new AppError('FILE_NOT_THERE', 'It is gone.'))
    }
  })
}

async function ask(t: Assertion, routes: Routes): Promise<IncomingMessage> {
  const site = await serve(0, routes, {})
  t.teardown(() => site.close())
  const [response] = (await once(get(`${site.url}photo`), 'response')) as [IncomingMessage]
  return response
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += piece
  return text
}
