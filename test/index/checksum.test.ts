import test from 'brittle'
import { checksum } from '../../lib/index/checksum.js'

test('the checksum is that of zlib', (t) => {
  // "The check value" of CRC-32 in every catalogue of such sums.
  t.is(checksum(Buffer.from('123456789'), 0, 9), 0xcbf43926)
  t.is(checksum(Buffer.alloc(0), 0, 0), 0)
})

test('a checksum goes on from that of the part before', (t) => {
  const bytes = Buffer.from('Sinangoe, on the Aguarico: two families, three canoes')
  for (let cut = 0; cut <= bytes.byteLength; cut++) {
    const before = checksum(bytes, 0, cut)
    t.is(checksum(bytes, cut, bytes.byteLength, before), checksum(bytes, 0, bytes.byteLength))
  }
})
