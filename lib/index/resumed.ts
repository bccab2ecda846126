// Reads what is shown as a stream, from one state of it. Where that turns out to be damaged, the
// view is made anew and the stream goes on behind the last that was given.

import type { Generation } from './generation.js'
import type { Upkeep } from './upkeep.js'

export async function* resumed<Query, Item>(
  upkeep: Upkeep,
  query: Query,
  read: (generation: Generation, query: Query) => AsyncIterable<readonly Item[]>,
  continued: (query: Query, last: Item, given: number) => Query
): AsyncGenerator<Item> {
  let last: Item | undefined
  let given = 0
  for (let repaired = false; ; repaired = true) {
    const generation = upkeep.current()
    generation.retain()
    try {
      for await (const batch of read(generation, query)) {
        for (const item of batch) {
          upkeep.current()
          last = item
          given++
          yield item
        }
      }
      return
    } catch (error) {
      await upkeep.repairAfter(error, generation, repaired)
      if (last !== undefined) query = continued(query, last, given)
      given = 0
    } finally {
      generation.release()
    }
  }
}
