// Who may talk to the server: only the page that it served itself. Any web page that is open in the
// same browser can send requests to this computer, so each must name this server as its host (a
// rebound name does not), come from this very origin, and know the token of this run. What the page
// may do in turn is bounded by its content security policy: it cannot reach any other computer.

import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export const TOKEN_HEADER = 'x-field-map-token'

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin'
}

export class Gate {
  readonly token: string = randomBytes(32).toString('hex')
  #port = 0

  /** Known once the server listens. */
  set port(port: number) {
    this.#port = port
  }

  /** For what the browser fetches by itself: pictures and downloads. Ports share cookies. */
  get cookie(): string {
    return `${this.#cookieName}=${this.token}; HttpOnly; SameSite=Strict; Path=/`
  }

  /** Whether the request names this server, and comes from its own page if from any. */
  isOurs({ headers }: IncomingMessage): boolean {
    const { host, origin } = headers
    const hosts = [`127.0.0.1:${this.#port}`, `localhost:${this.#port}`]
    if (host === undefined || !hosts.includes(host)) return false
    return origin === undefined || origin === `http://${host}`
  }

  /** Whether it comes from the page of this run. */
  isOfThisRun(request: IncomingMessage): boolean {
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin') return false
    const header = request.headers[TOKEN_HEADER]
    if (typeof header === 'string') return this.#equals(header)
    // A cookie comes along by itself, so it is good for looking only.
    return request.method === 'GET' && this.#equals(this.#cookieOf(request))
  }

  get #cookieName(): string {
    return `field-map-${this.#port}`
  }

  #cookieOf({ headers }: IncomingMessage): string {
    const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
    return pairs.find(([name]) => name === this.#cookieName)?.[1] ?? ''
  }

  #equals(found: string): boolean {
    const [a, b] = [Buffer.from(found), Buffer.from(this.token)]
    return a.length === b.length && timingSafeEqual(a, b)
  }
}
