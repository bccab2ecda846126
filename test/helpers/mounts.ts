// Disks of a test's own: a small one, and one that cannot be written. Both need root on Linux;
// elsewhere a folder without the right to write stands for the second, and nothing for the first.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Assertion } from 'brittle'

/** A disk of so many bytes; null where none can be had. */
export async function smallDisk(t: Assertion, byteLength: number): Promise<string | null> {
  const dir = join(await t.tmp(), 'disk')
  mkdirSync(dir)
  return mount(t, ['-t', 'tmpfs', '-o', `size=${byteLength}`, 'cairnlog', dir], dir) ? dir : null
}

/** The folder as somebody sees it who may only read it; null where that cannot be had. */
export async function readOnlyView(t: Assertion, dir: string): Promise<string | null> {
  if (process.getuid?.() === 0) {
    const view = join(await t.tmp(), 'view')
    mkdirSync(view)
    if (!mount(t, ['--bind', dir, view], view)) return null
    return mount(t, ['-o', 'remount,ro,bind', view], null) ? view : null
  }
  if (process.platform === 'win32') return null
  const folders = readdirSync(dir, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const folder of [dir, ...folders]) {
    chmodSync(folder, 0o555)
    t.teardown(() => chmodSync(folder, 0o755))
  }
  return dir
}

/** `target` is unmounted when the test ends, whoever still has a file open there. */
function mount(t: Assertion, args: string[], target: string | null): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('mount', args, { stdio: 'ignore' })
  } catch {
    // A container without the right to mount.
    return false
  }
  if (target !== null) t.teardown(() => execFileSync('umount', ['-l', target]), { order: 100 })
  return true
}
