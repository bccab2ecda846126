// The systems that ours is compared with lie in packages of their own beside this folder's sources,
// so that nobody needs them to work on the library. This finds them from build/.

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Where a set of packages is installed: this folder, or one below it. */
export type Place = '.' | 'comapeo' | 'mapeo'

const ROOT = new URL('../../../bench/peers/', import.meta.url)

/** Path of a file in an installed package. */
export function fileOf(place: Place, path: string): string {
  return fileURLToPath(new URL(`${place}/node_modules/${path}`, ROOT))
}

/** What a CommonJS package exports. */
export function load(place: Place, name: string): any {
  return createRequire(fileOf(place, 'x.js'))(name)
}

/** What an ES module of a package exports. */
export async function loadModule(place: Place, path: string): Promise<any> {
  return import(`file://${fileOf(place, path)}`)
}

/** Null where it is not installed. */
export function versionOf(place: Place, name: string): string | null {
  const path = fileOf(place, `${name}/package.json`)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')).version as string) : null
}
