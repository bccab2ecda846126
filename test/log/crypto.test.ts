import test from 'brittle'
import b4a from 'b4a'
import { decrypt, equalMacs, hash, keyedHash, seal, unseal } from '../../lib/log/crypto.js'

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

test('macs are equal when every byte and the length are', (t) => {
  t.ok(equalMacs(b4a.alloc(32, 1), b4a.alloc(32, 1)))
  t.absent(equalMacs(b4a.alloc(32, 1), b4a.alloc(32, 2)))
  t.absent(equalMacs(b4a.alloc(32, 1), b4a.alloc(31, 1)))
})
