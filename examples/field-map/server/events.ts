// What the server tells the page without being asked: server-sent events over a plain response.
// Progress comes fast, so of each kind only the newest is sent, a few times a second.

import type { ServerResponse } from 'node:http'
import type { ServerEvent } from '../wire/api.js'

const PAUSE_MS = 120
/** So that the page notices a connection that died without a word. */
export const HEARTBEAT_MS = 5_000

export class Events {
  readonly #listeners = new Set<ServerResponse>()
  readonly #waiting = new Map<ServerEvent['type'], ServerEvent>()
  #timer: NodeJS.Timeout | null = null
  readonly #heartbeat: NodeJS.Timeout

  constructor() {
    this.#heartbeat = setInterval(() => this.#write(':\n\n'), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  listen(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(':\n\n')
    this.#listeners.add(response)
    response.once('close', () => this.#listeners.delete(response))
  }

  tell(event: ServerEvent): void {
    this.#waiting.set(event.type, event)
    this.#timer ??= setTimeout(() => this.flush(), PAUSE_MS)
  }

  /** Tells at once what waits. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const event of this.#waiting.values()) this.#write(`data: ${JSON.stringify(event)}\n\n`)
    this.#waiting.clear()
  }

  close(): void {
    this.flush()
    clearInterval(this.#heartbeat)
    for (const response of this.#listeners) response.end()
  }

  #write(text: string): void {
    for (const response of this.#listeners) response.write(text)
  }
}
