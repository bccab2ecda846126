// The floor: our own sync file copied and hashed with BLAKE2b, which nobody who checks what he
// copies can do without.

import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import sodium from 'sodium-universal'
import type { Prepared, Work } from '../../measure.js'
import type { Params } from '../system.js'

export async function create(params: Params): Promise<Prepared> {
  return copying(params)
}

export async function receive(params: Params): Promise<Prepared> {
  return copying(params)
}

/** `dir` is this system's; ours lies beside it. */
async function copying({ dir, run }: Params): Promise<Prepared> {
  const from = join(dir, '..', 'cairnlog', 'file-0.cairn')
  const to = join(dir, `copy-${run}`)
  return { run: () => copyHashed(from, to) }
}

async function copyHashed(from: string, to: string): Promise<Work> {
  const state = Buffer.alloc(sodium.crypto_generichash_STATEBYTES)
  sodium.crypto_generichash_init(state, null, 32)
  let bytes = 0
  const hash = new Transform({
    transform(chunk: Buffer, _, done) {
      sodium.crypto_generichash_update(state, chunk)
      bytes += chunk.length
      done(null, chunk)
    }
  })
  const highWaterMark = 1 << 20
  await pipeline(createReadStream(from, { highWaterMark }), hash, createWriteStream(to))
  sodium.crypto_generichash_final(state, Buffer.alloc(32))
  const file = await open(to)
  await file.datasync()
  await file.close()
  return { blocks: 0, bytes }
}
