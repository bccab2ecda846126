import test from 'brittle'
import { Announcer } from '../../lib/peer/announcer.js'
import type { Conversation } from '../../lib/peer/conversation.js'
import { type HeadList, decodeHeads } from '../../lib/peer/messages.js'
import { Author } from '../helpers/author.js'
import { createLog } from '../helpers/logs.js'
import { waitFor } from '../helpers/wait-for.js'

test('what comes while the first listing waits for the peer is announced behind it', async (t) => {
  const log = await createLog(t)
  const sent: HeadList[] = []
  let drain!: () => void
  const drained = new Promise<void>((resolve) => (drain = resolve))
  const conversation = {
    introducedAs: null,
    send: (_type: number, bytes: Uint8Array) => void sent.push(decodeHeads(bytes)),
    drained: () => drained
  } as unknown as Conversation
  const announcer = new Announcer(conversation, () => 0)
  const listing = announcer.list(await log.heads(), log)
  const author = Author.withEntries(1, 2)
  await log.append(author.run())
  announcer.add([author.feed], log)
  drain()
  await listing
  await waitFor(() => sent.length > 2)
  t.alike(
    sent.map(({ heads, last }) => [heads.map(({ feed, length }) => [feed, length]), last]),
    [
      [[[log.id, 1]], false],
      [[], true],
      [[[author.feed, 3]], false]
    ]
  )
})
