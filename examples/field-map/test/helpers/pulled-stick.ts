// Loaded into an app's process before anything else: its stick, the folder STICK, is pulled out when
// STICK_BYTES have been written to it. The write that gets there is half done; then the folder is
// gone, and whatever was open in it fails with EIO, as Linux does it. Somebody plugs it in again by
// giving the folder its name back.

import fs from 'node:fs'
import { sep } from 'node:path'
import { syncBuiltinESMExports } from 'node:module'

type Done = (error: NodeJS.ErrnoException | null, ...rest: unknown[]) => void
type Call = (...args: unknown[]) => void

const stick = process.env['STICK'] ?? ''
let left = Number(process.env['STICK_BYTES'])
/** Descriptors of files on it, while it is plugged in; afterwards those that lead nowhere. */
const inUse = new Set<unknown>()
const broken = new Set<unknown>()
const functions = fs as unknown as Record<string, Call>

function wrap(name: string, around: (real: Call, args: unknown[], done: Done) => void): void {
  const real = functions[name]!
  functions[name] = (...args) => around(real, args, args.at(-1) as Done)
}

wrap('open', (real, args, done) => {
  const opened: Done = (error, fd) => {
    if (error === null && String(args[0]).startsWith(stick + sep)) inUse.add(fd)
    done(error, fd)
  }
  real(...args.slice(0, -1), opened)
})
wrap('close', (real, args) => {
  inUse.delete(args[0])
  broken.delete(args[0])
  real(...args)
})
for (const name of ['read', 'fstat', 'ftruncate', 'fdatasync', 'fsync']) {
  wrap(name, (real, args, done) => {
    if (broken.has(args[0])) fail(done)
    else real(...args)
  })
}
wrap('write', (real, args, done) => {
  const [fd, bytes, from, length, at] = args as [number, Uint8Array, number, number, number]
  if (broken.has(fd)) return fail(done)
  if (!inUse.has(fd) || (left -= length) > 0) return real(...args)
  fs.writeSync(fd, bytes, from, length >> 1, at)
  fs.renameSync(stick, `${stick}.pulled`)
  for (const one of inUse) broken.add(one)
  // Once is enough: the next time it stays in.
  inUse.clear()
  left = Infinity
  fail(done)
})
syncBuiltinESMExports()

function fail(done: Done): void {
  const error = Object.assign(new Error('EIO: i/o error'), { code: 'EIO', errno: -5 })
  setImmediate(done, error)
}
