// The HTTP server: a small router over node:http, on the loopback address alone. Answers are JSON;
// errors are a Trouble with a status, never a stack.

import { once } from 'node:events'
import {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
  createServer
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Trouble } from '../wire/api.js'
import { Gate, PAGE_HEADERS } from './gate.js'
import { AppError, hasCode, toTrouble } from './trouble.js'

/** Bytes of JSON that the page may send at once. */
const MAX_BODY = 1024 * 1024

export interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  /** What stands in the place of `:name` in the route's path. */
  readonly part: string
  readonly json: () => Promise<Record<string, unknown>>
}

/** Answers with what it returns, as JSON; with undefined it has answered by itself. */
export type Handler = (call: Call) => unknown

/** `GET /api/things/:name`, to what answers it. */
export type Routes = Readonly<Record<string, Handler>>

export interface Site {
  readonly gate: Gate
  readonly url: string
  readonly close: () => Promise<void>
}

/** `open` routes need no token: the page itself, which is what hands it out. */
export async function serve(port: number, open: Routes, guarded: Routes): Promise<Site> {
  const gate = new Gate()
  const server = createServer((request, response) => {
    void answer({ gate, open, guarded }, request, response)
  })
  // Uploads of large files take as long as they take.
  server.requestTimeout = 0
  await listen(server, port)
  gate.port = (server.address() as AddressInfo).port
  return {
    gate,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close').catch(() => undefined)
    }
  }
}

/** On this computer only: no other address is listened on. */
async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

/**
 * Answers with bytes. The headers go out when the first of them are there, so that content that
 * cannot be read is told as a Trouble. A page may go on to something else before the last.
 */
export async function stream(
  response: ServerResponse,
  headers: OutgoingHttpHeaders,
  content: Readable
): Promise<void> {
  await once(content, 'readable')
  if (response.destroyed) return void content.destroy()
  response.writeHead(200, headers)
  try {
    await pipeline(content, response)
  } catch (error) {
    if (!hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE')) throw error
  }
}

interface Rules {
  readonly gate: Gate
  readonly open: Routes
  readonly guarded: Routes
}

async function answer(
  { gate, open, guarded }: Rules,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value)
  try {
    if (!gate.isOurs(request))
      return refuse(response, 403, 'This server answers its own page only.')
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const found =
      find(open, request.method, pathname) ??
      (gate.isOfThisRun(request) ? find(guarded, request.method, pathname) : 'token')
    if (found === 'token') return refuse(response, 401, 'This page is from an earlier run.')
    if (found === null) return refuse(response, 404, 'There is nothing here.')
    const { handler, part } = found
    const json = (): Promise<Record<string, unknown>> => readJson(request)
    const result = await handler({ request, response, query: searchParams, part, json })
    if (result !== undefined) reply(response, 200, result)
  } catch (error) {
    const trouble = toTrouble(error)
    if (trouble.code === 'UNEXPECTED') console.error(error)
    if (response.headersSent) response.destroy()
    else reply(response, trouble.code === 'NOT_READY' ? 503 : 400, trouble)
  }
}

function find(
  routes: Routes,
  method: string | undefined,
  path: string
): { handler: Handler; part: string } | null {
  for (const [route, handler] of Object.entries(routes)) {
    const [wanted, pattern = ''] = route.split(' ')
    if (wanted !== method) continue
    const [before = '', after] = pattern.split(/:\w+/)
    if (after === undefined ? path !== pattern : !path.startsWith(before)) continue
    if (after === undefined) return { handler, part: '' }
    const part = path.slice(before.length, path.length - after.length)
    if (path.endsWith(after) && /^[\w.-]+$/.test(part)) return { handler, part }
  }
  return null
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = []
  let size = 0
  // Read to its end in any case: a sender that is cut off does not hear why.
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.byteLength
    if (size <= MAX_BODY) pieces.push(piece)
  }
  if (size > MAX_BODY) throw new AppError('BAD_REQUEST', 'That is too much at once.')
  if (size === 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new AppError('BAD_REQUEST', 'That is no JSON object.')
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const code = status === 401 ? 'EARLIER_RUN' : 'REFUSED'
  reply(response, status, { code, message } satisfies Trouble)
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(value))
}
