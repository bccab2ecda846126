import test from 'brittle'
import b4a from 'b4a'
import fc from 'fast-check'
import { isFeedId, shortFeedId, toFeedId, toSignerKey } from '../../lib/log/feed-id.js'
import { check } from '../helpers/property.js'

test('every signer key has an id of 52 characters that gives it back', async (t) => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const property = fc.property(keys, (key) => {
    const id = toFeedId(key)
    return id.length === 52 && isFeedId(id) && b4a.equals(toSignerKey(id), key)
  })
  await check(t, property, { runs: 300 })
})

test('each feed has one id: other spellings of the same key are none', (t) => {
  const id = toFeedId(b4a.alloc(32, 1))
  t.absent(isFeedId(id.toUpperCase()))
  t.absent(isFeedId(`${id} `))
  // The last character carries 4 bits that belong to no byte.
  const last = 'ybndrfg8ejkmcpqxot1uwisza345h769'
    .split('')
    .filter((c) => isFeedId(id.slice(0, 51) + c))
  t.is(last.length, 2)
})

test('what is no feed id is a TypeError that shows it', async (t) => {
  for (const value of ['', 'laptop', 'l'.repeat(52), 5, null, undefined]) {
    t.absent(isFeedId(value))
    await t.exception.all(() => toSignerKey(value as string), /Not a feed id/)
  }
})

test('the short form is how the id begins', (t) => {
  const id = toFeedId(b4a.alloc(32, 1))
  t.ok(id.startsWith(shortFeedId(id)))
  t.is(shortFeedId(id).length, 8)
})
