// The compared systems, by the name that the tables show.

import { createRequire } from 'node:module'
import type { Place } from './installed.js'
import { versionOf } from './installed.js'

export interface System {
  readonly name: string
  /** File in systems/. */
  readonly module: string
  /** What of ours it does not do, or does otherwise: whoever compares times must know. */
  readonly differs: string
  /** Not compared with, only shown: what nobody can be faster than. */
  readonly isFloor?: boolean
  /** What must be installed for it; none for what the library brings itself. */
  readonly needs: { readonly place: Place; readonly packages: readonly string[] } | null
}

export const OURS = 'cairnlog'

export const SYSTEMS: readonly System[] = [
  {
    name: OURS,
    module: 'cairnlog',
    differs: 'every entry encrypted, authenticated and signed; the view on disk',
    needs: null
  },
  {
    name: 'cp + BLAKE2b',
    isFloor: true,
    module: 'copy',
    differs:
      'our own sync file copied, hashed and synced to the disk: a floor, no competitor. It checks nothing and shows nothing',
    needs: null
  },
  {
    name: 'Mapeo (osm-p2p)',
    module: 'mapeo',
    differs: 'signed feeds, with a view; the file in plain text',
    needs: { place: 'mapeo', packages: ['osm-p2p-syncfile', 'osm-p2p'] }
  },
  {
    name: 'CoMapeo',
    module: 'comapeo',
    differs: 'signed and encrypted feeds, roles, a view in SQLite; no sync file',
    needs: { place: 'comapeo', packages: ['@comapeo/core'] }
  },
  {
    name: 'hypercore',
    module: 'hypercore',
    differs: 'signed feeds of JSON, no view: nothing can be looked up, edited or merged',
    needs: { place: '.', packages: ['corestore', 'hypercore'] }
  },
  {
    name: 'hyperbee 2',
    module: 'hyperbee',
    differs: 'a view alone, made from memory: no feeds, nothing signed, no forks',
    needs: null
  },
  {
    name: 'SQLite',
    module: 'sqlite',
    differs:
      'rows with an R-tree and two indexes: one writer, nothing signed or encrypted, no history, no sync',
    needs: { place: '.', packages: ['better-sqlite3'] }
  },
  {
    name: 'autobase',
    module: 'autobase',
    differs:
      'signed feeds of several writers in one agreed order; the view is that list, without an index',
    needs: { place: '.', packages: ['autobase'] }
  },
  {
    name: 'Yjs',
    module: 'yjs',
    differs:
      'one document in memory, written and read whole: nothing signed or encrypted, one of two edits wins unseen',
    needs: { place: '.', packages: ['yjs'] }
  },
  {
    name: 'Automerge',
    module: 'automerge',
    differs: 'one document in memory, written and read whole: nothing signed or encrypted',
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
