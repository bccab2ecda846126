// The compared systems, by the name that the tables show.

import { createRequire } from 'node:module'
import type { Place } from './installed.js'
import { versionOf } from './installed.js'

export interface System {
  readonly name: string
  /** File in systems/. */
  readonly module: string
  /** What must be installed for it; none for what the library brings itself. */
  readonly needs: { readonly place: Place; readonly packages: readonly string[] } | null
}

export const OURS = 'cairnlog'

export const SYSTEMS: readonly System[] = [
  { name: OURS, module: 'cairnlog', needs: null },
  { name: 'cp + BLAKE2b', module: 'copy', needs: null },
  {
    name: 'Mapeo (osm-p2p)',
    module: 'mapeo',
    needs: { place: 'mapeo', packages: ['osm-p2p-syncfile', 'osm-p2p'] }
  },
  {
    name: 'CoMapeo',
    module: 'comapeo',
    needs: { place: 'comapeo', packages: ['@comapeo/core'] }
  },
  {
    name: 'hypercore',
    module: 'hypercore',
    needs: { place: '.', packages: ['corestore', 'hypercore'] }
  },
  { name: 'hyperbee 2', module: 'hyperbee', needs: null },
  { name: 'SQLite', module: 'sqlite', needs: { place: '.', packages: ['better-sqlite3'] } },
  { name: 'autobase', module: 'autobase', needs: { place: '.', packages: ['autobase'] } },
  { name: 'Yjs', module: 'yjs', needs: { place: '.', packages: ['yjs'] } },
  {
    name: 'Automerge',
    module: 'automerge',
    needs: { place: '.', packages: ['@automerge/automerge'] }
  }
]

/** `corestore 7.12.5, hypercore 11.37.1`; null where something of it is not installed. */
export function versionsOf({ module, needs }: System): string | null {
  if (needs === null) return module === 'hyperbee' ? `hyperbee2 ${own('hyperbee')}` : 'this tree'
  const versions = needs.packages.map((name) => [name, versionOf(needs.place, name)] as const)
  if (versions.some(([, version]) => version === null)) return null
  return versions.map((pair) => pair.join(' ')).join(', ')
}

function own(name: string): string {
  return createRequire(import.meta.url)(`${name}/package.json`).version as string
}
