// Serves peers that know nothing of cairnlog: a plain corestore that was told a feed's key may read
// that feed over the same stream, by hypercore's own protocol, and its own proof that it knows the
// key. Feeds are not announced to it, so a stranger learns no key; and it cannot write (feeds are
// opened `pushOnly`). Hypercore hands out own blocks as soon as they are appended, before they are
// durable, which is why this is only done on request.

import b4a from 'b4a'
import hypercoreCrypto from 'hypercore-crypto'
import type { Log } from '../log/log.js'
import { coreKeyOf } from '../log/signature.js'
import { toHex, toSignerKey } from '../log/feed-id.js'

const PROTOCOL = 'hypercore/alpha'

interface Mux {
  pair(options: { protocol: string }, notify: (id: Uint8Array | null) => Promise<void>): void
}

export function serveStock(log: Log, mux: unknown, closed: Promise<void>): void {
  ;(mux as Mux).pair({ protocol: PROTOCOL }, async (discoveryKey) => {
    const feed = discoveryKey && findFeed(log, discoveryKey)
    // Where the feed cannot be opened, the peer is told that there is none.
    if (feed) await log.serveStock(feed, mux, closed).catch(() => {})
  })
}

const names = new WeakMap<Log, Map<string, string>>()

function findFeed(log: Log, discoveryKey: Uint8Array): string | undefined {
  const known = names.get(log) ?? new Map<string, string>()
  names.set(log, known)
  const name = b4a.toString(discoveryKey, 'hex')
  if (!known.has(name)) {
    const named = new Set(known.values())
    for (const feed of log.ends().keys()) {
      if (named.has(feed)) continue
      known.set(toHex(hypercoreCrypto.discoveryKey(coreKeyOf(toSignerKey(feed)))), feed)
    }
  }
  return known.get(name)
}
