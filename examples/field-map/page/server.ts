// The page's side of the conversation with its server: calls with the token of this run, and the
// events that the server sends unasked. The server may be stopped and started again at any time:
// the page notices, says so, and goes on with the next run's token.

import type { ServerEvent, Trouble } from '../wire/api'

/** Without a sign of life for so long the connection counts as gone: three heartbeats. */
const SILENCE_MS = 15_000
const RETRY_MS = 1_000

/** What the server refused, or that it is not there (code SERVER_GONE). */
export class CallError extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.message)
  }
}

type Listener = (event: ServerEvent | { readonly type: 'connection' }) => void

let token = document.querySelector<HTMLMetaElement>('meta[name=token]')?.content ?? ''
const listeners = new Set<Listener>()
let here = true

export function isHere(): boolean {
  return here
}

/** Returns the way to stop listening. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return call(path, { method: 'GET', ...(signal && { signal }) })
}

export function post<T>(path: string, body: unknown = {}): Promise<T> {
  return call(path, { method: 'POST', body: JSON.stringify(body) })
}

/** A file's bytes as they are. */
export function send<T>(method: 'POST' | 'PUT', path: string, content: Blob): Promise<T> {
  return call(path, { method, body: content, headers: { 'content-type': content.type } })
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof CallError) return error.trouble
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) }
}

async function call<T>(path: string, options: RequestInit): Promise<T> {
  const response = await request(path, options)
  if (response.status === 401) {
    await renew()
    return answer(await request(path, options))
  }
  return answer(response)
}

async function answer<T>(response: Response): Promise<T> {
  const value: unknown = await response.json()
  if (!response.ok) throw new CallError(value as Trouble)
  return value as T
}

async function request(path: string, options: RequestInit): Promise<Response> {
  const headers = new Headers(options.headers)
  headers.set('x-field-map-token', token)
  try {
    return await fetch(path, { ...options, headers })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new CallError({ code: 'SERVER_GONE', message: 'The server does not answer.' })
  }
}

/** The server is another run of itself: its page names the new token. */
async function renew(): Promise<void> {
  const page = await (await request('/', {})).text()
  token = /name="token" content="([0-9a-f]+)"/.exec(page)?.[1] ?? token
}

function tell(event: Parameters<Listener>[0]): void {
  for (const listener of listeners) listener(event)
}

function setHere(value: boolean): void {
  if (here === value) return
  here = value
  tell({ type: 'connection' })
  // Whatever happened meanwhile is asked for again.
  if (here) for (const type of ['state', 'changed'] as const) tell({ type })
}

/** Listens for as long as the page is open. */
export async function listenForever(): Promise<void> {
  for (;;) {
    try {
      await listen()
    } catch {
      // Told by the connection's state.
    }
    setHere(false)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

async function listen(): Promise<void> {
  const silence = new AbortController()
  let timer = 0
  const heard = (): void => {
    clearTimeout(timer)
    timer = window.setTimeout(() => silence.abort(), SILENCE_MS)
  }
  heard()
  try {
    let response = await request('/api/events', { signal: silence.signal })
    if (response.status === 401) {
      await renew()
      response = await request('/api/events', { signal: silence.signal })
    }
    if (!response.ok || response.body === null) return
    setHere(true)
    let text = ''
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard()
      text += value
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        if (event.startsWith('data: ')) tell(JSON.parse(event.slice(6)) as ServerEvent)
      }
    }
  } finally {
    clearTimeout(timer)
  }
}
