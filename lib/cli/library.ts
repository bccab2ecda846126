// The library is loaded when a command needs it: `--help` and a mistyped option answer at once, also
// on an old laptop.

import type * as Library from '../main.js'

export function library(): Promise<typeof Library> {
  return import('../main.js')
}
