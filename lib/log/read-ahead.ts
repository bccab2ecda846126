// Overlaps reading with what is done to what was read.

/**
 * The same items, with up to `depth` of them asked for before they are wanted. Whoever stops early
 * stops the source too.
 */
export async function* readAhead<T>(source: AsyncIterable<T>, depth: number): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const pending: Promise<IteratorResult<T>>[] = []
  const ask = (): void => {
    const next = iterator.next()
    // A failure is thrown where the item would have been; until then it must not count as unhandled.
    next.catch(() => {})
    pending.push(next)
  }
  try {
    for (let i = 0; i <= depth; i++) ask()
    for (;;) {
      const result = await pending.shift()
      if (result === undefined || result.done === true) return
      ask()
      yield result.value
    }
  } finally {
    await Promise.allSettled(pending)
    await iterator.return?.()
  }
}
