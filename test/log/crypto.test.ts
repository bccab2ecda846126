import test from 'brittle'
import b4a from 'b4a'
import fc from 'fast-check'
import {
  decrypt,
  encryptInto,
  equalMacs,
  hash,
  isAuthentic,
  keyedHash,
  seal,
  unseal
} from '../../lib/log/crypto.js'
import { check } from '../helpers/property.js'

const key = b4a.alloc(32, 1)
const context = b4a.from('where')

test('the hash is BLAKE2b-256', (t) => {
  const empty = '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8'
  t.is(b4a.toString(hash(b4a.alloc(0)), 'hex'), empty)
})

test('a hash over parts is that of the whole', (t) => {
  const parts = [b4a.from('one'), b4a.alloc(0), b4a.from('two')]
  t.alike(hash(...parts), hash(b4a.from('onetwo')))
})

test('a keyed hash depends on key and content', (t) => {
  const one = keyedHash(key, b4a.from('a'))
  t.unlike(one, keyedHash(b4a.alloc(32, 2), b4a.from('a')))
  t.unlike(one, keyedHash(key, b4a.from('b')))
  t.unlike(one, hash(b4a.from('a')))
})

test('what was sealed is unsealed with the same key in the same context only', (t) => {
  const sealed = seal(b4a.from('message'), context, key)
  t.alike(unseal(sealed, context, key), b4a.from('message'))
  t.is(unseal(sealed, b4a.from('elsewhere'), key), null)
  t.is(unseal(sealed, context, b4a.alloc(32, 2)), null)
  t.is(unseal(sealed.subarray(0, 20), context, key), null)
  t.is(decrypt(b4a.alloc(3), context, b4a.alloc(24), key), null)
})

test('what is authentic is what decrypts, whatever its length, context and key', async (t) => {
  const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: length, maxLength: length })
  const byteLength = fc.oneof(
    fc.integer({ min: 0, max: 70 }),
    // Around the length from which on everything is decrypted.
    fc.integer({ min: 8100, max: 8300 })
  )
  const property = fc.property(
    byteLength,
    fc.uint8Array({ maxLength: 70 }),
    bytes(24),
    bytes(32),
    fc.nat(),
    (length, around, nonce, secret, at) => {
      const sealed = b4a.alloc(length + 16)
      encryptInto(sealed, b4a.alloc(length, 7), around, nonce, secret)
      const both = (...parts: Parameters<typeof decrypt>): boolean => {
        const authentic = isAuthentic(...parts)
        if (authentic !== (decrypt(...parts) !== null)) throw new Error('they do not agree')
        return authentic
      }
      if (!both(sealed, around, nonce, secret)) return false
      const changed = [sealed, around, nonce, secret].map((part) => {
        const other = b4a.from(part)
        if (other.byteLength > 0) other[at % other.byteLength]! ^= 1 << (at % 8)
        return other
      }) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
      const accepted = [
        both(changed[0], around, nonce, secret),
        around.byteLength > 0 && both(sealed, changed[1], nonce, secret),
        both(sealed, around, changed[2], secret),
        both(sealed, around, nonce, changed[3]),
        both(sealed.subarray(0, at % sealed.byteLength), around, nonce, secret),
        both(sealed, b4a.concat([around, b4a.alloc(1)]), nonce, secret)
      ]
      return !accepted.includes(true)
    }
  )
  await check(t, property, { runs: 300 })
})

test('macs are equal when every byte and the length are', (t) => {
  t.ok(equalMacs(b4a.alloc(32, 1), b4a.alloc(32, 1)))
  t.absent(equalMacs(b4a.alloc(32, 1), b4a.alloc(32, 2)))
  t.absent(equalMacs(b4a.alloc(32, 1), b4a.alloc(31, 1)))
})
