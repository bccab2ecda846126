// Waits for what comes about by itself.

/** Resolves as soon as `met` says so; throws after five seconds. */
export async function waitFor(met: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000
  while (!(await met())) {
    if (performance.now() > deadline) throw new Error('it did not come about in 5 s')
    await new Promise((go) => setTimeout(go, 5))
  }
}
